//! Out of descriptors: no spin, no lost listener, and everybody gets an answer.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parlor_engine::{Accept, Limits, Model, Server, service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::running::{Running, anywhere, echo, echoed, models_for, wait_until};

/// About as many connections have to be served at once.
const DESCRIPTORS: u64 = 64;
const CLIENTS: usize = 200;

/// The others do not run out of them: see `direct`.
fn takes_descriptors(model: &str) -> bool {
    model.parse::<Model>().unwrap().capabilities().takes_descriptors
}

#[test]
fn a_server_that_takes_one_at_a_time_never_runs_out() {
    if child::model().is_none() {
        child::run("starvation::a_server_that_takes_one_at_a_time_never_runs_out", "blocking");
        return;
    }
    let sockets: Vec<_> = (0..CLIENTS)
        .map(|_| socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap())
        .collect();
    lower_limit();
    let server = Running::start("blocking", Limits::default(), service(echo));
    let clients: Vec<TcpStream> = sockets
        .into_iter()
        .map(|socket| {
            socket.connect(&server.port().into()).unwrap();
            crate::running::patient(socket.into())
        })
        .collect();
    // They wait in the backlog, in order, and cost the server nothing.
    for client in clients {
        assert_eq!(echoed(client, b"my turn"), b"my turn");
    }
    server.wait_for("everybody gone", |counters| counters.live == 0);
    let counters = server.metrics.snapshot();
    assert_eq!((counters.starved, counters.served), (0, CLIENTS as u64));
    let wakes = counters.accept_wakes;
    assert!(wakes < 4 * CLIENTS as u64, "{wakes} wakes for {CLIENTS} clients");
}

/// Leaves this process as many descriptors as the tests say, beside those in use now.
fn lower_limit() {
    let in_use = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let maximum = getrlimit(Resource::Nofile).maximum;
    let lowered = Rlimit { current: Some(in_use + DESCRIPTORS), maximum };
    setrlimit(Resource::Nofile, lowered).unwrap();
}

#[test]
fn a_server_out_of_descriptors_recovers() {
    let Some(words) = child::model() else {
        // A pool needs as many threads as it is to serve.
        // They wait more than they work, so all at the same time.
        std::thread::scope(|scope| {
            for model in models_for(64).filter(|model| takes_descriptors(model)).chain(["pool:64"])
            {
                for accept in model.parse::<Model>().unwrap().accepts() {
                    let words = format!("{model} {accept}");
                    let test = "starvation::a_server_out_of_descriptors_recovers";
                    scope.spawn(move || child::run(test, &words));
                }
            }
        });
        return;
    };
    let (model, accept) = words.split_once(' ').unwrap();

    // The clients' own descriptors are made before the limit comes down, which leaves the server
    // as many as it says: those in use now are not taken away.
    let sockets: Vec<_> = (0..CLIENTS)
        .map(|_| socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap())
        .collect();
    lower_limit();

    let handler = service(echo).refuse_with("no room\n");
    let server = Server::new(model.parse::<Model>().unwrap());
    let server = server.accept(accept.parse::<Accept>().unwrap());
    let server = Running::run(server, &anywhere(), handler);
    let mut clients: Vec<TcpStream> = Vec::new();
    for socket in sockets {
        socket.connect(&server.port().into()).unwrap();
        clients.push(crate::running::patient(socket.into()));
    }
    server.wait_for("descriptors to run out", |counters| counters.starved > 0);

    // Those inside are served as if nothing were wrong; those outside are refused in time. Each
    // is one or the other.
    let (mut served, mut refused) = (0, 0);
    for client in &mut clients {
        client.write_all(b"hello!!\n").ok();
        let mut answer = [0; 8];
        // A refusal may be overtaken by the reset that follows our unread bytes.
        match client.read_exact(&mut answer) {
            Ok(()) if &answer == b"hello!!\n" => served += 1,
            Ok(()) => assert_eq!(&answer, b"no room\n"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "one was forgotten"),
        }
        if &answer != b"hello!!\n" {
            refused += 1;
        }
    }
    assert!(served >= 40, "only {served} were served");
    assert!(refused >= 100, "only {refused} were refused");

    // No spin: with nothing to do, the accept loop wakes with the pause, not with the processor.
    let before = server.metrics.snapshot().accept_wakes;
    std::thread::park_timeout(Duration::from_millis(500));
    let woken = server.metrics.snapshot().accept_wakes - before;
    assert!(woken <= 20, "{woken} wakes of the accept loop in half a second");
    let total = server.metrics.snapshot().accept_wakes;
    assert!(total < 2 * CLIENTS as u64 + 200, "{total} wakes for {CLIENTS} clients");

    // The listener is not lost: when somebody leaves, the next one comes in.
    for _ in 0..3 {
        clients.truncate(clients.len() / 2);
        clients.remove(0);
        wait_until("a client served again", || {
            let Ok(mut client) = TcpStream::connect(server.port()) else { return false };
            client.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            client.write_all(b"again").is_ok() && client.read_exact(&mut [0; 5]).is_ok()
        });
    }
    drop(clients);
    server.wait_for("everybody gone", |counters| counters.live == 0);
    assert_eq!(echoed(server.connect(), b"as before"), b"as before");
}
