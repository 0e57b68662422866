//! WebSockets over real connections.

use crate::running::{Client, Running};

const KEY: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A frame masked with zeros, which is a mask like any other.
fn frame(text: &str) -> Vec<u8> {
    let length = 0x80 | u8::try_from(text.len()).unwrap();
    [&[0x81, length, 0, 0, 0, 0][..], text.as_bytes()].concat()
}

fn echo(client: &mut Client, text: &str) {
    let answer = client.exactly(2 + text.len());
    assert_eq!(answer[2..], *text.as_bytes());
}

#[test]
fn a_request_becomes_a_websocket_with_what_came_after_it() {
    let server = Running::usual();
    let mut client = server.connect();
    assert_eq!(client.get("/hello").status, 200);
    let head = format!("GET /ws HTTP/1.1\r\nHost: localhost\r\n{KEY}\r\n");
    client.send([head.as_bytes(), &frame("early")].concat());
    let answer = client.answer();
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    echo(&mut client, "early");
    client.send(frame("late"));
    echo(&mut client, "late");
    client.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    assert_eq!(client.rest(), [0x88, 2, 0x03, 0xe8]);
}

#[test]
fn protocols_are_agreed_on_or_refused() {
    let server = Running::usual();
    let mut client = server.connect();
    let offer = |names: &str| format!("{KEY}Sec-WebSocket-Protocol: {names}\r\n");
    client.ask("GET /ws", &offer("other, test.v2"), "");
    assert_eq!(client.answer().status, 400);
    client.ask("GET /ws", &offer("other, test.v1"), "");
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, Some("test.v1")));
}

#[test]
fn handshakes_that_are_none_are_refused() {
    let server = Running::usual();
    let mut client = server.connect();
    assert_eq!(client.get("/ws").status, 426);
    client.ask("GET /ws", &KEY.replace("13", "8"), "");
    assert_eq!(client.answer().status, 426);
    client.ask("GET /ws", &KEY.replace("dGhl", ""), "");
    assert_eq!(client.answer().status, 400);
    assert_eq!(client.get("/hello").status, 200);
}
