//! Golden frames of every event.

use parlor_chat::event::{BanChange, Report};
use parlor_chat::{
    About, BanMask, ChatEvent, Modes, NotifyLevel, QuietHours, Recipient, RoomName, RoomSettings,
    Scope, TypingState,
};
use parlor_hub::event::{Absence, BotMode, Departure, Entrance, PresenceEvent, Renaming};
use parlor_hub::{PersonId, Role};
use parlor_topics::{Event, Position, ResetReason, TopicId};

use super::{KINDS, chat, encode, gone, joined, missed, reset};
use crate::live::message::own::OwnView;
use crate::live::message::tests::{ann, json, message};
use crate::live::message::{RoleName, RoomView};

fn event(kind: &str, offset: u64, body: impl Into<bytes::Bytes>) -> Event {
    Event {
        topic: TopicId(5),
        offset,
        at_ms: 1_790_000_000_000,
        actor: 1,
        kind: kind.into(),
        body: body.into(),
    }
}

fn check_presence(presence: &PresenceEvent, wanted: &str) {
    let frame = encode(&event(presence.kind(), 0, presence.encode()), 0x1f);
    assert_eq!(json(&frame), wanted);
    assert!(KINDS.contains(&presence.kind()));
}

#[test]
fn presence_tells_no_addresses() {
    let (nick, user, host) = ("ann".to_owned(), "ann".to_owned(), "10.0.0.1".to_owned());
    check_presence(
        &PresenceEvent::Entered(Entrance {
            person: 1,
            nick: nick.clone(),
            account: None,
            user: user.clone(),
            host: host.clone(),
            realname: "Ann".to_owned(),
            avatar: Some("c0de".to_owned()),
            bot: true,
            was: None,
        }),
        r#"{"t":"presence.entered","k":5,"at":1790000000000,"p":{"person":1,"nick":"ann","account":null,"avatar":"/files/c0de/avatar","bot":true}}"#,
    );
    check_presence(
        &PresenceEvent::Bot(BotMode {
            person: 1,
            nick: nick.clone(),
            account: None,
            user: user.clone(),
            host: host.clone(),
            bot: false,
        }),
        r#"{"t":"presence.bot","k":5,"at":1790000000000,"p":{"person":1,"nick":"ann","bot":false}}"#,
    );
    check_presence(
        &PresenceEvent::Left(Departure {
            person: 1,
            nick: nick.clone(),
            account: None,
            user: user.clone(),
            host: host.clone(),
            reason: "bye".to_owned(),
            quit: true,
            becomes: None,
        }),
        r#"{"t":"presence.left","k":5,"at":1790000000000,"p":{"person":1,"nick":"ann","reason":"bye","quit":true}}"#,
    );
    check_presence(
        &PresenceEvent::Renamed(Renaming {
            person: 1,
            old: nick,
            new: "anna".to_owned(),
            account: None,
            user,
            host,
        }),
        r#"{"t":"presence.renamed","k":5,"at":1790000000000,"p":{"person":1,"old":"ann","new":"anna"}}"#,
    );
}

#[test]
fn presence_tells_who_is_away_and_who_is_not_connected() {
    let absence = |text: Option<&str>, gone| {
        PresenceEvent::Away(Absence {
            person: 1,
            nick: "ann".to_owned(),
            account: None,
            user: "ann".to_owned(),
            host: "10.0.0.1".to_owned(),
            text: text.map(str::to_owned),
            gone,
        })
    };
    check_presence(
        &absence(None, false),
        r#"{"t":"presence.away","k":5,"at":1790000000000,"p":{"person":1,"nick":"ann","text":null}}"#,
    );
    check_presence(
        &absence(Some("Not connected"), true),
        r#"{"t":"presence.away","k":5,"at":1790000000000,"p":{"person":1,"nick":"ann","text":"Not connected","gone":true}}"#,
    );
}

#[test]
fn what_clients_do_not_get_is_empty() {
    for kind in ["session.ended", "chat.relayed", "other.kind", "chat.posted"] {
        assert!(encode(&event(kind, 1, "not json"), 1).is_empty(), "{kind}");
    }
}

#[test]
fn the_servers_own_events_have_their_golden_form() {
    let topic = TopicId(5);
    let to = Position { epoch: 0x1f, offset: 9 };
    assert_eq!(
        json(&reset(topic, to, ResetReason::Trimmed)),
        r#"{"t":"reset","k":5,"p":{"k":5,"pos":"1f.9","why":"trimmed"}}"#
    );
    assert_eq!(json(&missed(topic)), r#"{"t":"missed","k":5,"p":{"k":5}}"#);
    let room = RoomView {
        k: topic.into(),
        name: "#a".to_owned(),
        subject: String::new(),
        members: 2,
        role: RoleName::Member,
        unread: 0,
        own: OwnView::default(),
        read: 3,
        last: 3,
        pos: "1f.9".to_owned(),
        quiet: false,
        modes: Modes::default().into(),
        settings: RoomSettings::default().into(),
    };
    let view = serde_json::to_string(&room).unwrap();
    assert_eq!(
        json(&joined(TopicId(2), room)),
        format!(r#"{{"t":"chat.joined","k":2,"p":{{"room":{view}}}}}"#)
    );
    let gone = gone(topic, "not_allowed");
    assert_eq!(json(&gone), r#"{"t":"gone","k":5,"p":{"k":5,"why":"not_allowed"}}"#);
}

fn check_chat(event: ChatEvent, wanted: &str) {
    let payload = chat(event).expect("clients get this kind");
    assert_eq!(serde_json::to_string(&payload).unwrap(), wanted);
}

#[test]
fn what_keeps_order_has_its_golden_form() {
    let by = r#"{"person":1,"nick":"ann","account":"ann"}"#;
    let (person, name) = (PersonId(9), RoomName::new("#a").unwrap());
    let settings = RoomSettings { slow_s: 5, ..RoomSettings::default() };
    let before = RoomSettings::default();
    check_chat(
        ChatEvent::SettingsChanged { by: ann(), before, settings },
        &format!(
            r#"{{"by":{by},"settings":{{"retention":"forever","slow_s":5,"locked":false,"description":""}}}}"#
        ),
    );
    let (reason, after) = ("r".to_owned(), RoomName::new("#b").unwrap());
    check_chat(
        ChatEvent::Renamed { by: ann(), before: name.clone(), name: after, reason },
        &format!(r##"{{"by":{by},"before":"#a","name":"#b","reason":"r"}}"##),
    );
    let ban = BanChange {
        by: ann(),
        mask: BanMask::new("~a:bob").unwrap(),
        mute: false,
        aimed: Some((person, "bob".to_owned())),
        reason: "r".to_owned(),
        expires_ms: None,
    };
    let banned = format!(
        r#"{{"by":{by},"mask":"~account:bob","mute":false,"person":9,"nick":"bob","reason":"r","expires":null}}"#
    );
    check_chat(ChatEvent::Banned(ban.clone()), &banned);
    check_chat(ChatEvent::Unbanned(ban), &banned);
    let report = Report {
        by: ann(),
        room: TopicId(5),
        name,
        msgid: "m1".to_owned(),
        offset: 412,
        author: person,
        reason: "r".to_owned(),
    };
    check_chat(
        ChatEvent::Reported(report),
        &format!(
            r##"{{"by":{by},"k":5,"room":"#a","msgid":"m1","n":412,"person":9,"reason":"r"}}"##
        ),
    );
}

#[test]
fn chat_has_its_golden_form() {
    let by = r#"{"person":1,"nick":"ann","account":"ann"}"#;
    let (person, nick) = (PersonId(9), "bob".to_owned());
    let name = RoomName::new("#a").unwrap();
    let posted = serde_json::to_string(&super::MessageView::from(message())).unwrap();
    check_chat(ChatEvent::Posted(message()), &posted);
    let about = About { by: ann(), to: None, msgid: "m1".into(), offset: 7 };
    check_chat(
        ChatEvent::Edited { about: about.clone(), text: "t".into() },
        &format!(r#"{{"msgid":"m1","n":7,"by":{by},"text":"t"}}"#),
    );
    check_chat(
        ChatEvent::Redacted { about: about.clone(), reason: "r".into() },
        &format!(r#"{{"msgid":"m1","n":7,"by":{by},"reason":"r"}}"#),
    );
    let to = Some(Recipient { person: PersonId(9), nick: "bob".to_owned() });
    check_chat(
        ChatEvent::Reacted { about: About { to, ..about.clone() }, emoji: "👍".into() },
        &format!(
            r#"{{"msgid":"m1","n":7,"by":{by},"to":{{"person":9,"nick":"bob"}},"emoji":"👍"}}"#
        ),
    );
    check_chat(
        ChatEvent::Unreacted { about, emoji: "👍".into() },
        &format!(r#"{{"msgid":"m1","n":7,"by":{by},"emoji":"👍"}}"#),
    );
    check_chat(
        ChatEvent::Typing { by: ann(), state: TypingState::Active },
        &format!(r#"{{"by":{by},"state":"active"}}"#),
    );
    check_chat(
        ChatEvent::SubjectChanged { by: ann(), subject: "s".to_owned() },
        &format!(r#"{{"by":{by},"subject":"s"}}"#),
    );
    check_chat(
        ChatEvent::RoleChanged {
            by: ann(),
            person,
            nick: nick.clone(),
            before: Role::Member,
            role: Role::Voice,
        },
        &format!(r#"{{"by":{by},"person":9,"nick":"bob","role":"voice"}}"#),
    );
    let modes = Modes { moderated: true, ..Modes::default() };
    check_chat(
        ChatEvent::ModesChanged { by: ann(), before: modes, modes },
        &format!(
            r#"{{"by":{by},"modes":{{"invited_only":false,"moderated":true,"subject_locked":false}}}}"#
        ),
    );
    check_chat(
        ChatEvent::Kicked { by: ann(), person, nick, reason: "r".to_owned() },
        &format!(r#"{{"by":{by},"person":9,"nick":"bob","reason":"r"}}"#),
    );
    check_chat(ChatEvent::Created { by: None, name: name.clone() }, r##"{"by":null,"name":"#a"}"##);
    check_chat(
        ChatEvent::Invited { by: ann(), room: TopicId(5), name },
        &format!(r##"{{"by":{by},"room":"#a","k":5}}"##),
    );
    let topic = TopicId(5);
    check_chat(ChatEvent::Read { topic, direct: None, offset: 3 }, r#"{"k":5,"n":3}"#);
    check_chat(ChatEvent::Read { topic, direct: Some(person), offset: 3 }, r#"{"person":9,"n":3}"#);
    let name = RoomName::new("#a").unwrap();
    assert!(chat(ChatEvent::Joined { room: topic, name }).is_none());
    assert!(chat(ChatEvent::Parted { room: topic, reason: String::new() }).is_none());
    let nick = "bob".to_owned();
    assert!(chat(ChatEvent::Inviting { by: ann(), person, nick }).is_none());
    assert!(chat(ChatEvent::Relayed { by: ann(), to: None, text: String::new() }).is_none());
}

#[test]
fn what_devices_tell_each_other_has_its_golden_form() {
    let (topic, person) = (TopicId(5), PersonId(9));
    let (here, with_bob) = (Scope::Room(topic), Scope::Direct(person));
    check_chat(ChatEvent::Draft { scope: here, text: "I th".into() }, r#"{"k":5,"text":"I th"}"#);
    check_chat(
        ChatEvent::Notify { scope: with_bob, level: NotifyLevel::Nothing },
        r#"{"person":9,"level":"nothing"}"#,
    );
    let quiet = Some(QuietHours { starts: 22 * 60, ends: 7 * 60 + 5 });
    check_chat(ChatEvent::QuietHours { quiet }, r#"{"from":"22:00","to":"07:05"}"#);
    check_chat(ChatEvent::QuietHours { quiet: None }, r#"{"from":null,"to":null}"#);
}
