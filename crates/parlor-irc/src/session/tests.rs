//! The machine alone: what it asks for, and that no bytes upset it.

use proptest::prelude::*;

use super::*;
use crate::fuzz::fuzz_session;
use crate::sasl::Credentials;

fn session(password: Option<&str>) -> Session {
    let password = password.map(str::to_owned);
    Session::new(Arc::new(Server { password, ..Server::named("s", "Net") }))
}

/// Feeds lines; gives what the last one led to and everything that was answered.
fn feed(session: &mut Session, lines: &[&str]) -> (Next, String) {
    let mut all = String::new();
    let mut last = Next::Done;
    for line in lines {
        let mut out = Outbox::new();
        last = session.line(line.as_bytes(), 0, &mut out).0;
        session.finish(&mut out);
        all.push_str(std::str::from_utf8(out.as_bytes()).expect("text"));
    }
    (last, all)
}

#[test]
fn registration_waits_for_nick_user_and_the_end_of_caps() {
    let (next, _) = feed(&mut session(None), &["NICK ann", "USER a 0 * :Ann"]);
    assert_eq!(next, Next::Ask(Request::Attach));
    let mut waiting = session(None);
    let (next, _) = feed(&mut waiting, &["CAP LS 302", "NICK ann", "USER a 0 * :Ann"]);
    assert_eq!(next, Next::Done);
    assert_eq!(feed(&mut waiting, &["CAP END"]).0, Next::Ask(Request::Attach));
}

#[test]
fn a_connection_password_is_asked_for_and_an_account_may_come_with_it() {
    let register = ["NICK ann", "USER a 0 * :Ann"];
    let (next, out) = feed(&mut session(Some("pw")), &register);
    assert!(matches!(next, Next::Close(_)) && out.contains(" 464 "), "{out}");
    let mut both = session(Some("pw"));
    feed(&mut both, &["PASS pw", "PASS ann:secret"]);
    let credentials = Credentials::new("ann", "secret");
    let wanted = Next::Ask(Request::SignIn { credentials, by_pass: true });
    assert_eq!(feed(&mut both, &register).0, wanted);
}

#[test]
fn every_offered_capability_is_acknowledged_and_others_change_nothing() {
    let mut session = session(None);
    let (_, out) = feed(&mut session, &["CAP REQ :batch echo-message", "CAP REQ :-batch nonsense"]);
    assert!(out.contains("CAP * ACK :batch echo-message\r\n"), "{out}");
    assert!(out.contains("CAP * NAK :-batch nonsense\r\n"), "{out}");
    assert!(session.caps.has(Capability::Batch));
}

#[test]
fn a_message_of_many_lines_costs_what_a_message_of_one_costs() {
    let mut session = session(None);
    feed(&mut session, &["CAP REQ :batch draft/multiline", "NICK ann", "USER a 0 * :Ann"]);
    session.registration = None;
    let mut cost = |lines: &[&str]| -> u32 {
        lines.iter().map(|line| session.line(line.as_bytes(), 0, &mut Outbox::new()).1).sum()
    };
    let one = cost(&["PRIVMSG #x :one"]);
    let opened = "BATCH +a draft/multiline #x";
    let line = "@batch=a PRIVMSG #x :more";
    assert_eq!(cost(&[opened, line, line, line, "BATCH -a"]), one);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_upset_it(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzz_session(&bytes);
    }

    #[test]
    fn no_commands_upset_it(
        lines in prop::collection::vec(
            ("(@label=[a-z]{0,3} )?", command(), PARAMS),
            0..40,
        )
    ) {
        let caps = "labeled-response batch draft/chathistory draft/read-marker";
        let mut text = format!("CAP REQ :{caps}\nNICK ann\nUSER a 0 * :A\nCAP END\n");
        for (tags, command, rest) in lines {
            text.push_str(&format!("{tags}{command}{rest}\r\n"));
        }
        fuzz_session(text.as_bytes());
    }
}

/// Words as commands have them, and a trailing text.
const PARAMS: &str = "( ([#a-z0*:+,é]{0,5}|(msgid|timestamp)=[0-9TZ:.-]{0,5}|LATEST|BETWEEN|TARGETS)){0,5}\
                      ( :[ -~é]{0,30})?";

fn command() -> impl Strategy<Value = &'static str> {
    prop::sample::select(command::all().collect::<Vec<_>>())
}
