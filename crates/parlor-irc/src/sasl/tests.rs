//! Chunks, and what is not PLAIN.

use super::*;

fn feed(response: &[u8]) -> Progress {
    Exchange::new(Mechanism::Plain).feed(&STANDARD.encode(response))
}

fn credentials(name: &str, password: &str) -> Progress {
    Progress::Complete(Credentials::new(name, password))
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
    assert_eq!(Exchange::new(Mechanism::Plain).feed("+"), Progress::Malformed);
    assert_eq!(Exchange::new(Mechanism::Plain).feed("not base64!"), Progress::Malformed);
    assert_eq!(Exchange::new(Mechanism::Plain).feed(&"a".repeat(401)), Progress::LineTooLong);
}

#[test]
fn long_responses_come_in_chunks_of_400() {
    let password = "p".repeat(600 - 5);
    let encoded = STANDARD.encode(format!("\0ann\0{password}"));
    assert_eq!(encoded.len(), 800, "the last chunk is full, so a + has to follow");
    let mut exchange = Exchange::new(Mechanism::Plain);
    assert_eq!(exchange.feed(&encoded[..400]), Progress::More);
    assert_eq!(exchange.feed(&encoded[400..]), Progress::More);
    assert_eq!(exchange.feed("+"), credentials("ann", &password));
}

#[test]
fn a_response_without_end_is_stopped() {
    let mut exchange = Exchange::new(Mechanism::Plain);
    let chunk = "A".repeat(400);
    let answers: Vec<_> = (0..11).map(|_| exchange.feed(&chunk)).collect();
    assert_eq!(answers.last(), Some(&Progress::Malformed));
}

#[test]
fn an_account_may_name_its_device() {
    for name in ["ann@phone", "ann/phone"] {
        let Progress::Complete(found) = feed(format!("ann\0{name}\0secret").as_bytes()) else {
            panic!("{name} is refused");
        };
        assert_eq!((&*found.name, &*found.device, &*found.password), ("ann", "phone", "secret"));
    }
    assert_eq!(feed(b"\0@phone\0secret"), Progress::Malformed);
}

#[test]
fn answers_of_the_server_come_in_chunks_of_400() {
    assert_eq!(chunks("x"), ["eA=="]);
    let lines = chunks(&"x".repeat(300));
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [400, 1]);
    assert_eq!(lines[1], "+");
}
