//! The wire format held fast: golden frames, and `docs/protocol.md` in step with the code.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::StatusCode;
use parlor_chat::{Author, Message, MessageKind, Modes, Reaction, Recipient, Reply};
use parlor_http::Problem;
use parlor_hub::{PersonId, Role};
use parlor_topics::{Position, TopicId};
use proptest::prelude::*;

use super::own::{OwnView, QuietHoursView};
use super::{Envelope, MessageView, ModesView, RoleName, err, ok, position};
use crate::fuzz;
use crate::live::{CLOSE_CODES, Command, EVENT_KINDS};

const DOCUMENT: &str = include_str!("../../../../../docs/protocol.md");

/// The JSON in a frame from the server.
pub(in crate::live) fn json(frame: &Bytes) -> String {
    let head = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    String::from_utf8(frame[head..].to_vec()).unwrap()
}

pub(in crate::live) fn message() -> Message {
    Message {
        topic: TopicId(5),
        offset: 412,
        msgid: "m1".to_owned(),
        at_ms: 1_790_000_000_000,
        author: ann(),
        to: None,
        kind: MessageKind::Text,
        text: "hi \"there\"\n".to_owned(),
        reply: None,
        edited_ms: None,
        redacted: false,
        files: Vec::new(),
        reactions: Vec::new(),
    }
}

pub(in crate::live) fn ann() -> Author {
    Author {
        person: PersonId(1),
        nick: "ann".to_owned(),
        account: Some("ann".to_owned()),
        user: "ann".to_owned(),
        host: "10.0.0.1".to_owned(),
        bot: false,
    }
}

#[test]
fn answers_have_their_golden_form() {
    let answer = ok(17, &super::TopicKey(5));
    assert_eq!(json(&answer), r#"{"t":"ok","re":17,"p":5}"#);
    let problem = Problem::new(StatusCode::BAD_REQUEST, "too_long", "Too long.");
    assert_eq!(
        json(&err(3, &problem)),
        r#"{"t":"err","re":3,"code":"too_long","msg":"Too long."}"#
    );
    let later = problem.retry_after(2);
    assert!(json(&err(3, &later)).ends_with(r#","retry_after_s":2}"#));
}

#[test]
fn messages_have_their_golden_form() {
    let view = serde_json::to_string(&MessageView::from(message())).unwrap();
    assert_eq!(
        view,
        r#"{"k":5,"n":412,"msgid":"m1","at":1790000000000,"from":{"person":1,"nick":"ann","account":"ann"},"kind":"text","text":"hi \"there\"\n"}"#
    );
    let to = Some(Recipient { person: PersonId(9), nick: "bob".to_owned() });
    let direct = Message { to, kind: MessageKind::Action, ..message() };
    let view = serde_json::to_string(&MessageView::from(direct)).unwrap();
    assert!(view.contains(r#""to":{"person":9,"nick":"bob"},"kind":"action""#), "{view}");
}

#[test]
fn what_became_of_a_message_has_its_golden_form() {
    let reply = Reply { msgid: "m0".into(), offset: 7, nick: "bob".into(), text: "tea?".into() };
    let people = vec![(PersonId(9), "bob".to_owned())];
    let reactions = vec![Reaction { emoji: "👍".into(), people, count: 1, mine: false }];
    let edited_ms = Some(1_790_000_000_007);
    let full = Message { reply: Some(reply), edited_ms, reactions, ..message() };
    let view = serde_json::to_string(&MessageView::from(full)).unwrap();
    let tail = r#""reply":{"msgid":"m0","n":7,"nick":"bob","text":"tea?"},"edited":1790000000007,"reactions":[{"emoji":"👍","people":[{"person":9,"nick":"bob"}],"count":1,"mine":false}]}"#;
    assert!(view.ends_with(tail), "{view}");
    let reply = Some(Reply::gone("m0".into()));
    let taken = Message { reply, redacted: true, text: String::new(), ..message() };
    let view = serde_json::to_string(&MessageView::from(taken)).unwrap();
    assert!(view.ends_with(r#""text":"","reply":{"msgid":"m0"},"redacted":true}"#), "{view}");
}

#[test]
fn what_is_ones_own_has_its_golden_form() {
    let nothing = serde_json::to_string(&OwnView::default()).unwrap();
    assert_eq!(nothing, "{}");
    for (text, fine) in [
        (r#"{"from":"22:00","to":"07:05"}"#, true),
        (r#"{"from":null,"to":null}"#, true),
        (r#"{"from":"22:00","to":null}"#, false),
        (r#"{"from":"24:00","to":"07:00"}"#, false),
        (r#"{"from":"22:60","to":"07:00"}"#, false),
        (r#"{"from":"+2:00","to":"07:00"}"#, false),
        (r#"{"from":"2:00","to":"07:00"}"#, false),
    ] {
        let view: QuietHoursView = serde_json::from_str(text).unwrap();
        let quiet = view.quiet();
        assert_eq!(quiet.is_ok(), fine, "{text}");
        if let Ok(quiet) = quiet {
            assert_eq!(serde_json::to_string(&QuietHoursView::new(quiet)).unwrap(), text);
        }
    }
}

#[test]
fn small_words_have_their_golden_form() {
    let roles = Role::ALL.map(RoleName::from);
    let names = serde_json::to_string(&roles).unwrap();
    assert_eq!(names, r#"["none","member","voice","moderator","owner"]"#);
    assert_eq!(roles.map(Role::from), Role::ALL);
    let modes = Modes { invited_only: true, ..Modes::default() };
    let view = serde_json::to_string(&ModesView::from(modes)).unwrap();
    assert_eq!(view, r#"{"invited_only":true,"moderated":false,"subject_locked":false}"#);
    assert_eq!(position(Position { epoch: 0x1f, offset: 412 }), "1f.412");
}

#[test]
fn commands_are_read_with_and_without_parameters() {
    let envelope = Envelope::decode(r#"{"t":"ping","id":7}"#).unwrap();
    assert_eq!((&*envelope.t, envelope.id, envelope.params()), ("ping", 7, "{}"));
    let unknown_field = r##"{"x":[1],"t":"chat.join","id":8,"p":{"name":"#a","new":true}}"##;
    let envelope = Envelope::decode(unknown_field).unwrap();
    assert!(Command::decode(&envelope.t, envelope.params()).is_ok());
    for wrong in ["", "[]", "{}", r#"{"id":1}"#, r#"{"t":5}"#, r#"{"t":"ping","id":-1}"#, "nul"] {
        assert!(Envelope::decode(wrong).is_err(), "{wrong:?}");
    }
}

/// What a command's parameters are told: the code of the refusal, or nothing.
fn check(name: &str, params: &str, wanted: Option<&str>) {
    let code = Command::decode(name, params).err().map(|problem| problem.code);
    assert_eq!(code, wanted, "{name} {params}");
}

#[test]
fn parameters_are_checked_for_shape() {
    check("hello", "{}", None);
    check("hello", r#"{"resume":{"5":"1.2","7":"junk"}}"#, None);
    check("hello", r#"{"resume":{"five":"1.2"}}"#, Some("bad_params"));
    check("chat.post", r#"{"k":5,"text":"x"}"#, None);
    check("chat.post", r#"{"k":5,"text":"x","kind":"shout"}"#, Some("bad_params"));
    check("chat.post", r#"{"k":5,"files":["00ff"]}"#, None);
    check("chat.post", r#"{"k":5,"files":[7]}"#, Some("bad_params"));
    check("chat.post", r#"{"k":5,"text":7}"#, Some("bad_params"));
    check("chat.edit", r#"{"k":5,"msgid":"m1","text":"x"}"#, None);
    check("chat.edit", r#"{"person":9,"msgid":"m1","text":"x","key":"1"}"#, None);
    check("chat.edit", r#"{"k":5,"text":"x"}"#, Some("bad_params"));
    check("chat.edits", r#"{"k":5,"msgid":"m1"}"#, None);
    check("chat.edits", r#"{"person":9}"#, Some("bad_params"));
    check("chat.redact", r#"{"k":5,"msgid":"m1"}"#, None);
    check("chat.react", r#"{"k":5,"msgid":"m1","emoji":"👍"}"#, None);
    check("chat.unreact", r#"{"k":5,"msgid":"m1"}"#, Some("bad_params"));
    check("chat.typing", r#"{"k":5,"state":"active"}"#, None);
    check("chat.typing", r#"{"k":5,"state":"thinking"}"#, Some("bad_params"));
    check("chat.history", r#"{"k":5,"around":7}"#, None);
    check("chat.history", r#"{"k":5,"around":"m1"}"#, None);
    check("chat.history", r#"{"k":5,"around":[]}"#, Some("bad_params"));
    check("chat.search", r#"{"query":"tea","k":5,"before":"17","limit":5}"#, None);
    check("chat.search", r#"{"k":5}"#, Some("bad_params"));
    check("chat.draft", r#"{"person":9,"text":"I th"}"#, None);
    check("chat.notify", r#"{"k":5,"level":"mentions"}"#, None);
    check("chat.notify", r#"{"k":5,"level":"loud"}"#, Some("bad_params"));
    check("chat.quiet_hours", r#"{"from":"22:00","to":"07:00"}"#, None);
    check("chat.quiet_hours", "{}", None);
    check("chat.role", r#"{"k":5,"person":1,"role":"owner"}"#, None);
    check("chat.role", r#"{"k":5,"person":1,"role":"king"}"#, Some("bad_params"));
    check("away", r#"{"text":null}"#, None);
    check("away", "{}", None);
    check("always_on", r#"{"on":false}"#, None);
    check("always_on", "{}", None);
    check("always_on", r#"{"on":"off"}"#, Some("bad_params"));
    check("chat.fly", "{}", Some("unknown_command"));
    check("", "{}", Some("unknown_command"));
}

#[test]
fn every_command_name_is_understood() {
    for name in Command::NAMES {
        let code = Command::decode(name, "{}").err().map(|problem| problem.code);
        assert_ne!(code, Some("unknown_command"), "{name}");
    }
}

/// The names in the first column of the tables under a heading of the document.
fn documented(heading: &str) -> BTreeSet<&'static str> {
    let (_, after) = DOCUMENT.split_once(&format!("\n## {heading}\n")).expect("the heading exists");
    let section = after.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" |").next())
        .map(|cell| cell.trim_matches('`'))
        .collect()
}

#[test]
fn the_document_names_exactly_the_commands_there_are() {
    let mut named = documented("Commands");
    named.remove("command");
    assert_eq!(named, Command::NAMES.iter().copied().collect());
}

#[test]
fn the_document_names_exactly_the_events_there_are() {
    let mut named = documented("Events");
    named.remove("event");
    assert_eq!(named, EVENT_KINDS.iter().copied().collect());
}

#[test]
fn the_document_names_the_close_codes() {
    let named = documented("Life, haste and closing");
    for code in CLOSE_CODES {
        assert!(named.contains(&*code.to_string()), "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn noise_is_no_command(text in "\\PC{0,200}") {
        fuzz::live_message(&text);
    }

    #[test]
    fn parameters_of_any_shape_never_panic(
        name in prop::sample::select(Command::NAMES),
        text in "[ -~]{0,20}",
        number in any::<u64>(),
        depth in 0_usize..200,
    ) {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let params = format!(
            r#"{{"k":{number},"person":{number},"n":{number},"text":{text:?},"name":{nested:?},"resume":{nested}}}"#,
        );
        fuzz::live_message(&format!(r#"{{"t":"{name}","id":{number},"p":{params}}}"#));
    }

    #[test]
    fn positions_are_read_back_or_refused(text in "[0-9a-f.x+-]{0,40}", epoch: u64, offset: u64) {
        fuzz::position(&text);
        let given = Position { epoch, offset };
        prop_assert_eq!(position(given).parse::<Position>(), Ok(given));
    }
}
