//! The same service on every I/O model, over TCP, with a drain at the end.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use parlor_engine::{Address, Model, Server, Shutdown, block_on};

use crate::house::House;

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
    let mut server = Server::new(model);
    let address = Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let bound = server.listen("irc", &address, parlor_irc::service(house.irc.clone()));
    let Ok(Address::Tcp(bound)) = bound else { panic!("bound to {bound:?}") };
    let shutdown = Shutdown::new();
    let running = {
        let shutdown = shutdown.clone();
        std::thread::spawn(move || server.run(shutdown))
    };
    let mut read = String::new();
    let mut ann = Peer::register(bound, "ann", &mut read);
    ann.send("JOIN #x");
    ann.read_until(" 366 ", &mut read);
    let mut bob = Peer::register(bound, "bob", &mut String::new());
    bob.send("JOIN #x");
    bob.read_until(" 366 ", &mut String::new());
    ann.read_until("JOIN #x", &mut read);
    bob.send("PRIVMSG #x :hello");
    ann.read_until(" :hello", &mut read);
    bob.send("QUIT :done");
    ann.read_until(" QUIT ", &mut read);
    shutdown.trigger();
    ann.read_until("ERROR :", &mut read);
    running.join().expect("the server ends");
    house.close();
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
