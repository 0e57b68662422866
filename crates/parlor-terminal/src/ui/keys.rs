//! What each key does. The list in [`KEYS`] is what `/help` shows.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

use super::{Overlay, Phase, Purpose, Ui, Writing};
use crate::composer::Composer;
use crate::limits::TYPING_SAID;
use crate::slash::completions;

/// Every key with what it does.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("Enter", "sends; Alt-Enter begins a new line"),
    ("Tab", "completes a command or a name"),
    ("Up", "in an empty line: chooses a message"),
    ("r  e  +  Del", "on a chosen message: reply, edit, react, delete"),
    ("PgUp PgDn End", "scroll; older messages come by themselves"),
    ("Alt-Up Alt-Down", "the conversation above, below"),
    ("Alt-a", "the next conversation with something new"),
    ("Alt-1 … Alt-9", "the first, … ninth conversation"),
    ("Ctrl-K", "jumps to a conversation by name"),
    ("Ctrl-F", "searches"),
    ("Esc", "back; marks the conversation as read"),
    ("Ctrl-R", "connects at once, when there is no connection"),
    ("F1  Ctrl-C", "this help; quit"),
];

/// How far a page goes, in rows.
const PAGE_ROWS: usize = 10;

impl Ui {
    /// A key was pressed.
    pub(crate) fn key(&mut self, key: KeyEvent, now: Instant) {
        (self.problem, self.told) = (None, None);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match (key.code, control) {
            (KeyCode::Char('c' | 'q'), true) => self.quit = true,
            (KeyCode::Char('k'), true) => self.jump(),
            (KeyCode::F(1), _) => self.overlay = Some(Overlay::Help { from: 0 }),
            (KeyCode::Char('r'), true) => self.hurry = matches!(self.phase, Phase::Waiting { .. }),
            _ if self.overlay.is_some() => self.key_over(key),
            _ if alt && self.key_alt(key.code) => {}
            _ if self.chosen.is_some() && !control => self.key_chosen(key),
            _ => self.key_writing(key, control, now),
        }
    }

    /// Text was pasted.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        match &mut self.overlay {
            None => self.composer.insert(&text),
            Some(Overlay::Pick(picker)) => {
                picker.filter.insert(text.trim());
                picker.refiltered();
            }
            Some(Overlay::Help { .. } | Overlay::Delete { .. }) => {}
        }
    }

    fn key_over(&mut self, key: KeyEvent) {
        match (&mut self.overlay, key.code) {
            (_, KeyCode::Esc) => self.close(),
            (Some(Overlay::Pick(picker)), code) => match code {
                KeyCode::Up => picker.step(false),
                KeyCode::Down | KeyCode::Tab => picker.step(true),
                KeyCode::Enter => match picker.act() {
                    Some(act) => self.act(act),
                    None => self.close(),
                },
                KeyCode::Backspace => {
                    picker.filter.backspace();
                    picker.refiltered();
                }
                KeyCode::Char(c) => {
                    picker.filter.insert(c.encode_utf8(&mut [0; 4]));
                    picker.refiltered();
                }
                _ => {}
            },
            (Some(Overlay::Delete { msgid, .. }), KeyCode::Char('y') | KeyCode::Enter) => {
                let p = json!({ "msgid": msgid });
                self.close();
                self.ask_here("chat.redact", p, Purpose::Done);
            }
            (Some(Overlay::Help { from }), KeyCode::Up) => *from = from.saturating_sub(1),
            (Some(Overlay::Help { from }), KeyCode::Down) => *from += 1,
            (Some(Overlay::Help { from }), KeyCode::PageUp) => {
                *from = from.saturating_sub(PAGE_ROWS);
            }
            (Some(Overlay::Help { from }), KeyCode::PageDown) => *from += PAGE_ROWS,
            (Some(Overlay::Delete { .. } | Overlay::Help { .. }), _) => self.close(),
            (None, _) => {}
        }
    }

    fn close(&mut self) {
        self.overlay = None;
        self.see();
    }

    /// Keys with Alt go through the conversations; false for any other.
    fn key_alt(&mut self, code: KeyCode) -> bool {
        let order: Vec<_> = self.state.ordered().iter().map(|one| (one.key, one.unread)).collect();
        let place = order.iter().position(|(key, _)| Some(*key) == self.state.open).unwrap_or(0);
        let count = order.len().max(1);
        let next = match code {
            KeyCode::Up => order.get((place + count - 1) % count),
            KeyCode::Down => order.get((place + 1) % count),
            KeyCode::Char('a') => {
                (1..count).map(|by| &order[(place + by) % count]).find(|(_, unread)| *unread > 0)
            }
            KeyCode::Char(digit @ '1'..='9') => {
                order.get(digit.to_digit(10).map_or(0, |digit| digit as usize - 1))
            }
            _ => return false,
        };
        if let Some((key, _)) = next.copied() {
            self.open(key);
        }
        true
    }

    /// A message is chosen: arrows choose another, letters do something with it.
    fn key_chosen(&mut self, key: KeyEvent) {
        let Some(one) = self.state.current() else { return self.chosen = None };
        let places: Vec<u64> = one.messages().map(|message| message.n).collect();
        let at = places.iter().position(|n| Some(*n) == self.chosen);
        match (key.code, at) {
            (KeyCode::Up | KeyCode::Char('k'), Some(0)) => self.load_older(),
            (KeyCode::Up | KeyCode::Char('k'), Some(at)) => self.chosen = Some(places[at - 1]),
            (KeyCode::Down | KeyCode::Char('j'), Some(at)) => {
                self.chosen = places.get(at + 1).copied();
            }
            (KeyCode::Home, _) => self.chosen = places.first().copied(),
            (KeyCode::PageUp, Some(at)) => {
                self.chosen = Some(places[at.saturating_sub(PAGE_ROWS)]);
                if at < PAGE_ROWS {
                    self.load_older();
                }
            }
            (KeyCode::PageDown, Some(at)) => self.chosen = places.get(at + PAGE_ROWS).copied(),
            (KeyCode::Char('r' | 'e' | '+' | 'a') | KeyCode::Delete, Some(_)) => {
                self.begin(key.code);
            }
            (KeyCode::Char('?'), _) => self.overlay = Some(Overlay::Help { from: 0 }),
            _ => self.chosen = None,
        }
    }

    /// Begins to do something with the chosen message.
    fn begin(&mut self, code: KeyCode) {
        let me = self.state.me.person;
        let chosen = self.chosen.take();
        let message = chosen.zip(self.state.current()).and_then(|(n, one)| one.message(n)).cloned();
        let Some(message) = message.filter(|message| !message.redacted) else { return };
        let (msgid, nick) = (message.msgid, message.from.nick);
        match code {
            KeyCode::Char('r') => self.writing = Writing::Reply { msgid, nick },
            KeyCode::Char('e') if message.from.person == me => {
                self.composer = Composer::with(&message.text);
                self.writing = Writing::Edit { msgid };
            }
            KeyCode::Char('e') => self.problem = Some("only your own messages".to_owned()),
            KeyCode::Delete => {
                self.overlay = Some(Overlay::Delete { msgid, text: message.text });
            }
            _ => {
                self.composer = Composer::default();
                self.writing = Writing::Reaction { msgid, nick };
            }
        }
    }

    fn key_writing(&mut self, key: KeyEvent, control: bool, now: Instant) {
        match (key.code, control) {
            (KeyCode::Enter, _) if key.modifiers.contains(KeyModifiers::ALT) => {
                self.composer.insert("\n");
            }
            (KeyCode::Char('j'), true) => self.composer.insert("\n"),
            (KeyCode::Enter, _) => self.enter(),
            (KeyCode::Tab, _) => self.complete(),
            (KeyCode::Backspace, _) => self.composer.backspace(),
            (KeyCode::Delete, _) => self.composer.delete(),
            (KeyCode::Char('w'), true) => self.composer.delete_word(),
            (KeyCode::Char('u'), true) => self.composer.delete_line(),
            (KeyCode::Left, _) => self.composer.left(),
            (KeyCode::Right, _) => self.composer.right(),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.composer.home(),
            (KeyCode::End, _) if self.composer.is_empty() => self.go_to_end(),
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.composer.end(),
            (KeyCode::Char('f'), true) => self.composer = Composer::with("/search "),
            (KeyCode::Up, _) if self.composer.is_empty() => {
                let last = self.state.current().and_then(|one| one.messages().next_back());
                self.chosen = last.map(|message| message.n);
            }
            (KeyCode::PageUp, _) => self.scroll += PAGE_ROWS,
            (KeyCode::PageDown, _) => {
                self.scroll = self.scroll.saturating_sub(PAGE_ROWS);
                self.see();
            }
            (KeyCode::Esc, _) => self.escape(),
            (KeyCode::Char(c), false) => {
                self.composer.insert(c.encode_utf8(&mut [0; 4]));
                self.say_typing(now);
            }
            _ => {}
        }
    }

    /// Esc: first what was begun is given up, then the view goes to the end and all is read.
    fn escape(&mut self) {
        if self.writing != Writing::New {
            self.writing = Writing::New;
            self.composer = Composer::default();
            return;
        }
        self.go_to_end();
        if let Some(one) = self.state.current_mut() {
            one.marker = None;
        }
    }

    fn go_to_end(&mut self) {
        self.scroll = 0;
        if let Some(one) = self.state.current_mut().filter(|one| !one.at_end) {
            one.unload();
        }
        self.load();
        self.see();
    }

    /// Tab: a command, or the name of somebody here.
    fn complete(&mut self) {
        let before = self.composer.before();
        if let [entry, ..] = completions(before).as_slice() {
            let text = format!("/{} ", entry.name);
            self.composer.replace_from(0, &text);
            return;
        }
        let from = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let begun = before[from..].trim_start_matches('@').to_lowercase();
        let Some(one) = self.state.current().filter(|_| !begun.is_empty()) else { return };
        let fits = |nick: &&String| nick.to_lowercase().starts_with(&begun);
        let Some(nick) = one.nicks.iter().rev().find(fits) else { return };
        let text = if from == 0 { format!("{nick}: ") } else { format!("{nick} ") };
        self.composer.replace_from(from, &text);
    }

    /// Tells the others now and then that something is being written.
    fn say_typing(&mut self, now: Instant) {
        let lately = |at: Instant| now.saturating_duration_since(at) < TYPING_SAID;
        let message = matches!(self.writing, Writing::New | Writing::Reply { .. })
            && !self.composer.text().starts_with('/');
        if message && self.online() && !self.typed_at.is_some_and(lately) {
            self.typed_at = Some(now);
            self.ask_here("chat.typing", json!({ "state": "active" }), Purpose::Aside);
        }
    }
}
