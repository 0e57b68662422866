//! Whole visits: keys and frames in, frames out.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::wire::decode;

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
    Instant::now()
}

/// Somebody at the keyboard, with a server that answers by hand.
struct Visit {
    ui: Ui,
    now: Instant,
}

impl Visit {
    /// Connected and greeted, in two rooms, the first of which has been read.
    fn new() -> Self {
        let mut visit = Self { ui: Ui::new("here".to_owned(), None, "x".to_owned()), now: now() };
        visit.greet(json!([]));
        let [history] = visit.sent().try_into().unwrap();
        assert_eq!(history["p"], json!({ "k": 5, "limit": PAGE }));
        visit.ok(&history, json!({ "messages": [message(1, 9, "one"), message(2, 1, "two")] }));
        visit
    }

    fn greet(&mut self, resumed: Value) {
        self.ui.link(Incoming::Opened, self.now);
        let [hello] = self.sent().try_into().unwrap();
        assert_eq!(hello["t"], "hello");
        self.ok(
            &hello,
            json!({
                "me": { "person": 1, "nick": "ann" },
                "inbox": { "k": 2, "pos": "i.0" },
                "rooms": [
                    { "k": 5, "name": "#lobby", "pos": "l.2", "read": 2, "last": 2 },
                    { "k": 6, "name": "#zoo", "pos": "z.0" },
                ],
                "resumed": resumed,
            }),
        );
    }

    /// The frames that were sent since the last time.
    fn sent(&mut self) -> Vec<Value> {
        let frames = self.ui.take_frames();
        frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect()
    }

    fn frame(&mut self, frame: &Value) {
        let frame = decode(&frame.to_string()).expect("a frame");
        self.ui.link(Incoming::Frame(frame), self.now);
    }

    fn ok(&mut self, command: &Value, p: Value) {
        self.frame(&json!({ "t": "ok", "re": command["id"], "p": p }));
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.ui.key(KeyEvent::new(code, modifiers), self.now);
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c), KeyModifiers::NONE);
        }
    }

    fn line(&mut self, text: &str) {
        self.write(text);
        self.press(KeyCode::Enter, KeyModifiers::NONE);
    }

    /// The commands that were sent but for "is writing", by name.
    fn commands(&mut self) -> Vec<Value> {
        self.sent().into_iter().filter(|frame| frame["t"] != "chat.typing").collect()
    }
}

fn message(n: u64, person: u64, text: &str) -> Value {
    json!({ "n": n, "msgid": format!("m{n}"), "at": n, "from": { "person": person, "nick": "p" },
            "kind": "text", "text": text })
}

#[test]
fn what_is_said_is_sent_with_a_key_and_shown_once() {
    let mut visit = Visit::new();
    visit.line("hello there");
    let [post] = visit.commands().try_into().unwrap();
    assert_eq!(post["p"]["text"], "hello there");
    assert_eq!(post["p"]["k"], 5);
    assert_eq!(visit.ui.outbox.of(Key::Room(5)).count(), 1);
    let own = json!({ "t": "chat.posted", "k": 5, "n": 3, "pos": "l.3", "p": message(3, 1, "hello there") });
    visit.frame(&own);
    visit.ok(&post, json!({ "k": 5, "n": 3, "msgid": "m3", "at": 3 }));
    assert_eq!(visit.ui.outbox.of(Key::Room(5)).count(), 0);
    assert_eq!(visit.ui.state.current().unwrap().messages().count(), 3);
}

#[test]
fn a_break_loses_nothing_and_sends_nothing_twice() {
    let mut visit = Visit::new();
    visit.line("before");
    let [first] = visit.commands().try_into().unwrap();
    visit.ui.link(Incoming::Lost(Lost::Broken, Duration::from_secs(1)), visit.now);
    visit.line("during");
    assert_eq!(visit.commands(), Vec::<Value>::new());
    visit.write("half a");
    visit.greet(json!(["5", "2"]));
    let [again] = visit.commands().try_into().unwrap();
    assert_eq!(again["p"], first["p"]);
    visit.ok(&again, json!({ "k": 5, "n": 3, "msgid": "m3", "at": 3, "repeated": true }));
    let [second] = visit.commands().try_into().unwrap();
    assert_eq!(second["p"]["text"], "during");
    assert_eq!(visit.ui.composer.text(), "half a");
}

#[test]
fn what_is_refused_comes_back() {
    let mut visit = Visit::new();
    visit.line("much too long");
    let [post] = visit.commands().try_into().unwrap();
    visit.frame(&json!({ "t": "err", "re": post["id"], "code": "too_long", "msg": "Too long." }));
    assert_eq!(visit.ui.problem.as_deref(), Some("Too long."));
    assert_eq!(visit.ui.composer.text(), "much too long");
}

#[test]
fn a_chosen_message_is_answered_edited_reacted_to_and_deleted() {
    let mut visit = Visit::new();
    let plain = KeyModifiers::NONE;
    visit.press(KeyCode::Up, plain);
    assert_eq!(visit.ui.chosen, Some(2));
    visit.press(KeyCode::Char('e'), plain);
    assert_eq!(visit.ui.composer.text(), "two");
    visit.line(" and a half");
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Char('e'), plain);
    assert_eq!(visit.ui.problem.as_deref(), Some("only your own messages"));
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Char('r'), plain);
    visit.line("indeed");
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Char('+'), plain);
    visit.line("👍");
    visit.press(KeyCode::Up, plain);
    visit.press(KeyCode::Delete, plain);
    visit.press(KeyCode::Char('y'), plain);
    let sent: Vec<_> =
        visit.commands().into_iter().map(|it| (it["t"].clone(), it["p"].clone())).collect();
    let expected = [
        ("chat.edit", json!({ "k": 5, "msgid": "m2", "text": "two and a half" })),
        (
            "chat.post",
            json!({ "k": 5, "kind": "text", "text": "indeed", "key": "x-1", "reply": "m1" }),
        ),
        ("chat.react", json!({ "k": 5, "msgid": "m2", "emoji": "👍" })),
        ("chat.redact", json!({ "k": 5, "msgid": "m2" })),
    ];
    assert_eq!(sent, expected.map(|(name, p)| (Value::from(name), p)));
}

#[test]
fn a_draft_stays_with_its_conversation() {
    let mut visit = Visit::new();
    visit.write("for the lobby");
    visit.press(KeyCode::Down, KeyModifiers::ALT);
    assert_eq!(visit.ui.state.open, Some(Key::Room(6)));
    assert_eq!(visit.ui.composer.text(), "");
    visit.press(KeyCode::Up, KeyModifiers::ALT);
    assert_eq!(visit.ui.composer.text(), "for the lobby");
}

#[test]
fn what_comes_elsewhere_is_unread_until_it_is_opened() {
    let mut visit = Visit::new();
    let frame =
        json!({ "t": "chat.posted", "k": 6, "n": 1, "pos": "z.1", "p": message(1, 9, "ann?") });
    visit.frame(&frame);
    assert!(visit.ui.bell);
    assert_eq!(visit.ui.state.conversation(Key::Room(6)).unwrap().unread, 1);
    visit.press(KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!(visit.ui.state.open, Some(Key::Room(6)));
    let [history] = visit.commands().try_into().unwrap();
    visit.ok(&history, json!({ "messages": [message(1, 9, "ann?")] }));
    let [read] = visit.commands().try_into().unwrap();
    assert_eq!((&read["t"], &read["p"]), (&json!("chat.read"), &json!({ "k": 6, "n": 1 })));
    let one = visit.ui.state.current().unwrap();
    assert_eq!((one.unread, one.marker), (0, Some(0)));
}

#[test]
fn a_search_leads_to_a_message_among_its_neighbours() {
    let mut visit = Visit::new();
    visit.line("/search tea from:bob");
    let [search] = visit.commands().try_into().unwrap();
    assert_eq!(search["p"]["query"], "tea from:bob");
    let hit = json!({ "k": 6, "message": message(40, 9, "green tea") });
    visit.ok(&search, json!({ "hits": [hit] }));
    visit.press(KeyCode::Enter, KeyModifiers::NONE);
    let sent = visit.commands();
    let around = sent.last().unwrap();
    assert_eq!(around["p"]["around"], 40);
    visit.ok(around, json!({ "messages": [message(39, 9, "a"), message(40, 9, "green tea")] }));
    assert_eq!(visit.ui.chosen, Some(40));
}

#[test]
fn names_and_commands_are_completed() {
    let mut visit = Visit::new();
    visit.write("/to");
    visit.press(KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(visit.ui.composer.text(), "/topic ");
    visit.ui.composer = Composer::default();
    let frame = json!({ "t": "presence.entered", "k": 5, "p": { "person": 9, "nick": "Robert" } });
    visit.frame(&frame);
    visit.write("ro");
    visit.press(KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(visit.ui.composer.text(), "Robert: ");
}

#[test]
fn the_switch_is_asked_about_and_changed() {
    let mut visit = Visit::new();
    for (typed, asked, answer, told) in [
        ("/always-on", json!({}), true, "always on: you stay in your rooms while not connected"),
        (
            "/always-on off",
            json!({ "on": false }),
            false,
            "not always on: you leave when your last device leaves",
        ),
    ] {
        visit.line(typed);
        let [command] = visit.commands().try_into().unwrap();
        assert_eq!((&command["t"], &command["p"]), (&json!("always_on"), &asked));
        visit.ok(&command, json!({ "on": answer }));
        assert_eq!(visit.ui.told.as_deref(), Some(told));
        visit.write("x");
        assert_eq!(visit.ui.told, None);
        visit.ui.composer = Composer::default();
    }
}

#[test]
fn a_guest_is_told_why_there_is_nothing_to_switch() {
    let mut visit = Visit::new();
    visit.line("/always-on on");
    let [command] = visit.commands().try_into().unwrap();
    let msg = "This needs an account.";
    visit.frame(&json!({ "t": "err", "re": command["id"], "code": "needs_account", "msg": msg }));
    assert_eq!((visit.ui.problem.as_deref(), &visit.ui.told), (Some(msg), &None));
}

#[test]
fn is_writing_is_said_now_and_then_and_never_of_a_command() {
    let mut visit = Visit::new();
    visit.write("hello");
    assert_eq!(visit.sent().len(), 1);
    visit.now += Duration::from_secs(4);
    visit.write("!");
    assert_eq!(visit.sent().len(), 1);
    visit.ui.composer = Composer::default();
    visit.now += Duration::from_secs(4);
    visit.write("/help");
    assert_eq!(visit.sent().len(), 0);
}

#[test]
fn who_is_removed_is_a_person_and_not_a_nick() {
    for (typed, command, more) in [
        ("/kick @bob too loud", "chat.kick", json!({ "person": 9, "reason": "too loud" })),
        ("/ban bob", "chat.ban", json!({ "person": 9, "reason": "" })),
    ] {
        let mut visit = Visit::new();
        visit.line(typed);
        let [asked] = visit.commands().try_into().unwrap();
        assert_eq!((&asked["t"], &asked["p"]), (&json!("people"), &json!({ "nick": "bob" })));
        visit.ok(&asked, json!({ "people": [{ "person": 9, "nick": "Bob" }], "total": 1 }));
        let [removed] = visit.commands().try_into().unwrap();
        assert_eq!(removed["t"], command);
        let mut expected = more;
        expected["k"] = 5.into();
        assert_eq!(removed["p"], expected);
    }
}

#[test]
fn who_is_not_here_can_be_kept_out_but_not_removed() {
    let mut visit = Visit::new();
    for (typed, expected) in
        [("/kick bob", None), ("/ban bob", Some(json!({ "k": 5, "account": "bob", "reason": "" })))]
    {
        visit.line(typed);
        let [asked] = visit.commands().try_into().unwrap();
        visit.ok(&asked, json!({ "people": [], "total": 0 }));
        assert_eq!(visit.ui.problem.is_some(), expected.is_none(), "{typed}");
        assert_eq!(visit.commands().first().map(|sent| sent["p"].clone()), expected);
    }
    visit.line("/ban *!*@guest");
    let [banned] = visit.commands().try_into().unwrap();
    assert_eq!(banned["p"], json!({ "k": 5, "mask": "*!*@guest", "reason": "" }));
}

#[test]
fn what_is_for_rooms_is_not_asked_of_a_person() {
    let mut visit = Visit::new();
    visit.line("/msg bob");
    let [asked] = visit.commands().try_into().unwrap();
    visit.ok(&asked, json!({ "people": [{ "person": 9, "nick": "bob" }], "total": 1 }));
    visit.commands();
    for typed in ["/topic tea", "/invite ann", "/kick ann", "/ban ann"] {
        visit.line(typed);
        assert!(visit.commands().is_empty() && visit.ui.problem.is_some(), "{typed}");
    }
}

#[test]
fn what_nobody_sees_happen_is_told() {
    let mut visit = Visit::new();
    for (typed, told) in [
        ("/invite bob", "bob is invited"),
        ("/away tea", "you are marked as away"),
        ("/away", "you are back"),
    ] {
        visit.line(typed);
        let [asked] = visit.commands().try_into().unwrap();
        visit.ok(&asked, json!({}));
        assert_eq!(visit.ui.told.as_deref(), Some(told));
    }
}
