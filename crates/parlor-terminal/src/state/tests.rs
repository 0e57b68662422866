//! Events on a state, as the server sends them.

use serde_json::json;

use super::*;
use crate::wire::{Frame, answer, decode};

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
    Instant::now()
}

/// A state that has been greeted: two rooms and one private conversation.
fn greeted() -> State {
    let mut state = State::default();
    state.welcome(answer(json!({
        "me": { "person": 1, "nick": "ann" },
        "inbox": { "k": 2, "pos": "i.0" },
        "rooms": [
            { "k": 5, "name": "#lobby", "pos": "l.0", "last": 0 },
            { "k": 6, "name": "#garden", "pos": "g.3", "unread": 2, "read": 1, "last": 3 },
        ],
        "direct": [{ "person": 9, "nick": "bob", "read": 0, "last": 0 }],
        "resumed": [],
    })));
    state
}

fn apply(state: &mut State, frame: &Value) -> Option<Key> {
    let Some(Frame::Event(place, event)) = decode(&frame.to_string()) else { panic!("{frame}") };
    state.apply(&place, event, now())
}

fn said(k: u64, n: u64, person: u64, nick: &str, text: &str) -> Value {
    json!({ "t": "chat.posted", "k": k, "n": n, "pos": format!("p.{n}"), "at": 1000 * n,
            "p": { "msgid": format!("m{n}"), "from": { "person": person, "nick": nick },
                   "kind": "text", "text": text } })
}

fn texts(state: &State, key: Key) -> Vec<String> {
    let one = state.conversation(key).expect("it is there");
    one.lines
        .iter()
        .map(|line| match line {
            Line::Message(message) => message.text.clone(),
            Line::Notice { text, .. } => text.clone(),
        })
        .collect()
}

#[test]
fn the_list_has_rooms_by_name_and_the_first_is_open() {
    let state = greeted();
    let names: Vec<_> = state.ordered().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["#garden", "#lobby", "bob"]);
    assert_eq!(state.open, Some(Key::Room(6)));
    assert_eq!(state.room_named("#LOBBY"), Some(Key::Room(5)));
}

#[test]
fn what_others_say_is_news_once_and_what_calls_for_the_reader_is_counted() {
    let mut state = greeted();
    let lobby = Key::Room(5);
    assert_eq!(apply(&mut state, &said(5, 1, 9, "bob", "hello")), Some(lobby));
    assert_eq!(apply(&mut state, &said(5, 1, 9, "bob", "hello")), None);
    assert_eq!(apply(&mut state, &said(5, 2, 9, "bob", "Ann: are you there?")), Some(lobby));
    assert_eq!(apply(&mut state, &said(5, 3, 1, "ann", "yes")), None);
    assert_eq!(texts(&state, lobby), ["hello", "Ann: are you there?", "yes"]);
    let one = state.conversation(lobby).unwrap();
    assert_eq!((one.unread, one.mentions, one.last), (2, 1, 3));
    apply(&mut state, &json!({ "t": "chat.read", "k": 2, "p": { "k": 5, "n": 3 } }));
    let one = state.conversation(lobby).unwrap();
    assert_eq!((one.unread, one.mentions), (0, 0));
}

#[test]
fn a_room_is_called_by_its_new_name() {
    let mut state = greeted();
    let by = json!({ "person": 9, "nick": "bob" });
    let p = json!({ "by": by, "before": "#lobby", "name": "#attic", "reason": "moved" });
    let frame = json!({ "t": "chat.renamed", "k": 5, "n": 1, "pos": "l.1", "p": p });
    assert_eq!(apply(&mut state, &frame), None);
    assert_eq!(state.room_named("#attic"), Some(Key::Room(5)));
    assert_eq!(texts(&state, Key::Room(5)), ["bob renamed the room to #attic (moved)"]);
    let names: Vec<_> = state.ordered().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["#attic", "#garden", "bob"]);
}

#[test]
fn a_direct_message_stands_with_the_other_person() {
    let mut state = greeted();
    let mut frame = said(2, 1, 9, "robert", "psst");
    frame["p"]["to"] = json!({ "person": 1, "nick": "ann" });
    assert_eq!(apply(&mut state, &frame), Some(Key::Person(9)));
    let one = state.conversation(Key::Person(9)).unwrap();
    assert_eq!((one.name.as_str(), one.mentions), ("robert", 1));
    let mut own = said(2, 2, 1, "ann", "yes?");
    own["p"]["to"] = json!({ "person": 77, "nick": "eve" });
    assert_eq!(apply(&mut state, &own), None);
    assert_eq!(texts(&state, Key::Person(77)), ["yes?"]);
}

#[test]
fn edits_deletions_and_reactions_change_what_was_said() {
    let mut state = greeted();
    let lobby = Key::Room(5);
    apply(&mut state, &said(5, 1, 9, "bob", "helo"));
    let by = json!({ "person": 9, "nick": "bob" });
    apply(
        &mut state,
        &json!({ "t": "chat.edited", "k": 5, "n": 2, "at": 9,
        "p": { "msgid": "m1", "n": 1, "by": by, "text": "hello" } }),
    );
    for (name, person) in [("reacted", 9), ("reacted", 1), ("reacted", 1), ("unreacted", 9)] {
        apply(
            &mut state,
            &json!({ "t": format!("chat.{name}"), "k": 5, "n": 3,
            "p": { "n": 1, "by": { "person": person, "nick": "x" }, "emoji": "👍" } }),
        );
    }
    let message = state.conversation(lobby).unwrap().message(1).unwrap().clone();
    assert_eq!((message.text.as_str(), message.edited), ("hello", Some(9)));
    assert_eq!((message.reactions[0].count, message.reactions[0].mine), (1, true));
    apply(&mut state, &json!({ "t": "chat.redacted", "k": 5, "n": 4, "p": { "n": 1, "by": by } }));
    let message = state.conversation(lobby).unwrap().message(1).unwrap();
    assert!(message.redacted && message.text.is_empty() && message.reactions.is_empty());
}

#[test]
fn what_was_resumed_is_kept_and_the_rest_is_read_anew() {
    let mut state = greeted();
    for (k, n) in [(5, 1), (6, 4)] {
        state.conversation_mut(Key::Room(k)).unwrap().loaded = true;
        apply(&mut state, &said(k, n, 9, "bob", "before the break"));
    }
    assert_eq!(state.resume(), json!({ "2": "i.0", "5": "p.1", "6": "p.4" }));
    state.welcome(answer(json!({
        "me": { "person": 1, "nick": "ann" },
        "inbox": { "k": 2, "pos": "i.0" },
        "rooms": [{ "k": 5, "name": "#lobby", "pos": "l.9" }, { "k": 6, "name": "#garden", "pos": "g.9" }],
        "resumed": ["5"],
    })));
    assert!(state.conversation(Key::Room(5)).unwrap().loaded);
    assert!(!state.conversation(Key::Room(6)).unwrap().loaded);
    assert_eq!(state.resume(), json!({ "2": "i.0", "5": "p.1" }));
}

#[test]
fn a_room_that_is_left_is_gone() {
    let mut state = greeted();
    apply(&mut state, &json!({ "t": "gone", "k": 6, "p": { "k": 6, "why": "left" } }));
    assert_eq!(state.open, Some(Key::Room(5)));
    apply(
        &mut state,
        &json!({ "t": "chat.kicked", "k": 5, "n": 1,
        "p": { "by": {}, "person": 1, "nick": "ann", "reason": "" } }),
    );
    assert_eq!(state.open, Some(Key::Person(9)));
}

#[test]
fn whoever_is_writing_is_shown_until_something_comes() {
    let mut state = greeted();
    let frame = json!({ "t": "chat.typing", "k": 5,
        "p": { "by": { "person": 9, "nick": "bob" }, "state": "active" } });
    apply(&mut state, &frame);
    let writers = |state: &State, later: u64| {
        let one = state.conversation(Key::Room(5)).unwrap();
        one.writers(now() + std::time::Duration::from_secs(later)).len()
    };
    assert_eq!((writers(&state, 0), writers(&state, 60)), (1, 0));
    apply(&mut state, &said(5, 1, 9, "bob", "done"));
    assert_eq!(writers(&state, 0), 0);
    let mut private = frame;
    private["k"] = 2.into();
    apply(&mut state, &private);
    let one = state.conversation(Key::Person(9)).unwrap();
    assert_eq!(one.writers(now()), ["bob"]);
}

#[test]
fn names_are_words() {
    for (text, expected) in [
        ("ann: hi", true),
        ("hi @Ann!", true),
        ("annual", false),
        ("ann-marie", false),
        ("", false),
    ] {
        assert_eq!(calls(text, "ann"), expected, "{text}");
    }
    assert!(!calls("anything", ""));
}

#[test]
fn a_long_conversation_lets_go_of_its_beginning() {
    let mut one = Conversation::new(Key::Room(1), "#x");
    (one.loaded, one.more) = (true, false);
    for n in 1..=3_000 {
        one.append(Line::Message(Message { n, ..Message::default() }));
    }
    assert!(one.more && one.lines.len() <= crate::limits::LINES_MAX);
    assert_eq!(one.lines.last().unwrap().n(), 3_000);
    let first = one.lines[0].n();
    let older: Vec<_> =
        (first - 5..first + 3).map(|n| Message { n, ..Message::default() }).collect();
    one.prepend(older, true);
    let places: Vec<_> = one.lines.iter().map(Line::n).collect();
    assert!(places.is_sorted() && places[0] == first - 5);
    assert_eq!(places.iter().filter(|n| **n == first).count(), 1);
}
