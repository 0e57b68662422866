//! More connections than the process may have descriptors.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;

use parlor_engine::{Model, Server, service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::running::{Running, anywhere, echo, echoed, patient};

/// What the server may have.
const DESCRIPTORS: usize = 64;
/// Each with a table of so many.
const RINGS: usize = 4;
/// More than fit into the tables; the rest keep their own descriptors.
const CLIENTS: usize = DESCRIPTORS * RINGS + 24;

#[test]
fn a_ring_holds_more_connections_than_the_process_may_have_descriptors() {
    let test = "direct::a_ring_holds_more_connections_than_the_process_may_have_descriptors";
    if let Some(model) = child::model() {
        return serve_with_few_descriptors(&model);
    }
    let model = format!("io_uring:{RINGS}");
    let mut server = child::command(test, &model, &[])
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let word = lines.find(|line| line == "NO RING" || line.starts_with("ADDRESS ")).unwrap();
    let Some(address) = word.strip_prefix("ADDRESS ") else {
        println!("skipped, no ring on this machine");
        assert!(server.wait().unwrap().success());
        return;
    };
    let address: SocketAddr = address.parse().unwrap();

    let connect = || patient(TcpStream::connect(address).unwrap());
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| connect()).collect();
    for round in 0..3 {
        for (number, client) in clients.iter_mut().enumerate() {
            let text = format!("{number} in {round}");
            assert_eq!(echoed(client, text.as_bytes()), text.as_bytes());
        }
        // Others take the places of those who leave.
        clients.truncate(CLIENTS / 3);
        let missing = CLIENTS - clients.len();
        server.stdin.as_mut().unwrap().write_all(b"wait\n").unwrap();
        assert_eq!(lines.next().as_deref(), Some("LEFT"));
        clients.extend((0..missing).map(|_| connect()));
    }
    drop(clients);
    drop(server.stdin.take());
    let said: Vec<String> = lines.collect();
    assert!(server.wait().unwrap().success(), "{said:?}");
}

/// The child: an echo server. Says when those who have left are gone, and ends with its input.
fn serve_with_few_descriptors(model: &str) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let few = Rlimit { current: Some(DESCRIPTORS as u64), maximum };
    setrlimit(Resource::Nofile, few).unwrap();
    let server = Server::new(model.parse::<Model>().unwrap());
    if server.model().name() != "io_uring" {
        println!("\nNO RING");
        return;
    }
    let server = Running::run(server, &anywhere(), service(echo));
    println!("\nADDRESS {}", server.port());
    std::io::stdout().flush().unwrap();
    for _ in std::io::stdin().lines() {
        server.wait_for("those who left", |counters| counters.live == CLIENTS / 3);
        println!("LEFT");
        std::io::stdout().flush().unwrap();
    }
    let end = server.wait_for("all of them gone", |counters| counters.live == 0);
    assert_eq!((end.refused, end.dropped), (0, 0), "{end:?}");
    assert_eq!(end.served, (CLIENTS + 3 * (CLIENTS - CLIENTS / 3)) as u64);
    let report = server.stop();
    assert_eq!(report.abandoned_threads, 0);
}
