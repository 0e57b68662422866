//! What is done when the composer is sent.

use serde_json::{Value, json};

use super::picker::{Act, Item, Picker};
use super::{Overlay, Purpose, Ui, Writing};
use crate::composer::Composer;
use crate::limits::{HITS, PAGE, TEXT_BYTES_MAX};
use crate::printable::printable_line;
use crate::slash::{Typed, parse};
use crate::state::{Key, State};
use crate::wire::Command;

impl Ui {
    /// Enter: what was typed is sent, or done.
    pub(super) fn enter(&mut self) {
        let text = self.composer.take();
        match std::mem::take(&mut self.writing) {
            Writing::New => self.typed(&text, None),
            Writing::Reply { msgid, .. } => self.typed(&text, Some(msgid)),
            Writing::Edit { msgid } => {
                let new = text.trim_end();
                if !new.is_empty() {
                    self.ask_here(
                        "chat.edit",
                        json!({ "msgid": msgid, "text": new }),
                        Purpose::Done,
                    );
                }
            }
            Writing::Reaction { msgid, .. } => self.react(&msgid, text.trim()),
        }
    }

    fn typed(&mut self, text: &str, reply: Option<String>) {
        match parse(text) {
            Typed::Nothing => {}
            Typed::Say { kind, text } => match self.state.open {
                Some(key) => self.say(key, kind, text, reply),
                None => self.wrong("no conversation is open; /join #room opens one", &text),
            },
            Typed::Message { nick, text } => {
                let command = Command::new("people", json!({ "nick": nick }));
                self.ask(command, Purpose::Person { text });
            }
            Typed::Join { name } => match self.state.room_named(&name) {
                Some(key) => self.open(key),
                None => self.join(name),
            },
            Typed::Part { reason } => match self.state.open {
                Some(key @ Key::Room(_)) => {
                    self.ask_here("chat.part", json!({ "reason": reason }), Purpose::Parted(key));
                }
                Some(Key::Person(_)) | None => self.wrong("only a room can be left", ""),
            },
            Typed::Topic { .. } | Typed::Invite { .. } | Typed::Kick { .. } | Typed::Ban { .. }
                if !matches!(self.state.open, Some(Key::Room(_))) =>
            {
                self.wrong("that is for a room; open one first", "");
            }
            Typed::Topic { subject } => {
                self.ask_here("chat.subject", json!({ "subject": subject }), Purpose::Done);
            }
            Typed::Invite { nick } => {
                let told = format!("{} is invited", printable_line(&nick));
                self.ask_here("chat.invite", json!({ "nick": nick }), Purpose::Told(told));
            }
            Typed::Kick { nick, reason } => self.throw_out(nick, reason, false),
            Typed::Ban { nick, reason } if is_mask(&nick) => {
                let p = json!({ "mask": nick, "reason": reason });
                self.ask_here("chat.ban", p, Purpose::Done);
            }
            Typed::Ban { nick, reason } => self.throw_out(nick, reason, true),
            Typed::Away { text } => {
                let told = if text.is_some() { "you are marked as away" } else { "you are back" };
                let command = Command::new("away", json!({ "text": text }));
                self.ask(command, Purpose::Told(told.to_owned()));
            }
            Typed::Nick { nick } => {
                self.ask(Command::new("nick", json!({ "nick": nick })), Purpose::Renamed);
            }
            Typed::AlwaysOn { on } => {
                let p = on.map_or_else(|| json!({}), |on| json!({ "on": on }));
                self.ask(Command::new("always_on", p), Purpose::Switched);
            }
            Typed::Search { query } => {
                let p = json!({ "query": query, "limit": HITS });
                self.ask(Command::new("chat.search", p), Purpose::Found);
            }
            Typed::Who => match self.state.open {
                Some(Key::Room(_)) => {
                    self.ask_here("chat.members", json!({}), Purpose::Members);
                }
                Some(Key::Person(_)) | None => {
                    self.ask(Command::new("people", json!({})), Purpose::Members);
                }
            },
            Typed::List => self.ask(Command::new("chat.rooms", json!({})), Purpose::Rooms),
            Typed::Help => self.overlay = Some(Overlay::Help { from: 0 }),
            Typed::Quit => self.quit = true,
            Typed::Wrong(why) => self.wrong(&why, text),
        }
    }

    /// Asks who is meant: a person is removed, not a nick that it can change.
    fn throw_out(&mut self, nick: String, reason: String, ban: bool) {
        let Some(room) = self.state.open else { return };
        let command = Command::new("people", json!({ "nick": nick }));
        self.ask(command, Purpose::Outcast { room, nick, reason, ban });
    }

    /// Says no and gives back what was typed.
    fn wrong(&mut self, why: &str, text: &str) {
        self.problem = Some(why.to_owned());
        self.composer = Composer::with(text);
    }

    /// Puts a message on its way.
    pub(super) fn say(
        &mut self,
        key: Key,
        kind: &'static str,
        text: String,
        reply: Option<String>,
    ) {
        if text.len() > TEXT_BYTES_MAX {
            let why = format!(
                "a message has at most {TEXT_BYTES_MAX} bytes; this one has {}",
                text.len()
            );
            return self.wrong(&why, &text);
        }
        if !self.outbox.add(key, kind, text.clone(), reply) {
            return self.wrong("too many messages wait for a connection", &text);
        }
        self.scroll = 0;
        self.typed_at = None;
        if let Some(one) = self.state.current_mut() {
            one.marker = None;
            if !one.at_end {
                one.unload();
            }
        }
        self.load();
        self.flush_outbox();
    }

    /// Puts an emoji on a message, or takes our own off again.
    fn react(&mut self, msgid: &str, emoji: &str) {
        if emoji.is_empty() {
            return;
        }
        let held = self.state.current().and_then(|one| one.messages().find(|it| it.msgid == msgid));
        let mine =
            held.is_some_and(|it| it.reactions.iter().any(|re| re.mine && re.emoji == emoji));
        let name = if mine { "chat.unreact" } else { "chat.react" };
        self.ask_here(name, json!({ "msgid": msgid, "emoji": emoji }), Purpose::Done);
    }

    /// The chosen item of a list is done.
    pub(super) fn act(&mut self, act: Act) {
        self.overlay = None;
        match act {
            Act::Open(key) => self.open(key),
            Act::Join(name) => match self.state.room_named(&name) {
                Some(key) => self.open(key),
                None => self.join(name),
            },
            Act::Write { person, nick } => {
                if person != self.state.me.person {
                    let key = self.state.befriend(person, &nick).key;
                    self.open(key);
                }
            }
            Act::LookAt { key, n } => self.look_at(key, n),
        }
    }

    /// Shows a message among its neighbours.
    fn look_at(&mut self, key: Key, n: u64) {
        self.open(key);
        if self.state.current().is_some_and(|one| one.message(n).is_some()) {
            self.chosen = Some(n);
            return;
        }
        let mut p: Value = State::target(key);
        (p["around"], p["limit"]) = (n.into(), PAGE.into());
        self.ask(Command::new("chat.history", p), Purpose::Around { key, n });
    }

    /// The list of all conversations, to jump to one.
    pub(super) fn jump(&mut self) {
        let items = self.state.ordered().into_iter().map(|one| Item {
            label: one.name.clone(),
            detail: match one.unread {
                0 => one.subject.clone(),
                unread => format!("{unread} new"),
            },
            act: Act::Open(one.key),
        });
        self.overlay = Some(Overlay::Pick(Picker::new("Jump to", items.collect())));
    }
}

/// Whether a ban is for a mask and not for somebody.
fn is_mask(typed: &str) -> bool {
    typed.contains(['!', '@', '*', '?']) || typed.starts_with('~')
}
