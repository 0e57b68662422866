//! Chunks, and what is not PLAIN.

use super::*;

fn feed(response: &[u8]) -> Progress {
    Exchange::default().feed(&STANDARD.encode(response))
}

fn credentials(name: &str, password: &str) -> Progress {
    Progress::Complete(Credentials { name: name.to_owned(), password: password.to_owned() })
}

#[test]
fn plain_responses_are_read() {
    assert_eq!(feed(b"\0ann\0secret"), credentials("ann", "secret"));
    assert_eq!(feed(b"ann\0ann\0secret"), credentials("ann", "secret"));
    assert_eq!(feed("\0ann\0pä ss".as_bytes()), credentials("ann", "pä ss"));
}

#[test]
fn other_responses_are_refused() {
    for bad in [
        b"".as_slice(),
        b"\0ann",
        b"\0ann\0",
        b"\0\0secret",
        b"bob\0ann\0secret",
        b"\0ann\0sec\0ret",
        b"\0ann\0\xff",
    ] {
        assert_eq!(feed(bad), Progress::Malformed, "{bad:?}");
    }
    assert_eq!(Exchange::default().feed("+"), Progress::Malformed);
    assert_eq!(Exchange::default().feed("not base64!"), Progress::Malformed);
    assert_eq!(Exchange::default().feed(&"a".repeat(401)), Progress::LineTooLong);
}

#[test]
fn long_responses_come_in_chunks_of_400() {
    let password = "p".repeat(600 - 5);
    let encoded = STANDARD.encode(format!("\0ann\0{password}"));
    assert_eq!(encoded.len(), 800, "the last chunk is full, so a + has to follow");
    let mut exchange = Exchange::default();
    assert_eq!(exchange.feed(&encoded[..400]), Progress::More);
    assert_eq!(exchange.feed(&encoded[400..]), Progress::More);
    assert_eq!(exchange.feed("+"), credentials("ann", &password));
}

#[test]
fn a_response_without_end_is_stopped() {
    let mut exchange = Exchange::default();
    let chunk = "A".repeat(400);
    let answers: Vec<_> = (0..11).map(|_| exchange.feed(&chunk)).collect();
    assert_eq!(answers.last(), Some(&Progress::Malformed));
}
