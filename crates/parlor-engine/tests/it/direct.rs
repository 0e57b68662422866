//! More connections than the process may have descriptors.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};

use parlor_engine::{Model, Server, Service, service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::running::{Running, anywhere, echo, echoed, patient, wait_until};

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
    let Some((mut server, address)) = start(test, &model) else { return };
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
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

/// Starts a child that serves, if there is a ring on this machine, and waits for its address.
fn start(test: &str, model: &str) -> Option<(Child, SocketAddr)> {
    let mut command = child::command(test, model, &[]);
    let mut server = command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
    let address = announced(server.stdout.as_mut().unwrap());
    if address.is_none() {
        println!("skipped, no ring on this machine");
        assert!(server.wait().unwrap().success());
    }
    address.map(|address| (server, address))
}

/// What a child says first of all: its address, or that it has no ring.
fn announced(mut output: impl Read) -> Option<SocketAddr> {
    // Byte by byte, so that what comes next is still there for others.
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        if byte != *b"\n" {
            line.extend(byte);
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
        if let Some(address) = text.strip_prefix("ADDRESS ") {
            return Some(address.parse().unwrap());
        }
        if text == "NO RING" {
            return None;
        }
    }
}

/// The child: an echo server. Says when those who have left are gone, and ends with its input.
fn serve_with_few_descriptors(model: &str) {
    let Some(server) = start_with_few_descriptors(model, service(echo)) else { return };
    for _ in std::io::stdin().lines() {
        server.wait_for("those who left", |counters| counters.live == CLIENTS / 3);
        println!("LEFT");
        std::io::stdout().flush().unwrap();
    }
    // The last to come have said nothing and may still be in the backlog.
    let all = (CLIENTS + 3 * (CLIENTS - CLIENTS / 3)) as u64;
    let end = server.wait_for("all of them gone", |counters| {
        counters.served + counters.refused + counters.dropped == all
    });
    assert_eq!((end.served, end.refused, end.dropped), (all, 0, 0), "{end:?}");
    let report = server.stop();
    assert_eq!(report.abandoned_threads, 0);
}

/// A server of the child's own, after it has said where.
fn start_with_few_descriptors(model: &str, service: Service) -> Option<Running> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let few = Rlimit { current: Some(DESCRIPTORS as u64), maximum };
    setrlimit(Resource::Nofile, few).unwrap();
    let server = Server::new(model.parse::<Model>().unwrap());
    if server.model().name() != "io_uring" {
        println!("\nNO RING");
        return None;
    }
    let server = Running::run(server, &anywhere(), service);
    println!("\nADDRESS {}", server.port());
    std::io::stdout().flush().unwrap();
    Some(server)
}

#[test]
fn without_a_place_and_without_a_descriptor_clients_are_refused_until_one_leaves() {
    const CROWD: usize = 200;
    let test =
        "direct::without_a_place_and_without_a_descriptor_clients_are_refused_until_one_leaves";
    if let Some(model) = child::model() {
        return serve_a_crowd_with_few_descriptors(&model);
    }
    let Some((mut server, address)) = start(test, "io_uring:1") else { return };
    let connect = || patient(TcpStream::connect(address).unwrap());
    // Each is served or refused: nobody waits for ever, nobody is dropped without a word.
    let clients: Vec<TcpStream> = (0..CROWD).map(|_| connect()).collect();
    let (mut served, mut refused) = (Vec::new(), 0);
    for mut client in clients {
        client.write_all(b"hello!!\n").ok();
        let mut answer = [0; 8];
        match client.read_exact(&mut answer) {
            Ok(()) if &answer == b"hello!!\n" => served.push(client),
            Ok(()) => assert_eq!(&answer, b"no room\n"),
            // A refusal may be overtaken by the reset that follows our unread bytes.
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "left without an answer"),
        }
        refused = CROWD - served.len();
    }
    assert!(served.len() > DESCRIPTORS, "only {} served", served.len());
    assert!(refused > 0, "nobody was refused, so this shows nothing");

    // When somebody leaves, there is room again.
    served.truncate(served.len() / 2);
    wait_until("a client served again", || {
        let mut client = connect();
        let mut answer = [0; 8];
        client.write_all(b"again!!\n").is_ok()
            && client.read_exact(&mut answer).is_ok()
            && &answer == b"again!!\n"
    });
    drop(served);
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}

/// The child of the crowd.
fn serve_a_crowd_with_few_descriptors(model: &str) {
    let Some(server) = start_with_few_descriptors(model, service(echo).refuse_with("no room\n"))
    else {
        return;
    };
    std::io::stdin().lines().for_each(drop);
    let end = server.wait_for("all of them gone", |counters| counters.live == 0);
    assert!(end.starved > 0 && end.refused > 0, "{end:?}");
    // With nothing to do, the accept loop sleeps.
    assert!(end.accept_wakes < 2_000, "{} wakes", end.accept_wakes);
}
