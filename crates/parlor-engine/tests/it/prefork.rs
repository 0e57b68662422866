//! Processes: killed, stopped, out of descriptors, ending again and again; and their parent.
//!
//! Each test runs as a child of the test binary (see `child`), since its workers come about by
//! starting the same command once more. In a worker a test is over at `Running::start`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use parlor_engine::{Conn, Limits, Model, Server, Service, is_worker, service, time};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use tokio::io::AsyncWriteExt;

use crate::child;
use crate::processes::{children, descriptors};
use crate::running::{Running, anywhere, echo, echoed, patient, since, wait_until};

/// Runs a test as a child for a model, and in the child its body.
fn alone(test: &str, model: &str, body: impl FnOnce(&str)) {
    match child::model() {
        None => child::run(&format!("prefork::{test}"), model),
        Some(model) => body(&model),
    }
}

/// Says which process serves, then echoes.
fn named_echo() -> Service {
    service(|mut conn: Conn| async move {
        if conn.write_all(&std::process::id().to_le_bytes()).await.is_ok() {
            echo(conn).await;
        }
    })
}

/// A client that knows who serves it.
struct Client {
    stream: TcpStream,
    worker: u32,
}

impl Client {
    fn new(server: &Running) -> Self {
        let mut stream = server.connect();
        let mut worker = [0; 4];
        stream.read_exact(&mut worker).unwrap();
        Self { stream, worker: u32::from_le_bytes(worker) }
    }

    fn is_served(&mut self) -> bool {
        self.stream.write_all(b"hello").is_ok() && self.stream.read_exact(&mut [0; 5]).is_ok()
    }

    /// Waits for the end, in whichever form.
    fn sees_the_end(mut self) {
        let ended = self.stream.read_to_end(&mut Vec::new());
        let kind = ended.map_err(|error| error.kind());
        assert!(matches!(kind, Ok(0) | Err(std::io::ErrorKind::ConnectionReset)), "{kind:?}");
    }
}

fn clients(server: &Running, count: usize) -> Vec<Client> {
    (0..count).map(|_| Client::new(server)).collect()
}

fn per_worker(clients: &[Client]) -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for client in clients {
        *counts.entry(client.worker).or_default() += 1;
    }
    counts
}

fn signal(process: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// What a worker does that is broken before it comes to its server.
#[expect(clippy::exit, reason = "that is what is tested")]
fn die() -> ! {
    std::process::exit(3)
}

#[test]
fn clients_are_spread_evenly_and_ends_are_counted() {
    alone("clients_are_spread_evenly_and_ends_are_counted", "prefork:4", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        let mut all = clients(&server, 500);
        let counts = per_worker(&all);
        assert_eq!(counts.values().copied().collect::<Vec<_>>(), [125; 4], "{counts:?}");
        // Whoever has lost its clients gets the next ones.
        let emptied = all[0].worker;
        all.retain(|client| client.worker != emptied);
        server.wait_for("the ends to be told", |counters| counters.live == 375);
        let next = clients(&server, 125);
        assert!(next.iter().all(|client| client.worker == emptied));
        assert!(all.iter_mut().all(Client::is_served));
        let counters = server.wait_for("all counts", |counters| counters.sends >= 625 + 375);
        assert_eq!((counters.processes, counters.processes_lost), (4, 0));
        drop((all, next));
        server.wait_for("all gone", |counters| counters.live == 0);
        let report = server.stop();
        assert_eq!((report.accepted, report.served, report.dropped), (625, 625, 0));
    });
}

#[test]
fn only_the_clients_of_a_killed_worker_notice() {
    alone("only_the_clients_of_a_killed_worker_notice", "prefork:3", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        let mut all = clients(&server, 30);
        let before = children();
        let killed = all[7].worker;
        let sends = server.wait_for("all names", |counters| counters.sends >= 30).sends;
        signal(killed, Signal::KILL);
        let (its, mut others): (Vec<_>, Vec<_>) =
            all.drain(..).partition(|client| client.worker == killed);
        its.into_iter().for_each(Client::sees_the_end);
        assert_eq!(others.len(), 20);
        assert!(others.iter_mut().all(Client::is_served));

        let counters = server.wait_for("another in its place", |counters| {
            counters.processes == 3 && counters.processes_lost == 1
        });
        assert_eq!(counters.live, 20);
        assert!(counters.sends >= sends, "what it had counted is lost");
        let now = children();
        assert_eq!(now.len(), 3, "zombies: {before:?} {now:?}");
        let mut next = clients(&server, 10);
        assert!(next.iter_mut().all(Client::is_served));
        assert!(next.iter().all(|client| !before.contains(&client.worker)), "an old one served");
        drop((others, next));
        server.wait_for("all gone", |counters| counters.live == 0);
        let report = server.stop();
        assert_eq!((report.served, report.dropped), (30, 10));
        assert_eq!(children(), [0; 0]);
    });
}

#[test]
fn a_crash_loop_backs_off_and_ends_when_its_cause_is_gone() {
    alone("a_crash_loop_backs_off_and_ends_when_its_cause_is_gone", "prefork:2", |model| {
        let cause = std::env::temp_dir().join("cause");
        if is_worker() && cause.exists() {
            die();
        }
        let server = Running::start(model, Limits::default(), named_echo());
        let mut all = clients(&server, 2);
        File::create(&cause).unwrap();
        signal(all[0].worker, Signal::KILL);
        server.wait_for("a few early ends", |counters| counters.processes_lost >= 4);
        // The other one serves all.
        assert!(all[1].is_served());
        let next = Client::new(&server);
        assert_eq!(next.worker, all[1].worker);
        assert!(children().len() <= 2);
        // At most one start for each pause, which doubles: far from thousands.
        assert!(server.metrics.snapshot().processes_lost <= 12);
        std::fs::remove_file(&cause).unwrap();
        server.wait_for("two again", |counters| counters.processes == 2);
        let other = Client::new(&server);
        assert_ne!(other.worker, next.worker);
    });
}

#[test]
fn with_every_worker_dead_clients_wait_for_the_next() {
    alone("with_every_worker_dead_clients_wait_for_the_next", "prefork:2", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        let first = clients(&server, 2);
        let dead: Vec<_> = first.iter().map(|client| client.worker).collect();
        for worker in &dead {
            signal(*worker, Signal::KILL);
        }
        server.wait_for("both deaths", |counters| counters.processes_lost == 2);
        let next = clients(&server, 20);
        assert!(next.iter().all(|client| !dead.contains(&client.worker)));
        first.into_iter().for_each(Client::sees_the_end);
    });
}

#[test]
fn a_program_that_does_not_come_to_its_server_is_told() {
    alone("a_program_that_does_not_come_to_its_server_is_told", "prefork:2", |model| {
        if is_worker() {
            die();
        }
        let mut server = Server::new(model.parse::<Model>().unwrap());
        server.listen("test", &anywhere(), service(echo)).unwrap();
        let report = server.run(parlor_engine::Shutdown::new());
        let error = report.error.unwrap().to_string();
        assert!(error.contains("was never ready (exit status: 3)"), "{error}");
        assert!(error.contains("`main` has to come to the same `Server::run`"), "{error}");
        assert_eq!(children(), [0; 0]);
    });
}

#[test]
fn what_waits_in_front_of_threads_in_processes_is_counted() {
    let test = "what_waits_in_front_of_threads_in_processes_is_counted";
    alone(test, "prefork:2/pool:1", |model| {
        let limits = Limits { queue_wait_ms: 60, ..Limits::default() };
        let server = Running::start(model, limits, named_echo().refuse_with("late"));
        let inside = clients(&server, 2);
        assert_ne!(inside[0].worker, inside[1].worker);
        for mut waiting in (0..4).map(|_| server.connect()).collect::<Vec<_>>() {
            let mut answer = [0; 4];
            waiting.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"late");
        }
        let counters = server.wait_for("all told", |counters| counters.refused == 4);
        assert_eq!((counters.timed_out, counters.live, counters.queued), (4, 2, 0));
        drop(inside);
        server.wait_for("all gone", |counters| counters.live == 0);
        let report = server.stop();
        assert_eq!((report.served, report.refused, report.timed_out), (2, 4, 4));
        assert!((1..=4).contains(&report.queued_max), "{report:?}");
    });
}

#[test]
fn who_finds_one_at_a_time_taken_everywhere_waits_in_the_backlog() {
    let test = "who_finds_one_at_a_time_taken_everywhere_waits_in_the_backlog";
    alone(test, "prefork:2/blocking", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        let mut inside = clients(&server, 2);
        assert_ne!(inside[0].worker, inside[1].worker);
        let mut third = server.connect();
        third.write_all(b"hello").unwrap();
        let before = server.metrics.snapshot();
        // Long enough for a loop that spins on the listener to show.
        std::thread::park_timeout(Duration::from_millis(100));
        let after = server.metrics.snapshot();
        assert_eq!((after.accepted, after.live), (2, 2));
        assert!(after.accept_wakes - before.accept_wakes <= 2, "{after:?}");
        let free = inside.remove(0).worker;
        let mut answer = [0; 9];
        third.read_exact(&mut answer).unwrap();
        assert_eq!(answer[..4], free.to_le_bytes());
        assert!(inside[0].is_served());
    });
}

#[test]
fn workers_that_do_not_keep_up_are_waited_for_without_spinning() {
    let test = "workers_that_do_not_keep_up_are_waited_for_without_spinning";
    alone(test, "prefork:2", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        server.wait_for("the start", |counters| counters.processes == 2);
        let stopped = children();
        assert_eq!(stopped.len(), 2);
        for worker in &stopped {
            signal(*worker, Signal::STOP);
        }
        // More than both sockets and the accept loop hold. All have sent when they are handed over, every third has
        // ended its side, too.
        let mut waiting: Vec<TcpStream> = (0..3000).map(|_| server.connect()).collect();
        for (number, client) in waiting.iter_mut().enumerate() {
            client.write_all(&u32::try_from(number).unwrap().to_le_bytes()).unwrap();
            if number % 3 == 0 {
                client.shutdown(Shutdown::Write).unwrap();
            }
        }
        wait_until("the sockets to be full", || {
            let before = server.metrics.snapshot().accepted;
            std::thread::park_timeout(Duration::from_millis(100));
            let after = server.metrics.snapshot();
            assert!(after.accepted < 3000, "nothing holds them back");
            after.accepted == before && before > 100
        });
        let (before, start) = (server.metrics.snapshot().accept_wakes, time::now());
        std::thread::park_timeout(Duration::from_millis(500));
        let woken = server.metrics.snapshot().accept_wakes - before;
        // They are offered again every 5 ms.
        let took = since(start);
        assert!(u128::from(woken) <= took.as_millis() / 4 + 50, "{woken} wakes in {took:?}");

        for worker in &stopped {
            signal(*worker, Signal::CONT);
        }
        for (number, client) in waiting.iter_mut().enumerate() {
            let mut answer = [0; 8];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(answer[4..], u32::try_from(number).unwrap().to_le_bytes());
            if number % 3 == 0 {
                assert_eq!(client.read(&mut answer).unwrap(), 0);
            }
        }
        drop(waiting);
        server.wait_for("all gone", |counters| counters.live == 0);
        assert_eq!(server.stop().served, 3000);
    });
}

#[test]
fn a_worker_out_of_descriptors_loses_no_more_than_it_must() {
    alone("a_worker_out_of_descriptors_loses_no_more_than_it_must", "prefork:1", |model| {
        let server = Running::start(model, Limits::default(), named_echo());
        let first = Client::new(&server);
        let pid = Pid::from_raw(i32::try_from(first.worker).unwrap());
        let usual = getrlimit(Resource::Nofile);
        // It has counted on more.
        let few = Some(descriptors(first.worker) as u64 + 5);
        prlimit(pid, Resource::Nofile, Rlimit { current: few, maximum: usual.maximum }).unwrap();
        let mut streams: Vec<_> = (0..12).map(|_| server.connect()).collect();
        let mut served = 0;
        for stream in &mut streams {
            served += usize::from(stream.read_exact(&mut [0; 4]).is_ok());
        }
        // A limit is on numbers, and some below it may be free.
        assert!((1..=8).contains(&served), "{served} were served");
        let counters = server
            .wait_for("the others refused", |counters| counters.refused == 12 - served as u64);
        assert!(counters.starved > 0);
        assert_eq!(counters.live, 1 + served);
        drop(streams);
        server.wait_for("only the first left", |counters| counters.live == 1);
        prlimit(pid, Resource::Nofile, usual).unwrap();
        let next = clients(&server, 10);
        assert!(next.iter().all(|client| client.worker == first.worker));
    });
}

#[test]
fn a_parent_out_of_descriptors_recovers() {
    alone("a_parent_out_of_descriptors_recovers", "prefork:2", |model| {
        let server = Running::start(model, Limits::default(), named_echo().refuse_with("full"));
        let mut all = clients(&server, 2);
        let sockets: Vec<_> =
            (0..40).map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()).collect();
        let usual = getrlimit(Resource::Nofile);
        let few = Some(descriptors(std::process::id()) as u64 + 10);
        setrlimit(Resource::Nofile, Rlimit { current: few, maximum: usual.maximum }).unwrap();
        let mut fillers = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            fillers.push(file);
        }
        // Nobody can be accepted, so all are turned away by the reserve. They are kept, since their
        // descriptors are this process's, too.
        let mut refused = Vec::new();
        for socket in sockets {
            socket.connect(&server.port().into()).unwrap();
            let mut stream = patient(socket.into());
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"full");
            refused.push(stream);
        }
        assert!(server.metrics.snapshot().starved > 0);
        assert!(all.iter_mut().all(Client::is_served));
        // Nor is there much to start a process with.
        signal(all[0].worker, Signal::KILL);
        server.wait_for("the death", |counters| counters.processes_lost > 0);
        assert!(all[1].is_served());
        drop(fillers);
        setrlimit(Resource::Nofile, usual).unwrap();
        server.wait_for("two again", |counters| counters.processes == 2);
        assert!(clients(&server, 10).iter_mut().all(Client::is_served));
    });
}

#[test]
fn who_finds_every_worker_full_is_refused() {
    alone("who_finds_every_worker_full_is_refused", "prefork:2", |model| {
        if is_worker() {
            let maximum = getrlimit(Resource::Nofile).maximum;
            setrlimit(Resource::Nofile, Rlimit { current: Some(80), maximum }).unwrap();
        }
        let server = Running::start(model, Limits::default(), named_echo().refuse_with("full"));
        let mut inside = Vec::new();
        let mut refused = 0;
        for _ in 0..100 {
            let mut stream = server.connect();
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            if &answer == b"full" {
                refused += 1;
            } else {
                inside.push(Client { stream, worker: u32::from_le_bytes(answer) });
            }
        }
        assert!(refused >= 20, "{refused} were refused");
        assert!(inside.len() >= 20, "{} are inside", inside.len());
        assert!(inside.iter_mut().all(Client::is_served));
        let counters = server.metrics.snapshot();
        assert_eq!((counters.refused, counters.live), (refused, inside.len()));
        // A place that becomes free is taken.
        drop(inside.pop());
        server.wait_for("one gone", |counters| counters.live == inside.len());
        assert!(Client::new(&server).is_served());
    });
}

#[test]
fn the_deadline_reaches_handlers_that_wait_and_handlers_that_compute() {
    let test = "the_deadline_reaches_handlers_that_wait_and_handlers_that_compute";
    for model in ["prefork:2", "prefork:2/threads"] {
        alone(test, model, |model| {
            let stuck = service(|mut conn: Conn| async move {
                conn.write_all(b".").await.ok();
                let computes = conn.recv().await.unwrap()[..] == *b"compute";
                conn.write_all(b".").await.ok();
                if computes {
                    loop {
                        std::hint::spin_loop();
                    }
                }
                std::future::pending::<()>().await;
            });
            let limits = Limits { drain_ms: 100, ..Limits::default() };
            let server = Running::start(model, limits, stuck);
            let mut streams: Vec<_> = (0..4).map(|_| server.connect()).collect();
            for stream in &mut streams {
                stream.read_exact(&mut [0]).unwrap();
            }
            // One of the two workers has one of each.
            for (stream, word) in streams.iter_mut().zip(["wait", "wait", "compute"]) {
                stream.write_all(word.as_bytes()).unwrap();
                stream.read_exact(&mut [0]).unwrap();
            }
            let start = time::now();
            let report = server.stop();
            assert!(since(start) >= Duration::from_millis(100));
            assert_eq!((report.served, report.dropped), (0, 4));
            assert_eq!(children(), [0; 0]);
            for mut stream in streams {
                let ended = stream.read_to_end(&mut Vec::new());
                assert!(
                    ended.is_ok()
                        || ended.is_err_and(|error| {
                            error.kind() == std::io::ErrorKind::ConnectionReset
                        })
                );
            }
        });
    }
}

/// True when a process is gone, or is a zombie that nobody has buried yet.
fn has_ended(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

#[test]
fn workers_end_with_their_parent() {
    let test = "prefork::workers_end_with_their_parent";
    if let Some(model) = child::model() {
        let server = Running::start(&model, Limits::default(), named_echo());
        println!("\nADDRESS {}", server.port());
        std::io::stdout().flush().unwrap();
        server.wait_for("the end", |_| false);
    }
    let mut parent = child::command(test, "prefork:2", &[]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("ADDRESS ").map(str::to_owned)).unwrap();
    let address: SocketAddr = address.parse().unwrap();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut stream = patient(TcpStream::connect(address).unwrap());
        let mut worker = [0; 4];
        stream.read_exact(&mut worker).unwrap();
        clients.push(Client { stream, worker: u32::from_le_bytes(worker) });
    }
    let workers: Vec<_> = per_worker(&clients).into_keys().collect();
    assert_eq!(workers.len(), 2);
    // One of them can't even hear of it.
    signal(workers[0], Signal::STOP);
    parent.kill().unwrap();
    parent.wait().unwrap();
    clients.into_iter().for_each(Client::sees_the_end);
    wait_until("the workers to end", || workers.iter().all(|worker| has_ended(*worker)));
}

#[test]
fn a_worker_without_its_socket_starts_nothing() {
    let test = "prefork::a_worker_without_its_socket_starts_nothing";
    let Some(role) = child::model() else {
        // One that was started as a worker by hand, and one whose variable is somebody else's.
        for (role, parent) in [("lost", std::process::id()), ("own", 1)] {
            let mut command = child::command(test, role, &[]);
            let output = command.env("PARLOR_ENGINE_WORKER", parent.to_string()).output().unwrap();
            assert!(output.status.success(), "{role}: {output:?}");
        }
        return;
    };
    assert_eq!(is_worker(), role == "lost");
    if role == "lost" {
        let mut server = Server::new("prefork:2".parse::<Model>().unwrap());
        server.listen("test", &anywhere(), service(echo)).unwrap();
        let error = server.run(parlor_engine::Shutdown::new()).error.unwrap();
        assert_eq!(error.to_string(), "the standard input of a worker process was taken from it");
    } else {
        let server = Running::start("epoll:1", Limits::default(), service(echo));
        assert_eq!(echoed(server.connect(), b"hello"), b"hello");
    }
    assert_eq!(children(), [0; 0]);
}
