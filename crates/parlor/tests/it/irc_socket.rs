//! IRC over WebSocket, at the page's listener and at one of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::scene;

const BINARY: &str = "binary.ircv3.net";
const TEXT: &str = "text.ircv3.net";

/// A WebSocket client that knows short frames, which is all that lines need.
struct Client {
    stream: BufReader<TcpStream>,
    opcode: u8,
}

impl Client {
    /// Connects and offers these subprotocols; gives the answer's head, too.
    fn open(address: SocketAddr, path: &str, offer: &str, more: &str) -> (Self, String) {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut stream = BufReader::new(stream);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {offer}\r\n{more}\r\n"
        );
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let opcode = if head.contains(BINARY) { 2 } else { 1 };
        (Self { stream, opcode }, head)
    }

    fn send(&mut self, line: &str) {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![0x80 | self.opcode, 0x80 | u8::try_from(line.len()).unwrap()];
        frame.extend(mask);
        frame.extend(line.bytes().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
        self.stream.get_mut().write_all(&frame).unwrap();
    }

    fn line(&mut self) -> String {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).unwrap();
        assert_eq!(head[0], 0x80 | self.opcode, "one whole message of the form agreed on");
        let mut length = usize::from(head[1]);
        if length == 126 {
            let mut more = [0; 2];
            self.stream.read_exact(&mut more).unwrap();
            length = usize::from(u16::from_be_bytes(more));
        }
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).unwrap();
        let line = String::from_utf8(payload).unwrap();
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        line
    }

    fn until(&mut self, text: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(text) {
                return line;
            }
        }
    }
}

#[test]
fn clients_over_websocket_share_the_room_with_all_others() {
    let own = "[irc]\nwebsocket = \"127.0.0.1:0\"\n";
    let server = scene::launch().configuration(own).start();
    let own = server.ready().irc_websocket.unwrap();
    let mut eve = scene::guest(&server, "eve");
    let (both, reversed) = (format!("{BINARY}, {TEXT}"), format!("{TEXT}, {BINARY}"));
    let cases = [
        (server.http(), "/irc", both.as_str(), BINARY, "ann"),
        (server.http(), "/irc", reversed.as_str(), TEXT, "bob"),
        (own, "/", TEXT, TEXT, "kim"),
    ];
    let mut clients = Vec::new();
    for (address, path, offer, wanted, nick) in cases {
        let (mut client, head) = Client::open(address, path, offer, "");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let agreed = format!("sec-websocket-protocol: {wanted}\r\n");
        assert!(head.to_ascii_lowercase().contains(&agreed), "{head}");
        client.send(&format!("NICK {nick}"));
        client.send(&format!("USER {nick} 0 * :{nick}"));
        client.until(" 001 ");
        client.send(&format!("JOIN {}", scene::LOBBY));
        client.until(" 366 ");
        client.send(&format!("PRIVMSG {} :h\u{e9}llo from {nick}", scene::LOBBY));
        eve.expect(&format!("h\u{e9}llo from {nick}"));
        clients.push(client);
    }
    eve.send(&format!("PRIVMSG {} :and \u{1f44b} to you", scene::LOBBY));
    for client in &mut clients {
        client.until("PRIVMSG #lobby :and \u{1f44b} to you");
    }
    drop(server);
}

#[test]
fn pages_of_other_sites_and_other_protocols_are_refused() {
    let server = scene::launch().start();
    let (_, head) = Client::open(server.http(), "/irc", TEXT, "Origin: http://evil.example\r\n");
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let own = format!("Origin: http://{}\r\n", server.http());
    let (_, head) = Client::open(server.http(), "/irc", TEXT, &own);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let (_, head) = Client::open(server.http(), "/irc", "soap", "");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    drop(server);
}
