//! The same service on every I/O model, over TCP, with a drain at the end.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parlor_engine::{Model, block_on};

use crate::house::House;
use crate::listening::Listening;

#[test]
fn every_model_serves_the_same_conversation() {
    let first = conversation(Model::default());
    assert!(first.contains(":bob!bob@guest PRIVMSG #x :hello"), "{first}");
    for model in Model::hosting(2) {
        assert_eq!(first, conversation(model), "{model}");
    }
}

/// What ann reads while bob comes, speaks and the server stops.
fn conversation(model: Model) -> String {
    let house = block_on(House::open(None, |_| {}));
    let server = Listening::start(house, model);
    let mut read = String::new();
    let mut ann = Peer::register(server.address, "ann", &mut read);
    ann.send("JOIN #x");
    ann.read_until(" 366 ", &mut read);
    let mut bob = Peer::register(server.address, "bob", &mut String::new());
    bob.send("JOIN #x");
    bob.read_until(" 366 ", &mut String::new());
    ann.read_until("JOIN #x", &mut read);
    bob.send("PRIVMSG #x :hello");
    ann.read_until(" :hello", &mut read);
    bob.send("QUIT :done");
    ann.read_until(" QUIT ", &mut read);
    server.drain();
    ann.read_until("ERROR :", &mut read);
    server.end();
    read
}

struct Peer {
    lines: BufReader<TcpStream>,
}

impl Peer {
    fn register(address: SocketAddr, nick: &str, read: &mut String) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("an option");
        let mut peer = Self { lines: BufReader::new(stream) };
        peer.send("CAP LS 302");
        peer.send(&format!("NICK {nick}"));
        peer.send(&format!("USER {nick} 0 * :{nick}"));
        peer.send("CAP END");
        peer.read_until(" 221 ", read);
        peer
    }

    fn send(&mut self, line: &str) {
        self.lines.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("it is taken");
    }

    fn read_until(&mut self, text: &str, read: &mut String) {
        loop {
            let start = read.len();
            let bytes = self.lines.read_line(read).expect("a line comes in time");
            assert!(bytes > 0, "the end came before {text:?}:\n{read}");
            if read[start..].contains(text) {
                return;
            }
        }
    }
}
