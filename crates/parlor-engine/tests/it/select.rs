//! The wall of `select`: descriptors from 1,024 up.

use std::fs::File;
use std::io::Read;
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use parlor_engine::{Limits, Model, service};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::child;
use crate::running::{Running, echo, echoed, patient, wait_until};

const FD_SETSIZE: i32 = 1024;
const SELECT: Model = Model::Select { big: false };
/// Numbers left below the wall for this many descriptors: a client and a connection are two.
const ROOM: i32 = 20;
const CLIENTS: usize = 30;

/// Raises the limit of open files above the wall, or says that it can't.
fn can_go_beyond() -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < 2048) {
        println!("skipped, this process may not have descriptors beyond the wall");
        return false;
    }
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    true
}

#[test]
fn who_is_beyond_the_wall_is_refused_and_nobody_else() {
    if child::model().is_none() {
        child::run("select::who_is_beyond_the_wall_is_refused_and_nobody_else", "select");
        return;
    }
    if !can_go_beyond() {
        return;
    }

    let server =
        Running::start("select", Limits::default(), service(echo).refuse_with("too high\n"));
    let mut fillers = vec![File::open("/dev/null").unwrap()];
    while fillers.last().unwrap().as_raw_fd() < FD_SETSIZE - ROOM {
        fillers.push(File::open("/dev/null").unwrap());
    }

    // The numbers go up by turns: a client, its connection, the next client.
    let mut inside = Vec::new();
    let mut refused = 0;
    for number in 1..=CLIENTS {
        let client = patient(TcpStream::connect(server.port()).unwrap());
        server.wait_for("the client let in or refused", |counters| {
            counters.live + usize::try_from(counters.refused).unwrap() == number
        });
        if server.metrics.snapshot().live > inside.len() {
            inside.push(client);
        } else {
            let mut text = String::new();
            (&client).read_to_string(&mut text).unwrap();
            assert_eq!(text, "too high\n");
            refused += 1;
            // Kept, so that the numbers go on.
            fillers.push(File::from(std::os::fd::OwnedFd::from(client)));
        }
    }
    assert!(inside.len() >= 5, "only {} were let in", inside.len());
    assert!(refused >= 10, "only {refused} were refused");
    assert_eq!(server.metrics.snapshot().unselectable, refused);

    // Those inside never noticed; and with numbers free again, the next ones come in.
    for client in &mut inside {
        assert_eq!(echoed(client, b"still here"), b"still here");
    }
    fillers.clear();
    for _ in 0..CLIENTS {
        assert_eq!(echoed(server.connect(), b"room again"), b"room again");
    }
    drop(inside);
    server.wait_for("all gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!(report.refused, refused);
    assert_eq!(report.accepted, report.served + report.refused);
}

#[test]
fn a_process_full_of_descriptors_is_told_at_the_start() {
    if child::model().is_none() {
        child::run("select::a_process_full_of_descriptors_is_told_at_the_start", "select");
        return;
    }
    if !can_go_beyond() {
        return;
    }
    let mut fillers = Vec::new();
    while fillers.last().is_none_or(|file: &File| file.as_raw_fd() < FD_SETSIZE) {
        fillers.push(File::open("/dev/null").unwrap());
    }
    assert_eq!(SELECT.capabilities().max_connections, Some(0));
    let server = Running::start("select", Limits::default(), service(echo));
    wait_until("the listener closed", || TcpStream::connect(server.port()).is_err());
    let report = server.stop();
    let error = report.error.unwrap();
    assert_eq!(error.to_string(), "this process holds too many descriptors for `select`");
}

#[test]
fn big_sets_have_no_wall() {
    if child::model().is_none() {
        child::run("select::big_sets_have_no_wall", "select:big");
        return;
    }
    if !can_go_beyond() {
        return;
    }
    let mut fillers = vec![File::open("/dev/null").unwrap()];
    while fillers.last().unwrap().as_raw_fd() < FD_SETSIZE - ROOM {
        fillers.push(File::open("/dev/null").unwrap());
    }
    let server = Running::start("select:big", Limits::default(), service(echo));
    let mut clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for client in clients.iter_mut().rev() {
        assert_eq!(echoed(client, b"beyond"), b"beyond");
    }
    drop(clients);
    server.wait_for("all gone", |counters| counters.live == 0);
    let counters = server.metrics.snapshot();
    assert_eq!((counters.served, counters.unselectable), (100, 0));
    assert_eq!("select:big".parse::<Model>().unwrap().capabilities().max_connections, None);
}

#[test]
fn it_says_how_many_it_can_serve() {
    let most = SELECT.capabilities().max_connections.unwrap();
    assert!((900..=992).contains(&most), "{most}");
}
