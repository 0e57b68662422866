//! Every bound, from the outside: what is too long, too slow or too much.

use std::time::Duration;

use parlor_engine::{Model, time};
use parlor_http::Timeouts;

use crate::running::Running;

fn short() -> Timeouts {
    Timeouts {
        head: Duration::from_millis(300),
        idle: Duration::from_secs(3),
        write_stall: Duration::from_millis(300),
        body: Duration::from_millis(200),
    }
}

#[test]
fn bodies_are_bounded_whether_announced_or_not() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("POST /echo", "", &"x".repeat(1000));
    assert_eq!(client.answer().body.len(), 1000);
    client.ask("POST /echo", "", &"x".repeat(1001));
    assert_eq!(client.answer().status, 413);

    let mut client = server.connect();
    let chunk = format!("190\r\n{}\r\n", "y".repeat(400));
    client.send(format!(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(3)
    ));
    assert_eq!(client.answer().status, 413);
}

#[test]
fn an_endless_body_does_not_swallow_its_refusal() {
    let server = Running::usual();
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
    client.send("z".repeat(100_000));
    assert_eq!(client.answer().status, 413);
}

#[test]
fn a_body_nobody_reads_does_not_confuse_the_next_request() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("POST /ignore", "", "GET /evil HTTP/1.1");
    assert_eq!(client.answer().text(), "ignored\n");
    client.ask("GET /hello", "", "");
    assert_eq!(client.answer().text(), "hello\n");
}

#[test]
fn heads_are_bounded() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("GET /hello", &format!("X: {}\r\n", "x".repeat(20_000)), "");
    assert_eq!(client.answer().status, 431);
    let mut client = server.connect();
    client.ask("GET /hello", &"A: b\r\n".repeat(80), "");
    assert_eq!(client.answer().status, 431);
}

#[test]
fn slow_heads_are_dropped() {
    for model in Model::hosting(1) {
        let server = Running::start(model, short());
        let begun = time::now();
        let mut client = server.connect();
        client.send("GET /hello HTTP/1.1\r\nHost: loc");
        client.rest();
        assert!(begun.elapsed() < Duration::from_secs(10), "{model}");
    }
}

#[test]
fn slow_bodies_are_answered_and_dropped() {
    let server = Running::start(Model::default(), short());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nslow");
    assert_eq!(client.answer().status, 408);
    client.end();
    assert_eq!(client.rest(), b"");
}

#[test]
fn idle_connections_outlast_slow_heads_but_not_their_own_limit() {
    let server = Running::start(Model::default(), short());
    let mut client = server.connect();
    assert_eq!(client.get("/hello").status, 200);
    // Longer than a head may take: between requests only the idle limit counts.
    client.expect_silence(Duration::from_millis(900));
    assert_eq!(client.get("/hello").status, 200);
    assert_eq!(client.rest(), b"");
}

#[test]
fn who_takes_nothing_is_dropped() {
    let server = Running::start(Model::default(), short());
    let mut client = server.connect();
    for _ in 0..8 {
        client.ask("GET /big", "", "");
    }
    let begun = time::now();
    // The idle limit is the longer one, so when it has run out the other has, too.
    assert_eq!(server.connect().rest(), b"");
    // What is in the kernel still comes, but not all of it: the server has given up.
    let mut total = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match std::io::Read::read(&mut client.stream, &mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => total += count,
        }
    }
    assert!(total < 8 * 3_000_000, "{total}");
    assert!(begun.elapsed() < Duration::from_secs(19));
}

#[test]
fn a_stopping_server_closes_idle_connections_at_once() {
    for model in Model::hosting(2) {
        let server = Running::start(model, Timeouts::default());
        let mut idle = server.connect();
        let mut used = server.connect();
        assert_eq!(used.get("/hello").status, 200);
        assert_eq!(idle.get("/hello").status, 200);
        let begun = time::now();
        server.stop();
        assert_eq!(idle.rest(), b"");
        assert_eq!(used.rest(), b"");
        drop(server);
        // Far less than the time handlers are given to end; a busy machine needs some.
        assert!(begun.elapsed() < Duration::from_secs(3), "{model}: {:?}", begun.elapsed());
    }
}
