//! Requests and responses as clients see them.

use parlor_engine::Model;
use parlor_http::{CONTENT_POLICY, Timeouts};

use crate::running::Running;

#[test]
fn every_model_gives_the_same_bytes() {
    for model in Model::hosting(1) {
        let server = Running::start(model, Timeouts::default());
        let mut client = server.connect();
        for _ in 0..3 {
            let answer = client.get("/hello");
            assert_eq!((answer.status, answer.text()), (200, "hello\n"), "{model}");
        }
        client.ask("POST /echo", "", "body");
        assert_eq!(client.answer().text(), "body", "{model}");
        let big = client.get("/big");
        assert_eq!(big.body.len(), 3_000_000, "{model}");
        assert_eq!(client.get("/hello").status, 200, "{model}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Running::usual();
    let mut client = server.connect();
    client.send("\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\noneGET /missing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he");
    assert_eq!(client.answer().text(), "hello\n");
    assert_eq!(client.answer().text(), "one");
    assert_eq!(client.answer().status, 404);
    client.send("llo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.answer().text(), "hello\n");
}

#[test]
fn every_response_carries_the_security_headers() {
    let server = Running::usual();
    let mut client = server.connect();
    for (path, status) in [("/hello", 200), ("/missing", 404), ("/echo", 405)] {
        let answer = client.get(path);
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-security-policy"), Some(CONTENT_POLICY));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
        assert!(answer.header("permissions-policy").is_some());
    }
    assert!(!CONTENT_POLICY.contains("unsafe"));
}

#[test]
fn head_is_get_without_the_body() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("HEAD /hello", "", "");
    let answer = client.answer_to("HEAD");
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("6")));
    assert_eq!(client.get("/hello").text(), "hello\n");
}

#[test]
fn unknown_methods_are_told_the_known_ones() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("DELETE /hello", "", "");
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn programs_get_problems_as_json() {
    let server = Running::usual();
    let mut client = server.connect();
    client.ask("GET /missing", "Accept: application/json\r\n", "");
    let answer = client.answer();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.text().contains("\"error\":\"not_found\""), "{}", answer.text());
    assert!(client.get("/api/missing").text().starts_with('{'));
    assert!(client.get("/missing").text().starts_with("<p>"));
}

#[test]
fn foreign_hosts_and_sites_are_refused() {
    let server = Running::usual();
    let mut client = server.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.status, 421);
    assert!(answer.text().contains("public_url"), "{}", answer.text());
    client.ask("POST /echo", "Origin: http://evil.example\r\n", "x");
    assert_eq!(client.answer().status, 403);
}

#[test]
fn what_is_no_http_is_told_so() {
    for (noise, told) in [
        (&b"NICK ann\r\nUSER ann 0 * :Ann\r\n"[..], "IRC has a port of its own"),
        (b"CAP LS 302\r\n", "IRC has a port of its own"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "plain HTTP, not TLS"),
    ] {
        let server = Running::usual();
        let mut client = server.connect();
        client.send(noise);
        client.end();
        let text = String::from_utf8(client.rest()).unwrap();
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn long_bodies_go_both_ways_in_pieces() {
    let server = Running::usual();
    let mut client = server.connect();
    let body = "x".repeat(1_500_000);
    client.ask("POST /count", "", &body);
    assert_eq!(client.answer().text(), "1500000 true", "more than a body in memory may have");
    let answer = client.get("/pieces");
    let wanted: Vec<u8> = (0..100).flat_map(|piece| vec![piece; 10_000]).collect();
    assert!(answer.body == wanted, "all of it, in order");
    assert_eq!(client.get("/hello").status, 200, "the connection goes on");
}

#[test]
fn a_long_body_has_an_end_too() {
    let server = Running::usual();
    let mut client = server.connect();
    client.send("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000001\r\n\r\n");
    assert_eq!(client.answer().status, 413);
}

#[test]
fn a_response_without_its_next_piece_breaks_off() {
    let server = Running::usual();
    let mut client = server.connect();
    client.send("GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let heard = client.rest();
    assert!(heard.windows(23).any(|part| part == b"content-length: 1000000"));
    assert!(heard.len() < 600_000, "and no byte more than there was");
}
