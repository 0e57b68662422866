//! The encodings, literally: what is written here is read by clients.

use parlor_topics::TopicId;

use super::*;

fn on_topic(kind: &str, body: Bytes) -> Event {
    Event { topic: TopicId(5), offset: 0, at_ms: 9, actor: 7, kind: kind.into(), body }
}

fn check(event: &PresenceEvent, kind: &str, json: &str) {
    assert_eq!(event.kind(), kind);
    assert_eq!(event.encode(), json);
    assert_eq!(PresenceEvent::decode(&on_topic(kind, event.encode())).as_ref(), Some(event));
    assert_eq!(event.person(), 7);
}

#[test]
fn presence_is_golden() {
    let (nick, user, host) = ("ann".to_owned(), "a".to_owned(), "h.example".to_owned());
    check(
        &PresenceEvent::Entered(Entrance {
            person: 7,
            nick: nick.clone(),
            account: Some("ann".into()),
            user: user.clone(),
            host: host.clone(),
            realname: "Ann \"A\"".into(),
            avatar: None,
            bot: false,
            was: None,
        }),
        "presence.entered",
        r#"{"person":7,"nick":"ann","account":"ann","user":"a","host":"h.example","realname":"Ann \"A\""}"#,
    );
    check(
        &PresenceEvent::Left(Departure {
            person: 7,
            nick: nick.clone(),
            account: Some("ann".into()),
            user: user.clone(),
            host: host.clone(),
            reason: "bye".into(),
            quit: true,
            becomes: None,
        }),
        "presence.left",
        r#"{"person":7,"nick":"ann","account":"ann","user":"a","host":"h.example","reason":"bye","quit":true}"#,
    );
    check(
        &PresenceEvent::Renamed(Renaming {
            person: 7,
            old: nick.clone(),
            new: "anna".into(),
            account: Some("ann".into()),
            user: user.clone(),
            host: host.clone(),
        }),
        "presence.renamed",
        r#"{"person":7,"old":"ann","new":"anna","account":"ann","user":"a","host":"h.example"}"#,
    );
    check(
        &PresenceEvent::Realname(Realname {
            person: 7,
            nick: nick.clone(),
            account: None,
            user: user.clone(),
            host: host.clone(),
            realname: "Ann".into(),
        }),
        "presence.realname",
        r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"h.example","realname":"Ann"}"#,
    );
    let sighting = Sighting { person: 7, nick, user, host };
    let json = r#"{"person":7,"nick":"ann","user":"a","host":"h.example"}"#;
    check(&PresenceEvent::Online(sighting.clone()), "presence.online", json);
    check(&PresenceEvent::Offline(sighting), "presence.offline", json);
}

#[test]
fn the_mode_of_a_bot_is_golden() {
    check(
        &PresenceEvent::Bot(BotMode {
            person: 7,
            nick: "ann".into(),
            account: None,
            user: "a".into(),
            host: "h.example".into(),
            bot: true,
        }),
        "presence.bot",
        r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"h.example","bot":true}"#,
    );
}

#[test]
fn who_is_away_and_who_is_not_connected_is_golden() {
    let absence = |text: Option<&str>, gone| {
        PresenceEvent::Away(Absence {
            person: 7,
            nick: "ann".into(),
            account: None,
            user: "a".into(),
            host: "h.example".into(),
            text: text.map(str::to_owned),
            gone,
        })
    };
    check(
        &absence(None, false),
        "presence.away",
        r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"h.example","text":null}"#,
    );
    check(
        &absence(Some("Not connected"), true),
        "presence.away",
        r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"h.example","text":"Not connected","gone":true}"#,
    );
}

#[test]
fn a_guest_who_signs_in_is_golden() {
    let (nick, user, host) = ("ann".to_owned(), "a".to_owned(), "guest".to_owned());
    let heir = Successor { person: 8, account: "Ann".into(), user: "a".into(), host: "m".into() };
    let left = Departure {
        person: 7,
        nick: nick.clone(),
        account: None,
        user: user.clone(),
        host: host.clone(),
        reason: String::new(),
        quit: true,
        becomes: Some(heir),
    };
    check(
        &PresenceEvent::Left(left),
        "presence.left",
        r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"guest","reason":"","quit":true,"becomes":{"person":8,"account":"Ann","user":"a","host":"m"}}"#,
    );
    let (account, realname) = (Some("Ann".to_owned()), "A".to_owned());
    let was = Some(8);
    check(
        &PresenceEvent::Entered(Entrance {
            person: 7,
            nick,
            account,
            user,
            host,
            realname,
            avatar: None,
            bot: true,
            was,
        }),
        "presence.entered",
        r#"{"person":7,"nick":"ann","account":"Ann","user":"a","host":"guest","realname":"A","bot":true,"was":8}"#,
    );
}

#[test]
fn the_end_of_a_session_is_golden() {
    let some = |name: &str| Some(name.to_owned());
    for (session, except, json, mine, other) in [
        (some("00ff"), None, r#"{"session":"00ff"}"#, true, false),
        (None, None, r#"{"session":null}"#, true, true),
        (None, some("00ff"), r#"{"session":null,"except":"00ff"}"#, false, true),
    ] {
        let ended = SessionEnded { session, except };
        assert_eq!(ended.ends(["live-1", "00ff"]), mine);
        assert_eq!(ended.ends(["live-1", "app-1"]), other);
        assert_eq!(ended.ends([]), other);
        assert_eq!(ended.encode(), json);
        assert_eq!(SessionEnded::decode(&on_topic(ENDED, ended.encode())), Some(ended));
    }
}

#[test]
fn what_is_something_else_is_not_read() {
    assert_eq!(PresenceEvent::decode(&on_topic("chat.posted", "{}".into())), None);
    assert_eq!(PresenceEvent::decode(&on_topic(ENTERED, "{}".into())), None);
    assert_eq!(PresenceEvent::decode(&on_topic(ENTERED, "\u{1}".into())), None);
    assert_eq!(SessionEnded::decode(&on_topic(ENTERED, r#"{"session":null}"#.into())), None);
}

#[test]
fn a_changed_profile_is_golden() {
    let parts = vec![
        ProfilePart::Display,
        ProfilePart::Avatar,
        ProfilePart::About,
        ProfilePart::Pronouns,
        ProfilePart::Status,
        ProfilePart::Homepage,
        ProfilePart::Color,
    ];
    let changed =
        ProfileChanged { person: 7, display: "Ann A".into(), avatar: Some("c0de".into()), parts };
    let json = r#"{"person":7,"display":"Ann A","avatar":"c0de","parts":["display","avatar","about","pronouns","status","homepage","color"]}"#;
    assert_eq!(changed.encode(), json);
    assert_eq!(
        ProfileChanged::decode(&on_topic("profile.changed", changed.encode())),
        Some(changed)
    );
    let entered = r#"{"person":7,"nick":"ann","account":null,"user":"a","host":"h","realname":"A","avatar":"c0de"}"#;
    let read = PresenceEvent::decode(&on_topic("presence.entered", entered.into()));
    assert_eq!(read.map(|event| event.encode()).as_deref(), Some(entered.as_bytes()));
}
