//! Classes, splitting, and that nobody gets what was not negotiated.

use parlor_hub::PersonId;
use parlor_hub::event::{Departure, Entrance, Successor};
use parlor_topics::TopicId;
use proptest::prelude::*;

use super::*;
use crate::capability::OFFERED;

fn author() -> Author {
    Author {
        person: PersonId(7),
        nick: "ann".to_owned(),
        account: Some("anna".to_owned()),
        user: "a".to_owned(),
        host: "member".to_owned(),
        bot: false,
    }
}

fn message(kind: MessageKind, text: &str) -> Message {
    Message {
        topic: TopicId(1),
        offset: 1,
        msgid: "m1".to_owned(),
        at_ms: 1,
        author: author(),
        to: None,
        kind,
        text: text.to_owned(),
        reply: None,
        edited_ms: None,
        redacted: false,
        files: Vec::new(),
        reactions: Vec::new(),
    }
}

fn caps(list: &[Capability]) -> Capabilities {
    list.iter().fold(Capabilities::NONE, |caps, capability| caps.with(*capability, true))
}

fn shown(message: Message, list: &[Capability]) -> String {
    let class = Class::of_message(caps(list));
    let bytes = chat(&ChatEvent::Posted(message), 1, "#room", class);
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn plain_clients_get_plain_lines() {
    let line = shown(message(MessageKind::Text, "hello"), &[]);
    assert_eq!(line, ":ann!a@member PRIVMSG #room :hello\r\n");
    let line = shown(message(MessageKind::Notice, "hello"), &[]);
    assert_eq!(line, ":ann!a@member NOTICE #room :hello\r\n");
    let line = shown(message(MessageKind::Action, "waves"), &[]);
    assert_eq!(line, ":ann!a@member PRIVMSG #room :\u{1}ACTION waves\u{1}\r\n");
}

#[test]
fn tags_come_with_what_was_negotiated_and_the_id_once() {
    let all = [Capability::ServerTime, Capability::MessageTags, Capability::AccountTag];
    assert_eq!(
        shown(message(MessageKind::Text, "one\n\ntwo"), &all),
        "@time=1970-01-01T00:00:00.001Z;msgid=m1;account=anna :ann!a@member PRIVMSG #room :one\r\n\
         @time=1970-01-01T00:00:00.001Z;account=anna :ann!a@member PRIVMSG #room :two\r\n"
    );
}

#[test]
fn join_has_two_forms() {
    let entered = PresenceEvent::Entered(Entrance {
        person: 7,
        nick: "ann".to_owned(),
        account: None,
        user: "a".to_owned(),
        host: "guest".to_owned(),
        realname: "Ann A".to_owned(),
        avatar: None,
        bot: false,
        was: None,
    });
    let line = |list: &[Capability]| presence(&entered, 1, "#r", Class::of_join(caps(list)));
    assert_eq!(&line(&[])[..], b":ann!a@guest JOIN #r\r\n");
    assert_eq!(&line(&[Capability::MessageTags])[..], b":ann!a@guest JOIN #r\r\n");
    assert_eq!(&line(&[Capability::ExtendedJoin])[..], b":ann!a@guest JOIN #r * :Ann A\r\n");
}

fn ann_left(quit: bool, reason: &str, becomes: Option<Successor>) -> PresenceEvent {
    PresenceEvent::Left(Departure {
        person: 7,
        nick: "ann".to_owned(),
        account: None,
        user: "a".to_owned(),
        host: "guest".to_owned(),
        reason: reason.to_owned(),
        quit,
        becomes,
    })
}

#[test]
fn leaving_is_part_or_quit() {
    let left = |quit, reason: &str| {
        let event = ann_left(quit, reason, None);
        presence(&event, 1, "#r", Class::of_message(Capabilities::NONE))
    };
    assert_eq!(&left(true, "bye")[..], b":ann!a@guest QUIT :bye\r\n");
    assert_eq!(&left(false, "bye")[..], b":ann!a@guest PART #r :bye\r\n");
    assert_eq!(&left(false, "")[..], b":ann!a@guest PART #r\r\n");
}

#[test]
fn signing_in_is_a_quit_to_who_knows_nothing_of_it() {
    let heir = Successor {
        person: 8,
        account: "Ann".to_owned(),
        user: "a".to_owned(),
        host: "member".to_owned(),
    };
    let event = ann_left(true, "Signing in", Some(heir));
    let (notify, host) = (Capability::AccountNotify, Capability::ChgHost);
    for (negotiated, wanted) in [
        (&[][..], ":ann!a@guest QUIT :Signing in\r\n"),
        (&[host], ":ann!a@guest QUIT :Signing in\r\n"),
        (&[Capability::MessageTags], ":ann!a@guest QUIT :Signing in\r\n"),
        (&[notify], ":ann!a@guest ACCOUNT Ann\r\n"),
        (&[notify, host], ":ann!a@guest CHGHOST a member\r\n:ann!a@member ACCOUNT Ann\r\n"),
    ] {
        let lines = presence(&event, 1, "#r", Class::of_signing_in(caps(negotiated)));
        assert_eq!(lines, wanted, "{negotiated:?}");
    }
}

#[test]
fn text_from_elsewhere_cannot_become_a_line_of_its_own() {
    let mut message = message(MessageKind::Text, "a\r\nQUIT\0");
    message.author.nick = "x\r\ny z".to_owned();
    let lines = shown(message, &[]);
    for line in lines.split_terminator("\r\n") {
        assert!(line.starts_with(":x"), "{line:?}");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn long_texts_lose_nothing(text in "([a-z é😀]{0,700}\n?){0,4}") {
        let lines = shown(message(MessageKind::Text, &text), &[]);
        let mut joined = String::new();
        for line in lines.split_inclusive("\r\n") {
            prop_assert!(line.len() <= limits::LINE_BYTES_MAX);
            let (_, piece) = line.split_once(" :").expect("a trailing parameter");
            joined.push_str(piece.strip_suffix("\r\n").expect("a line end"));
        }
        prop_assert_eq!(joined, text.replace('\n', ""));
    }

    #[test]
    fn nobody_gets_what_was_not_negotiated(bits in 0_u64..(1 << OFFERED.len())) {
        let caps = Capabilities::from_bits(bits);
        let bytes = chat(
            &ChatEvent::Posted(message(MessageKind::Text, "x")), 1, "#r", Class::of_message(caps),
        );
        let line = String::from_utf8(bytes.to_vec()).expect("text");
        let has = |tag: &str| line.split(' ').next().is_some_and(|tags| tags.contains(tag));
        prop_assert_eq!(has("time="), caps.has(Capability::ServerTime));
        prop_assert_eq!(has("msgid="), caps.has(Capability::MessageTags));
        prop_assert_eq!(has("account="), caps.has(Capability::AccountTag));
        let typing = ChatEvent::Typing { by: author(), state: parlor_chat::TypingState::Active };
        let bytes = chat(&typing, 1, "#r", Class::of_message(caps));
        prop_assert_eq!(bytes.is_empty(), !caps.has(Capability::MessageTags));
        let long = message(MessageKind::Text, "one\n\ntwo");
        let class = Class::of_text(caps, &long);
        prop_assert!(usize::from(class.encoding().0) < parlor_topics::ENCODINGS);
        let lines = chat(&ChatEvent::Posted(long), 1, "#r", class);
        let lines = String::from_utf8(lines.to_vec()).expect("text");
        let both = caps.has(Capability::Batch) && caps.has(Capability::Multiline);
        prop_assert_eq!(lines.contains("BATCH"), both);
        prop_assert_eq!(lines.contains("PRIVMSG #r :\r\n"), both);
    }
}
