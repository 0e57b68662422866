//! What one room costs: thousands of clients join it, talk in it, drop and come back, and what they
//! say is durable; beside other servers and beside a bare relay.
//!
//! `cargo bench -p parlor --bench room -- [--servers LIST] [--clients LIST] [--posts LIST]
//! [--rounds 3] [--model epoll:1]`
//!
//! Servers: `parlor` (IRC), `parlor:live` (the page's protocol over WebSocket), `ngircd`,
//! `inspircd` (Debian's; installed when they are missing and root runs this), `relay` (a bare epoll
//! loop that knows no protocol: the floor). They take turns, each in a process of its own on the
//! first processor; all clients live in this process, on one thread in one epoll loop on the second,
//! so that their cost stays small and known (it is printed).
//!
//! Scenarios: `join` (all enter one room), `last` (one message in flight: time until the last client
//! has it), `flow` (16 in flight, each from another speaker: deliveries a second), `herd` (live only:
//! all drop, and come back where they stopped), `posts` (senders that each wait for the durable echo).
//! Every delivery is counted at every listener; a lost one ends the run. It talks to loopback only and
//! stops by itself.

#![expect(clippy::print_stdout, reason = "the table is the benchmark's output")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails should fail loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod scenario;
mod crowd;
mod door;
mod server;
mod peers;
mod relay;
mod process;

use crate::scenario::{PostFigures, RoomFigures};
use crate::server::Kind;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.retain(|argument| argument != "--bench");
    if arguments.first().is_some_and(|first| first == "--relay") {
        relay::serve();
    }
    let options = Options::new(&arguments);
    process::raise_descriptor_limit();
    let kinds: Vec<Kind> = options.servers.iter().copied().filter(|kind| kind.is_there()).collect();
    println!("parlor on {}; {} rounds in turns; median [min..max]", options.model, options.rounds);
    for &clients in &options.clients {
        let mut rounds: Vec<Vec<RoomFigures>> = kinds.iter().map(|_| Vec::new()).collect();
        for _ in 0..options.rounds {
            for (kind, rounds) in kinds.iter().zip(&mut rounds) {
                rounds.extend(scenario::room(*kind, &options.model, clients));
            }
        }
        for (kind, rounds) in kinds.iter().zip(&rounds) {
            scenario::print_room(*kind, clients, rounds);
        }
    }
    for &senders in &options.posts {
        let one = |_| scenario::posts(&options.model, senders);
        let rounds: Vec<PostFigures> = (0..options.rounds).map(one).collect();
        scenario::print_posts(senders, &rounds);
    }
}

struct Options {
    servers: Vec<Kind>,
    clients: Vec<usize>,
    posts: Vec<usize>,
    model: String,
    rounds: usize,
}

impl Options {
    fn new(arguments: &[String]) -> Self {
        let mut options = Self {
            servers: Kind::ALL.to_vec(),
            clients: vec![1_000, 10_000],
            posts: vec![1, 16, 64],
            model: "epoll:1".into(),
            rounds: 3,
        };
        let numbers = |list: &str| -> Vec<usize> {
            let given = list.split(',').filter(|number| !number.is_empty());
            given.map(|number| number.parse().unwrap()).collect()
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
            match name.as_str() {
                "--servers" => options.servers = value.split(',').map(Kind::named).collect(),
                "--clients" => options.clients = numbers(value),
                "--posts" => options.posts = numbers(value),
                "--model" => options.model.clone_from(value),
                "--rounds" => options.rounds = value.parse().unwrap(),
                other => panic!("unknown option {other}"),
            }
        }
        options
    }
}
