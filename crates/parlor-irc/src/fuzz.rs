//! Entry points for fuzzers; the property tests run them too.

use std::sync::Arc;

use parlor_hub::PersonId;

use crate::input::{Found, Input};
use crate::message::Message;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Server, Session};

/// Parses lines, cut at line feeds as the input cuts them; what parses must be written back so that
/// it parses to the same.
pub fn fuzz_line(bytes: &[u8]) {
    bytes.split(|byte| *byte == b'\n').for_each(round_trip);
}

fn round_trip(line: &[u8]) {
    let Ok(message) = Message::parse(line) else { return };
    let mut written = Vec::new();
    message.write(&mut written);
    let again = Message::parse(&written);
    assert_eq!(again.as_ref(), Ok(&message), "{}", String::from_utf8_lossy(&written));
}

/// Feeds bytes to a machine as a connection would, with a hub that always says yes. Every answer
/// must be made of whole lines that are not too long.
pub fn fuzz_session(bytes: &[u8]) {
    let mut session = Session::new(Arc::new(server()));
    let mut input = Input::default();
    for chunk in bytes.chunks(700) {
        input.extend(chunk);
        loop {
            let mut out = Outbox::new();
            let next = match input.find() {
                Found::Nothing => break,
                Found::TooLong(label) => {
                    session.refuse_length(label.as_deref(), &mut out);
                    Next::Done
                }
                Found::Line(range) => session.line(input.line(range), 0, &mut out).0,
            };
            let ended = follow(&mut session, next, &mut out);
            session.finish(&mut out);
            check(out.as_bytes());
            if ended {
                return;
            }
        }
    }
}

fn follow(session: &mut Session, mut next: Next, out: &mut Outbox) -> bool {
    loop {
        match next {
            Next::Done => return false,
            Next::Close(_) => return true,
            Next::Ask(Request::SignIn { credentials, by_pass }) => {
                let name = credentials.name;
                next = crate::command::authenticate::signed_in(session, out, &name, by_pass);
            }
            Next::Ask(Request::Attach) => {
                if let Some(registration) = session.registration.take() {
                    session.me.person = Some(PersonId(1));
                    session.me.nick =
                        registration.nick.map_or(String::new(), |nick| nick.to_string());
                    session.me.user = registration.user.map_or(String::new(), |line| line.user);
                }
                next = Next::Done;
            }
            Next::Ask(_) => next = Next::Done,
        }
    }
}

fn check(bytes: &[u8]) {
    assert!(bytes.is_empty() || bytes.ends_with(b"\r\n"));
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let body = match line.strip_prefix(b"@") {
            Some(tagged) => tagged.splitn(2, |byte| *byte == b' ').nth(1).unwrap_or(b""),
            None => line,
        };
        assert!(body.len() <= crate::limits::LINE_BYTES_MAX, "{}", String::from_utf8_lossy(line));
        let inner = &line[..line.len() - 2];
        assert!(!inner.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')));
    }
}

fn server() -> Server {
    Server { motd: vec!["hello".to_owned()], ..Server::named("fuzz.local", "Fuzz") }
}
