//! The durable format, literally: every version of Parlor reads what is written here.

use super::*;
use crate::{
    attachment::Attachment, ban::BanMask, command::MessageKind, message::Reply, settings::Keep,
};

fn ann() -> Author {
    let (nick, user, host) = ("ann".into(), "a".into(), "h.example".into());
    Author { person: PersonId(1), nick, account: Some("ann".into()), user, host, bot: false }
}

fn guest() -> Author {
    let (nick, user, host) = ("Guest-1".into(), "g".into(), "::1".into());
    Author { person: PersonId(4_503_599_627_370_497), nick, account: None, user, host, bot: false }
}

const ANN: &str = r#"{"person":1,"nick":"ann","account":"ann","user":"a","host":"h.example"}"#;
const GUEST: &str =
    r#"{"person":4503599627370497,"nick":"Guest-1","account":null,"user":"g","host":"::1"}"#;

fn stored(kind: &str, body: impl Into<Bytes>) -> Event {
    let (topic, kind) = (TopicId(5), kind.into());
    Event { topic, offset: 12, at_ms: 1_700_000_000_000, actor: 1, kind, body: body.into() }
}

fn check(event: &ChatEvent, kind: &str, json: &str) {
    assert_eq!(event.kind(), kind);
    assert_eq!(event.encode(), json);
    assert_eq!(ChatEvent::decode(&stored(kind, json.to_owned())).as_ref(), Some(event));
}

fn message(to: Option<Recipient>, kind: MessageKind, text: &str) -> ChatEvent {
    ChatEvent::Posted(Message {
        topic: TopicId(5),
        offset: 12,
        msgid: "01hf7yat00".into(),
        at_ms: 1_700_000_000_000,
        author: ann(),
        to,
        kind,
        text: text.into(),
        reply: None,
        edited_ms: None,
        redacted: false,
        files: Vec::new(),
        reactions: Vec::new(),
    })
}

#[test]
fn what_a_program_says_is_marked() {
    let ChatEvent::Posted(mut message) = message(None, MessageKind::Notice, "built") else {
        panic!("a message");
    };
    message.author.bot = true;
    let program =
        r#"{"person":1,"nick":"ann","account":"ann","user":"a","host":"h.example","bot":true}"#;
    check(
        &ChatEvent::Posted(message),
        "chat.posted",
        &format!(r#"{{"msgid":"01hf7yat00","from":{program},"kind":"notice","text":"built"}}"#),
    );
}

#[test]
fn messages_are_golden() {
    check(
        &message(None, MessageKind::Text, "hi \"all\"\n2"),
        "chat.posted",
        &format!(r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"text","text":"hi \"all\"\n2"}}"#),
    );
    let to = Recipient { person: PersonId(9), nick: "bob".into() };
    check(
        &message(Some(to), MessageKind::Action, "waves"),
        "chat.posted",
        &format!(
            r#"{{"msgid":"01hf7yat00","from":{ANN},"to":{{"person":9,"nick":"bob"}},"kind":"action","text":"waves"}}"#
        ),
    );
    check(
        &message(None, MessageKind::Notice, "n"),
        "chat.posted",
        &format!(r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"notice","text":"n"}}"#),
    );
}

#[test]
fn replies_and_what_was_taken_back_are_golden() {
    let ChatEvent::Posted(plain) = message(None, MessageKind::Text, "yes") else { panic!() };
    let parent = Reply { msgid: "m1".into(), offset: 7, nick: "bob".into(), text: "tea?".into() };
    check(
        &ChatEvent::Posted(Message { reply: Some(parent), ..plain.clone() }),
        "chat.posted",
        &format!(
            r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"text","text":"yes","reply":{{"msgid":"m1","offset":7,"nick":"bob","text":"tea?"}}}}"#
        ),
    );
    let gone = Some(Reply::gone("m1".into()));
    check(
        &ChatEvent::Posted(Message { reply: gone, ..plain.clone() }),
        "chat.posted",
        &format!(
            r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"text","text":"yes","reply":{{"msgid":"m1"}}}}"#
        ),
    );
    check(
        &ChatEvent::Posted(Message { text: String::new(), redacted: true, ..plain }),
        "chat.posted",
        &format!(
            r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"text","text":"","redacted":true}}"#
        ),
    );
}

#[test]
fn what_becomes_of_messages_is_golden() {
    let about = About { by: ann(), to: None, msgid: "m1".into(), offset: 7 };
    check(
        &ChatEvent::Edited { about: about.clone(), text: "tea!".into() },
        "chat.edited",
        &format!(r#"{{"msgid":"m1","offset":7,"by":{ANN},"text":"tea!"}}"#),
    );
    check(
        &ChatEvent::Redacted { about: about.clone(), reason: "spam".into() },
        "chat.redacted",
        &format!(r#"{{"msgid":"m1","offset":7,"by":{ANN},"reason":"spam"}}"#),
    );
    check(
        &ChatEvent::Reacted { about: about.clone(), emoji: "👍".into() },
        "chat.reacted",
        &format!(r#"{{"msgid":"m1","offset":7,"by":{ANN},"emoji":"👍"}}"#),
    );
    let to = Some(Recipient { person: PersonId(9), nick: "bob".into() });
    check(
        &ChatEvent::Unreacted { about: About { to, ..about }, emoji: ":tea:".into() },
        "chat.unreacted",
        &format!(
            r#"{{"msgid":"m1","offset":7,"by":{ANN},"to":{{"person":9,"nick":"bob"}},"emoji":":tea:"}}"#
        ),
    );
    for (state, word) in [
        (TypingState::Active, "active"),
        (TypingState::Paused, "paused"),
        (TypingState::Done, "done"),
    ] {
        check(
            &ChatEvent::Typing { by: ann(), state },
            "chat.typing",
            &format!(r#"{{"by":{ANN},"state":"{word}"}}"#),
        );
    }
}

#[test]
fn images_on_messages_are_golden() {
    let ChatEvent::Posted(mut message) = message(None, MessageKind::Text, "") else {
        unreachable!("a message")
    };
    message.files.push(Attachment {
        id: "00ff".into(),
        name: "cat.png".into(),
        kind: "image/png".into(),
        bytes: 123,
        width: 4,
        height: 3,
    });
    check(
        &ChatEvent::Posted(message),
        "chat.posted",
        &format!(
            r#"{{"msgid":"01hf7yat00","from":{ANN},"kind":"text","text":"","files":[{{"id":"00ff","name":"cat.png","type":"image/png","bytes":123,"width":4,"height":3}}]}}"#
        ),
    );
}

#[test]
fn changes_of_rooms_are_golden() {
    let name = RoomName::new("#Lobby").unwrap();
    check(
        &ChatEvent::SubjectChanged { by: ann(), subject: "s".into() },
        "chat.subject",
        &format!(r#"{{"by":{ANN},"subject":"s"}}"#),
    );
    let (person, nick) = (PersonId(9), "bob".to_owned());
    for (role, word) in [
        (Role::None, "none"),
        (Role::Member, "member"),
        (Role::Voice, "voice"),
        (Role::Moderator, "moderator"),
        (Role::Owner, "owner"),
    ] {
        check(
            &ChatEvent::RoleChanged {
                by: guest(),
                person,
                nick: nick.clone(),
                before: Role::Member,
                role,
            },
            "chat.role",
            &format!(
                r#"{{"by":{GUEST},"person":9,"nick":"bob","before":"member","role":"{word}"}}"#
            ),
        );
    }
    check(
        &ChatEvent::ModesChanged {
            by: ann(),
            before: Modes::default(),
            modes: Modes { invited_only: true, moderated: false, subject_locked: true },
        },
        "chat.modes",
        &format!(
            r#"{{"by":{ANN},"before":{{"invited_only":false,"moderated":false,"subject_locked":false}},"modes":{{"invited_only":true,"moderated":false,"subject_locked":true}}}}"#
        ),
    );
    check(
        &ChatEvent::Kicked { by: ann(), person, nick, reason: "r".into() },
        "chat.kicked",
        &format!(r#"{{"by":{ANN},"person":9,"nick":"bob","reason":"r"}}"#),
    );
    check(
        &ChatEvent::Created { by: Some(ann()), name: name.clone() },
        "chat.created",
        &format!(r##"{{"by":{ANN},"name":"#Lobby"}}"##),
    );
    check(
        &ChatEvent::Created { by: None, name: name.clone() },
        "chat.created",
        r##"{"by":null,"name":"#Lobby"}"##,
    );
    check(
        &ChatEvent::Invited { by: ann(), room: TopicId(6), name },
        "chat.invited",
        &format!(r##"{{"by":{ANN},"room":6,"name":"#Lobby"}}"##),
    );
}

#[test]
fn settings_bans_and_reports_are_golden() {
    let settings = |keep| RoomSettings { keep, slow_s: 5, locked: true, description: "d".into() };
    for (keep, word) in [
        (Keep::Forever, r#""forever""#),
        (Keep::Days(30), r#"{"days":30}"#),
        (Keep::Nothing, r#""nothing""#),
    ] {
        check(
            &ChatEvent::SettingsChanged {
                by: ann(),
                before: RoomSettings::default(),
                settings: settings(keep),
            },
            "chat.settings",
            &format!(
                r#"{{"by":{ANN},"before":{{"retention":"forever","slow_s":0,"locked":false,"description":""}},"settings":{{"retention":{word},"slow_s":5,"locked":true,"description":"d"}}}}"#
            ),
        );
    }
    let ban = BanChange {
        by: ann(),
        mask: BanMask::new("~a:bob").unwrap(),
        mute: false,
        aimed: Some((PersonId(9), "bob".into())),
        reason: "rude".into(),
        expires_ms: Some(1_700_000_060_000),
    };
    check(
        &ChatEvent::Banned(ban.clone()),
        "chat.banned",
        &format!(
            r#"{{"by":{ANN},"mask":"~account:bob","mute":false,"person":9,"nick":"bob","reason":"rude","expires":1700000060000}}"#
        ),
    );
    let mask = BanMask::new("*@10.0.0.1").unwrap();
    let (before, name) = (RoomName::new("#tea").unwrap(), RoomName::new("#Чай").unwrap());
    check(
        &ChatEvent::Renamed { by: ann(), before, name, reason: "in our own words".into() },
        "chat.renamed",
        &format!(r##"{{"by":{ANN},"before":"#tea","name":"#Чай","reason":"in our own words"}}"##),
    );
    let mute = BanChange { mask, mute: true, aimed: None, expires_ms: None, ..ban };
    check(
        &ChatEvent::Unbanned(mute),
        "chat.unbanned",
        &format!(r#"{{"by":{ANN},"mask":"*!*@10.0.0.1","mute":true,"reason":"rude"}}"#),
    );
    check(
        &ChatEvent::Reported(Report {
            by: ann(),
            room: TopicId(5),
            name: RoomName::new("#Lobby").unwrap(),
            msgid: "01hf7yat00".into(),
            offset: 12,
            author: PersonId(9),
            reason: "spam".into(),
        }),
        "chat.reported",
        &format!(
            r##"{{"by":{ANN},"room":5,"name":"#Lobby","msgid":"01hf7yat00","n":12,"author":9,"reason":"spam"}}"##
        ),
    );
}

#[test]
fn what_is_not_kept_is_golden() {
    check(
        &ChatEvent::Inviting { by: ann(), person: PersonId(9), nick: "bob".into() },
        "chat.inviting",
        &format!(r#"{{"by":{ANN},"person":9,"nick":"bob"}}"#),
    );
    let to = Recipient { person: PersonId(9), nick: "bob".into() };
    check(
        &ChatEvent::Relayed { by: ann(), to: Some(to), text: "\u{1}PING\u{1}".into() },
        "chat.relayed",
        &format!(r#"{{"by":{ANN},"to":{{"person":9,"nick":"bob"}},"text":"\u0001PING\u0001"}}"#),
    );
    check(
        &ChatEvent::Relayed { by: ann(), to: None, text: "x".into() },
        "chat.relayed",
        &format!(r#"{{"by":{ANN},"text":"x"}}"#),
    );
    check(
        &ChatEvent::Read { topic: TopicId(5), direct: None, offset: 3 },
        "chat.read",
        r#"{"topic":5,"offset":3}"#,
    );
    check(
        &ChatEvent::Read { topic: TopicId(2), direct: Some(PersonId(9)), offset: 3 },
        "chat.read",
        r#"{"topic":2,"direct":9,"offset":3}"#,
    );
    check(
        &ChatEvent::Draft { scope: Scope::Room(TopicId(5)), text: "I th".into() },
        "chat.draft",
        r#"{"room":5,"text":"I th"}"#,
    );
    for (level, word) in [
        (NotifyLevel::Default, "default"),
        (NotifyLevel::All, "all"),
        (NotifyLevel::Mentions, "mentions"),
        (NotifyLevel::Nothing, "nothing"),
    ] {
        check(
            &ChatEvent::Notify { scope: Scope::Direct(PersonId(9)), level },
            "chat.notify",
            &format!(r#"{{"person":9,"level":"{word}"}}"#),
        );
    }
    check(
        &ChatEvent::QuietHours { quiet: Some(QuietHours { starts: 1_320, ends: 420 }) },
        "chat.quiet_hours",
        r#"{"starts":1320,"ends":420}"#,
    );
    check(
        &ChatEvent::QuietHours { quiet: None },
        "chat.quiet_hours",
        r#"{"starts":null,"ends":null}"#,
    );
    check(
        &ChatEvent::Joined { room: TopicId(5), name: RoomName::new("#Lobby").unwrap() },
        "chat.joined",
        r##"{"room":5,"name":"#Lobby"}"##,
    );
    check(
        &ChatEvent::Parted { room: TopicId(5), reason: "tea".into() },
        "chat.parted",
        r#"{"room":5,"reason":"tea"}"#,
    );
}

#[test]
fn what_a_later_version_added_is_ignored() {
    let later = format!(r#"{{"by":{ANN},"subject":"s","colour":"red"}}"#);
    let known = ChatEvent::SubjectChanged { by: ann(), subject: "s".into() };
    assert_eq!(ChatEvent::decode(&stored(SUBJECT, later)), Some(known));
}

#[test]
fn what_is_something_else_is_not_read() {
    for (kind, body) in [
        ("presence.entered", "{}"),
        ("chat.posted", "{}"),
        ("chat.posted", ""),
        ("chat.posted", "\u{0}"),
        ("chat.created", r#"{"by":null,"name":"no room"}"#),
        ("chat.unknown", r#"{"by":null,"name":"\#a"}"#),
    ] {
        assert_eq!(ChatEvent::decode(&stored(kind, body)), None, "{kind} {body}");
    }
}
