//! What other protocols begin with.

use super::*;

fn answer(first: &[u8]) -> String {
    match look(first) {
        Look::Foreign(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{other:?} for {first:?}"),
    }
}

#[test]
fn other_protocols_are_told() {
    let http = answer(b"POST / HTTP/1.1\r\n");
    let (head, body) = http.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    assert!(answer(b"GET / HTTP/1.0").starts_with("HTTP/1.1 400"));
    assert!(answer(b"\x16\x03\x01").starts_with("ERROR :"));
    assert!(answer(b"\xEF\xBB\xBFNICK ann").starts_with("ERROR :"));
}

#[test]
fn beginnings_are_waited_for() {
    for unclear in [b"".as_slice(), b"P", b"PO", b"\xEF", b"G", b"CONNECT"] {
        assert_eq!(look(unclear), Look::Unclear, "{unclear:?}");
    }
    for irc in [b"PASS x".as_slice(), b"CAP LS 302", b"NICK", b"\n", b"hello", b"PU "] {
        assert_eq!(look(irc), Look::Irc, "{irc:?}");
    }
}
