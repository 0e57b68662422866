//! One connection at a time, and a few at a time: who waits where, and for how long.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parlor_engine::{Limits, Service, draining, service, time};
use tokio::io::AsyncWriteExt;

use crate::running::{Running, echo, echoed, since};

fn busy_echo() -> Service {
    service(echo).refuse_with("busy\n")
}

fn refusal_of(mut client: TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn who_finds_no_worker_waits_in_the_queue_and_is_served_in_turn() {
    let server = Running::start("pool:2", Limits::default(), busy_echo());
    let mut inside: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for client in &mut inside {
        echoed(client, b"in");
    }
    let mut waiting: Vec<_> = (0..3).map(|_| server.connect()).collect();
    let counters = server.wait_for("three in the queue", |counters| counters.queued == 3);
    assert_eq!((counters.admitted, counters.live), (5, 5));
    // What they send meanwhile is answered when their turn comes.
    for client in &mut waiting {
        client.write_all(b"at last").unwrap();
    }
    for left in [2, 1, 0] {
        drop(inside.remove(0));
        let mut first = waiting.remove(0);
        let mut answer = [0; 7];
        first.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"at last");
        inside.push(first);
        assert_eq!(server.metrics.snapshot().queued, left);
    }
    drop(inside);
    server.wait_for("all gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!((report.admitted, report.served, report.refused), (5, 5, 0));
    assert_eq!((report.queued_max, report.timed_out), (3, 0));
}

#[test]
fn a_full_queue_refuses_the_next() {
    let limits = Limits { queue_max: 2, ..Limits::default() };
    let server = Running::start("pool:1", limits, busy_echo());
    let mut inside = server.connect();
    echoed(&mut inside, b"in");
    let mut waiting: Vec<_> = (0..2).map(|_| server.connect()).collect();
    server.wait_for("a full queue", |counters| counters.queued == 2);
    assert_eq!(refusal_of(server.connect()), "busy\n");

    drop(inside);
    assert_eq!(echoed(waiting.remove(0), b"my turn"), b"my turn");
    assert_eq!(echoed(waiting.remove(0), b"mine too"), b"mine too");
    server.wait_for("all gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!((report.admitted, report.served, report.refused), (4, 3, 1));
    assert_eq!(report.queued_max, 2);
}

#[test]
fn who_waits_for_too_long_is_told_so() {
    let limits = Limits { queue_wait_ms: 60, ..Limits::default() };
    let server = Running::start("pool:1", limits, busy_echo());
    let mut inside = server.connect();
    echoed(&mut inside, b"in");
    let start = time::now();
    let waiting: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for client in waiting {
        assert_eq!(refusal_of(client), "busy\n");
    }
    assert!(since(start) >= Duration::from_millis(60), "{:?}", since(start));
    // The worker never noticed, and takes the next.
    assert_eq!(echoed(&mut inside, b"still in"), b"still in");
    drop(inside);
    server.wait_for("all gone", |counters| counters.live == 0 && counters.queued == 0);
    assert_eq!(echoed(server.connect(), b"next"), b"next");
    server.wait_for("the next gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!((report.timed_out, report.refused, report.served), (3, 3, 2));
    // With nobody in the queue there is nothing to look after.
    assert_eq!(report.queued_max, 3);
}

#[test]
fn who_is_queued_at_the_end_is_served_like_the_others() {
    for _ in 0..10 {
        let brief = service(|mut conn| async move {
            draining().await;
            conn.write_all(b"bye").await.ok();
        });
        let limits = Limits { drain_ms: 60_000, ..Limits::default() };
        let server = Running::start("pool:2", limits, brief);
        let clients: Vec<_> = (0..6).map(|_| server.connect()).collect();
        server.wait_for("all let in", |counters| counters.admitted == 6);
        let report = server.stop();
        assert_eq!((report.served, report.dropped, report.refused), (6, 0, 0));
        for client in clients {
            assert_eq!(refusal_of(client), "bye");
        }
    }
}

#[test]
fn who_is_queued_at_the_deadline_is_refused() {
    let stuck = service(|_conn| std::future::pending()).refuse_with("too late\n");
    let server = Running::start("pool:1", Limits { drain_ms: 50, ..Limits::default() }, stuck);
    let _inside = server.connect();
    let waiting = server.connect();
    server.wait_for("one in the queue", |counters| counters.queued == 1);
    let report = server.stop();
    assert_eq!((report.served, report.dropped, report.refused), (0, 1, 1));
    assert_eq!(report.abandoned_threads, 0);
    assert_eq!(refusal_of(waiting), "too late\n");
}

#[test]
fn one_at_a_time_leaves_the_others_in_the_backlog() {
    let server = Running::start("blocking", Limits::default(), busy_echo());
    let mut inside = server.connect();
    echoed(&mut inside, b"in");
    let before = server.metrics.snapshot();
    let mut others: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for client in &mut others {
        client.write_all(b"me").unwrap();
    }
    // Long enough for a loop that spins on the listener to show.
    std::thread::park_timeout(Duration::from_millis(100));
    let after = server.metrics.snapshot();
    assert_eq!((after.accepted, after.live), (1, 1));
    assert!(after.accept_wakes - before.accept_wakes <= 1, "{after:?}");

    // One after the other, in the order in which they came.
    for mut client in others {
        drop(std::mem::replace(&mut inside, client.try_clone().unwrap()));
        let mut answer = [0; 2];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"me");
        assert_eq!(server.metrics.snapshot().live, 1);
    }
    drop(inside);
    server.wait_for("all gone", |counters| counters.live == 0);
    let report = server.stop();
    assert_eq!((report.accepted, report.served, report.queued_max), (4, 4, 0));
}
