//! What the screen shows, as text.

use std::time::Duration;

use ratatui_core::backend::TestBackend;
use ratatui_core::terminal::Terminal;
use serde_json::json;

use super::*;
use crate::link::Incoming;
use crate::wire::{Frame, decode};

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
    Instant::now()
}

fn visited() -> Ui {
    let mut ui = Ui::new("here".to_owned(), None, "x".to_owned());
    ui.link(Incoming::Opened, now());
    let answer = |p: serde_json::Value, re: u64| Incoming::Frame(Frame::Ok { re, p });
    let hello = json!({
        "me": { "person": 1, "nick": "ann" },
        "inbox": { "k": 2, "pos": "i.0" },
        "rooms": [
            { "k": 5, "name": "#lobby", "subject": "tea at four", "pos": "l.2", "read": 3, "last": 3 },
            { "k": 6, "name": "#zoo", "pos": "z.0", "unread": 4, "mentions": 1, "last": 4 },
        ],
    });
    ui.link(answer(hello, 1), now());
    ui.take_frames();
    let bob = json!({ "person": 9, "nick": "bob" });
    let messages = json!({ "messages": [
        { "n": 1, "msgid": "m1", "at": 1_790_000_000_000_i64, "from": bob, "kind": "text",
          "text": "hello \u{1b}[2J\u{202e}ann", "reactions": [{ "emoji": "👍", "count": 2, "mine": true }] },
        { "n": 2, "msgid": "m2", "at": 1_790_000_001_000_i64, "from": bob, "kind": "action", "text": "waves" },
        { "n": 3, "msgid": "m3", "at": 1_790_000_002_000_i64, "from": { "person": 1, "nick": "ann" },
          "kind": "text", "text": "hi", "edited": 5,
          "reply": { "msgid": "m1", "nick": "bob", "text": "hello" } },
    ], "more": false });
    ui.link(answer(messages, 2), now());
    ui
}

fn screen(ui: &mut Ui, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, ui, &Clock::utc(), now())).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = buffer.content.chunks(usize::from(width));
    let row = |cells: &[ratatui_core::buffer::Cell]| {
        let text: String = cells.iter().map(|cell| cell.symbol()).collect();
        text.trim_end().to_owned()
    };
    rows.map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_conversation_beside_the_list() {
    let shown = screen(&mut visited(), 80, 14);
    let expected = "\
here                  #lobby  tea at four
 #lobby
 #zoo              @4
                      This is where #lobby begins.
                      ─────────────── Monday, 21 September 2026 ────────────────
                      14:13  bob
                             hello ␛[2Jann
                             [👍 2*]
                      14:13  * bob waves
                             ↱ bob: hello
                      14:13  ann
                             hi (edited)

                      › Message #lobby";
    assert_eq!(shown, expected);
}

#[test]
fn a_narrow_screen_says_what_is_elsewhere() {
    let shown = screen(&mut visited(), 40, 8);
    assert!(shown.starts_with("#lobby  4 elsewhere  tea at four"), "{shown}");
    assert!(shown.ends_with("› Message #lobby"), "{shown}");
}

#[test]
fn help_tells_every_key_every_command_and_how_to_search() {
    let mut ui = visited();
    ui.overlay = Some(crate::ui::Overlay::Help { from: 0 });
    let shown = screen(&mut ui, 90, 80);
    for (written, _) in crate::ui::keys::KEYS.iter().chain(crate::slash::QUESTIONS) {
        assert!(shown.contains(written), "{written} in\n{shown}");
    }
    for entry in crate::slash::COMMANDS {
        assert!(shown.contains(&format!("/{}", entry.name)), "{} in\n{shown}", entry.name);
    }
}

#[test]
fn every_size_of_screen_can_be_drawn() {
    let mut ui = visited();
    ui.overlay = Some(crate::ui::Overlay::Help { from: 9 });
    for width in [1, 2, 7, 30, 71, 72, 200] {
        for height in [1, 2, 3, 5, 24, 80] {
            screen(&mut ui, width, height);
        }
    }
}

#[test]
fn a_lost_connection_is_told_with_what_to_do() {
    let mut ui = visited();
    ui.link(Incoming::Lost(Lost::Broken, Duration::from_secs(8)), now());
    let shown = screen(&mut ui, 80, 10);
    assert!(shown.contains("no connection; next attempt in 8 s, Ctrl-R tries now"), "{shown}");
}

#[test]
fn what_waits_for_its_answer_is_shown_so() {
    let mut ui = visited();
    ui.paste("on its way");
    let enter = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Enter);
    ui.key(enter, now());
    assert!(screen(&mut ui, 80, 20).contains("ann …\n"));
    let frame = json!({ "t": "chat.posted", "k": 5, "n": 4, "p": { "msgid": "m4", "text": "on its way",
        "from": { "person": 1, "nick": "ann" } } });
    ui.link(Incoming::Frame(decode(&frame.to_string()).unwrap()), now());
}

#[test]
fn what_the_switch_means_fits_beside_the_list() {
    for (on, sentence) in [
        (true, "always on: you stay in your rooms while not connected"),
        (false, "not always on: you leave when your last device leaves"),
    ] {
        let mut ui = visited();
        ui.paste("/always-on");
        ui.key(crossterm::event::KeyCode::Enter.into(), now());
        ui.link(Incoming::Frame(Frame::Ok { re: 3, p: json!({ "on": on }) }), now());
        let shown = screen(&mut ui, 80, 10);
        assert!(shown.contains(sentence), "{shown}");
    }
}

#[test]
fn nothing_of_a_sentence_is_cut_off_where_it_is_narrow() {
    let mut ui = visited();
    ui.problem = Some("A name has letters and digits and does not start with a digit.".to_owned());
    let shown = screen(&mut ui, 40, 8);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(ui.problem.as_deref().unwrap()), "{shown}");
    ui.overlay = Some(crate::ui::Overlay::Help { from: 0 });
    let shown = screen(&mut ui, 40, 120).replace('│', "");
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for (_, does) in crate::ui::keys::KEYS.iter().chain(crate::slash::QUESTIONS) {
        assert!(words.contains(does), "{does}: {shown}");
    }
}
