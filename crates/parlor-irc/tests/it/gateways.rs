//! Proxies and gateways that say whose connection it is, over TCP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parlor_engine::{Model, block_on};
use parlor_irc::proxy::Trusted;

use crate::house::House;
use crate::listening::Listening;

const REGISTER: &str = "NICK ann\r\nUSER a 0 * :Ann\r\nQUIT\r\n";

/// Sends bytes, in two parts, to a server that trusts these addresses; gives what it says.
fn said(trusted: &[&str], parts: [&[u8]; 2]) -> String {
    let list: Vec<String> = trusted.iter().map(|text| (*text).to_owned()).collect();
    let house = block_on(House::open(None, |options| {
        options.trusted = Trusted::parse(&list).expect("addresses");
        options.gateway_password = Some("secret".to_owned());
    }));
    let server = Listening::start(house, Model::default());
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("an option");
    for part in parts {
        stream.write_all(part).expect("it is taken");
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("it ends in time");
    server.end();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn a_trusted_proxy_is_heard_before_the_client() {
    let text = b"PROXY TCP4 192.0.2.7 127.0.0.1 4000 6667\r\n";
    let answer = said(&["127.0.0.1"], [text, REGISTER.as_bytes()]);
    assert!(answer.contains(" 001 ann "), "{answer}");
    let binary = [
        b"\r\n\r\n\0\r\nQUIT\n".as_slice(),
        &[0x21, 0x11, 0, 12, 192, 0, 2, 7, 127, 0, 0, 1, 0, 9, 0, 9],
        REGISTER.as_bytes(),
    ]
    .concat();
    for cut in [1, 13, 20] {
        let (head, tail) = binary.split_at(cut);
        let answer = said(&["127.0.0.0/8"], [head, tail]);
        assert!(answer.contains(" 001 ann "), "{answer}");
    }
    let answer = said(&["127.0.0.1"], [REGISTER.as_bytes(), b""]);
    assert!(answer.contains(" 001 ann "), "a proxy may connect for itself: {answer}");
}

#[test]
fn a_header_that_is_none_ends_the_connection() {
    let answer = said(&["127.0.0.1"], [b"PROXY TCP4 nowhere\r\n", b""]);
    assert!(answer.starts_with("ERROR :Closing link: The PROXY header"), "{answer}");
}

#[test]
fn nobody_else_is_heard() {
    let text = b"PROXY TCP4 192.0.2.7 127.0.0.1 4000 6667\r\n";
    let answer = said(&["10.0.0.0/8"], [text, REGISTER.as_bytes()]);
    assert!(answer.contains(" 421 * PROXY :"), "{answer}");
}

#[test]
fn a_gateway_with_the_password_is_believed() {
    let line = "WEBIRC secret gateway host.example 192.0.2.7\r\n";
    let answer = said(&["127.0.0.1"], [line.as_bytes(), REGISTER.as_bytes()]);
    assert!(answer.contains(" 001 ann "), "{answer}");
    for wrong in ["WEBIRC wrong g h 192.0.2.7\r\n", "WEBIRC secret g h nowhere\r\n"] {
        let answer = said(&["127.0.0.1"], [wrong.as_bytes(), REGISTER.as_bytes()]);
        assert!(answer.starts_with("ERROR :Closing link: WEBIRC"), "{answer}");
    }
}
