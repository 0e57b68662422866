//! Who accepts: the same clients, the same limits and the same end, whichever way they come in.

use std::collections::HashMap;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use parlor_engine::{Accept, Address, Limits, Model, Server, service};

use crate::running::{MODELS, Running, anywhere, echo, echoed, wait_until};

/// Every model with every way that it knows.
fn ways() -> impl Iterator<Item = (&'static str, Server)> {
    MODELS.into_iter().flat_map(|word| {
        let model: Model = word.parse().unwrap();
        let servers = model.accepts().iter().map(move |accept| {
            println!("{word} {accept}");
            Server::new(model).accept(*accept)
        });
        servers.map(move |server| (word, server))
    })
}

#[test]
fn a_storm_is_served_to_the_last_client() {
    const CLIENTS: usize = 300;
    for (_, server) in ways() {
        let server = Running::run(server, &anywhere(), service(echo));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..CLIENTS / 6 {
                        assert_eq!(echoed(server.connect(), b"hello"), b"hello");
                    }
                });
            }
        });
        server.wait_for("all gone", |counters| counters.live == 0);
        let report = server.stop();
        assert_eq!((report.served, report.refused), (CLIENTS as u64, 0));
    }
}

#[test]
fn a_limit_on_the_total_is_exact_for_several_who_accept() {
    const MOST: usize = 20;
    for (word, server) in ways() {
        let most = word.parse::<Model>().unwrap().capabilities().max_connections;
        if most.is_some_and(|most| most < MOST) {
            println!("{word} cannot serve {MOST}");
            continue;
        }
        let server = server.limits(Limits { connections_max: MOST, ..Limits::default() });
        let server = Running::run(server, &anywhere(), service(echo).refuse_with("full\n"));
        let clients: Vec<_> = (0..3 * MOST).map(|_| server.connect()).collect();
        let counters = server.wait_for("all let in or refused", |counters| {
            counters.admitted + counters.refused == clients.len() as u64
        });
        assert_eq!((counters.live, counters.admitted), (MOST, MOST as u64));
    }
}

#[test]
fn each_worker_gets_its_share_where_that_is_promised() {
    const CLIENTS: usize = 64;
    for accept in [Accept::Handoff, Accept::ReusePort] {
        for word in ["epoll:2", "tokio:2"] {
            let threads: Arc<Mutex<HashMap<_, usize>>> = Arc::default();
            let seen = Arc::clone(&threads);
            let handler = service(move |conn| {
                *seen.lock().unwrap().entry(std::thread::current().id()).or_default() += 1;
                echo(conn)
            });
            let server = Server::new(word.parse::<Model>().unwrap()).accept(accept);
            let server = Running::run(server, &anywhere(), handler);
            let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
            for client in &mut clients {
                echoed(client, b"in");
            }
            let mut shares: Vec<_> = threads.lock().unwrap().values().copied().collect();
            shares.sort_unstable();
            let expected = match accept {
                Accept::Handoff => shares == [CLIENTS / 2, CLIENTS / 2],
                // A hash deals them out: for one worker to get none of 64 is a chance of 2^-63.
                _ => shares.len() == 2,
            };
            assert!(expected, "{accept} on {word}: {shares:?}");
        }
    }
}

#[test]
fn whoever_accepts_closes_the_listener_at_the_end() {
    for (word, server) in ways() {
        let handler = service(|conn| async move {
            parlor_engine::draining().await;
            drop(conn);
        });
        let server = Running::run(server, &anywhere(), handler);
        let client = server.connect();
        server.wait_for("the client let in", |counters| counters.live == 1);
        server.ask_to_stop();
        wait_until("the listener closed", || TcpStream::connect(server.port()).is_err());
        drop(client);
        let report = server.stop();
        // Those who came while we looked have been served too.
        assert!(report.served >= 1 && report.served == report.accepted, "{word}: {report:?}");
    }
}

#[test]
fn a_unix_socket_is_shared_where_a_port_would_be_reused() {
    let folder = tempfile::tempdir().unwrap();
    for (word, server) in ways() {
        let path = folder.path().join("socket");
        let server = Running::run(server, &Address::Unix(path.clone()), service(echo));
        for _ in 0..10 {
            assert_eq!(echoed(Running::connect_unix(&path), b"here"), b"here", "{word}");
        }
        server.stop();
        assert!(UnixStream::connect(&path).is_err() && !path.exists(), "{word}");
    }
}

#[test]
fn a_model_with_nothing_to_distribute_says_so() {
    let server = Server::new(Model::Threads).accept(Accept::ReusePort);
    let report = Running::run(server, &anywhere(), service(echo)).stop();
    let error = report.error.unwrap().to_string();
    assert_eq!(error, "`threads` has no workers that could do `reuseport`");
}

#[test]
fn the_ways_are_words() {
    for name in Accept::NAMES {
        assert_eq!(name.parse::<Accept>().unwrap().to_string(), *name);
    }
    let error = "kernel".parse::<Accept>().unwrap_err();
    let ways = "handoff, shared, exclusive, reuseport";
    assert_eq!(
        error.to_string(),
        format!("there is no way to accept called `kernel` (there are: {ways})")
    );
}
