//! Out of descriptors: no spin, no lost listener, and everybody gets an answer.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::time::Duration;

use parlor_engine::{Accept, Limits, Model, Server, is_worker, service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::processes::{children, descriptors};
use crate::running::{PROCESSES, Running, anywhere, echo, echoed, models_for, wait_until};

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

/// How a server is to end up that has fewer descriptors than clients.
struct Expected {
    /// So many are served at least.
    served: usize,
    /// The accept loop meets the limit itself. Where processes serve, the parent knows what they
    /// have room for, and refuses the others.
    starved: bool,
}

impl Expected {
    fn of(model: Model) -> Self {
        match model {
            // A worker keeps half of them for its handlers' files and holds a few itself.
            Model::Prefork { workers, .. } => {
                Self { served: 20 * workers.map_or(1, NonZeroUsize::get), starved: false }
            }
            _ => Self { served: 40, starved: true },
        }
    }
}

#[test]
fn a_server_out_of_descriptors_recovers() {
    let Some(words) = child::model() else {
        // A pool needs as many threads as it is to serve.
        let models = models_for(64).chain(["pool:64"]).chain(PROCESSES);
        // They wait more than they work, so all at the same time.
        std::thread::scope(|scope| {
            for model in models.filter(|model| takes_descriptors(model)) {
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
    let model: Model = model.parse().unwrap();
    let expected = Expected::of(model);

    // The clients' own descriptors are made before the limit comes down, which leaves the server
    // as many as it says: those in use now are not taken away. A worker has no clients of its own,
    // and as many.
    let clients = if is_worker() { 0 } else { CLIENTS };
    let sockets: Vec<_> = (0..clients)
        .map(|_| socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap())
        .collect();
    lower_limit();

    let handler = service(echo).refuse_with("no room\n");
    let server = Server::new(model).accept(accept.parse::<Accept>().unwrap());
    let server = Running::run(server, &anywhere(), handler);
    if let Model::Prefork { workers, .. } = model {
        let workers = workers.map_or(1, NonZeroUsize::get);
        server.wait_for("the workers", |counters| counters.processes == workers);
    }
    let held_by_workers = || -> usize { children().into_iter().map(descriptors).sum() };
    let (workers, at_rest) = (children(), held_by_workers());
    let mut clients: Vec<TcpStream> = Vec::new();
    for socket in sockets {
        socket.connect(&server.port().into()).unwrap();
        clients.push(crate::running::patient(socket.into()));
    }
    server.wait_for("descriptors to run out", |counters| {
        if expected.starved { counters.starved > 0 } else { counters.refused > 0 }
    });

    let (served, refused) = served_and_refused(&mut clients);
    assert!(served >= expected.served, "only {served} were served");
    assert!(refused >= 100, "only {refused} were refused");
    if !workers.is_empty() {
        assert_eq!(held_by_workers(), at_rest + served, "connections are with the workers");
    }

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
    assert_eq!(children(), workers, "a worker was lost");
    wait_until("the workers' descriptors", || held_by_workers() == at_rest);
}

/// Those inside are served as if nothing were wrong; those outside are refused in time. Each is one
/// or the other.
fn served_and_refused(clients: &mut [TcpStream]) -> (usize, usize) {
    let mut served = 0;
    for client in &mut *clients {
        client.write_all(b"hello!!\n").ok();
        let mut answer = [0; 8];
        // A refusal may be overtaken by the reset that follows our unread bytes.
        match client.read_exact(&mut answer) {
            Ok(()) if &answer == b"hello!!\n" => served += 1,
            Ok(()) => assert_eq!(&answer, b"no room\n"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "one was forgotten"),
        }
    }
    (served, clients.len() - served)
}
