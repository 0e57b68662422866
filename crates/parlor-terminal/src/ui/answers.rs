//! What the server's answers change.

use serde_json::Value;

use super::picker::{Act, Item, Picker};
use super::{Overlay, Phase, Purpose, Ui};
use crate::composer::Composer;
use crate::printable::printable_line;
use crate::state::{Key, State};
use crate::wire::{Command, Found, Hit, Listed, Members, Message, Page, Person, Room, answer};

/// What the two positions of the switch mean; short enough for the line beside the list.
const ALWAYS_ON: &str = "always on: you stay in your rooms while not connected";
const NOT_ALWAYS_ON: &str = "not always on: you leave when your last device leaves";

impl Ui {
    /// A command was carried out.
    pub(super) fn answered(&mut self, re: u64, p: Value) {
        let Some(purpose) = self.waiting.remove(&re) else { return };
        match purpose {
            Purpose::Hello => self.welcomed(p),
            Purpose::Latest(key) => {
                let page: Page = answer(p);
                self.paged(key, |one| one.prepend(page.messages, page.more));
                self.see();
            }
            Purpose::Older(key) => {
                let page: Page = answer(p);
                self.paged(key, |one| one.prepend(page.messages, page.more));
            }
            Purpose::Around { key, n } => {
                let page: Page = answer(p);
                self.paged(key, |one| one.look_at(page.messages));
                self.chosen = Some(n);
            }
            Purpose::Posted(key) => self.posted(&key, p),
            Purpose::Joined => {
                if let Some(room) = p.get("room") {
                    let key = self.state.room(answer::<Room>(room.clone()), false);
                    self.open(key);
                }
            }
            Purpose::Parted(key) => {
                self.state.leave(key);
                if let Some(open) = self.state.open {
                    self.open(open);
                }
            }
            Purpose::Person { text } => self.found_person(p, text),
            Purpose::Outcast { room, nick, reason, ban } => {
                self.found_outcast(answer(p), room, &nick, &reason, ban);
            }
            Purpose::Members => self.list_members(answer(p)),
            Purpose::Rooms => self.list_rooms(p),
            Purpose::Found => self.list_hits(answer(p)),
            Purpose::Renamed => {
                if let Some(nick) = p.get("nick").and_then(Value::as_str) {
                    self.state.me.nick = nick.to_owned();
                }
            }
            Purpose::Switched => {
                let on = p.get("on").and_then(Value::as_bool);
                self.told = on.map(|on| if on { ALWAYS_ON } else { NOT_ALWAYS_ON }.to_owned());
            }
            Purpose::Told(words) => self.told = Some(words),
            Purpose::Done | Purpose::Aside => {}
        }
    }

    /// A command was refused.
    pub(super) fn refused(&mut self, re: u64, code: &str, msg: String) {
        match self.waiting.remove(&re) {
            Some(Purpose::Posted(key)) => {
                // It comes back into the composer, unless something new was begun.
                if let Some(pending) = self.outbox.done(&key)
                    && self.composer.is_empty()
                    && self.state.open == Some(pending.to)
                {
                    self.composer = Composer::with(&pending.text);
                }
            }
            Some(Purpose::Hello) => tracing::warn!(code, "the server does not greet back"),
            Some(Purpose::Aside) => return,
            _ => {}
        }
        self.problem = Some(printable_line(&msg));
    }

    fn welcomed(&mut self, p: Value) {
        self.state.welcome(answer(p));
        self.phase = Phase::Online;
        if self.outbox.forget_gone(&self.state) > 0 {
            self.problem =
                Some("some messages were for a room that you are no longer in".to_owned());
        }
        match self.wanted.take() {
            Some(room) => match self.state.room_named(&room) {
                Some(key) => self.open(key),
                None => self.join(room),
            },
            None => match self.state.open {
                // The same conversation as before the break: what is written there stays.
                Some(_) if self.state.current().is_some_and(|one| one.loaded) => self.see(),
                Some(_) if !self.composer.is_empty() => self.load(),
                Some(key) => self.open(key),
                None => {}
            },
        }
    }

    pub(super) fn join(&mut self, name: String) {
        let p = serde_json::json!({ "name": name });
        self.ask(Command::new("chat.join", p), Purpose::Joined);
    }

    fn paged(&mut self, key: Key, change: impl FnOnce(&mut crate::state::Conversation)) {
        if let Some(one) = self.state.conversation_mut(key) {
            change(one);
        }
    }

    fn posted(&mut self, key: &str, p: Value) {
        let Some(pending) = self.outbox.done(key) else { return };
        // Its event may have come before, and may still come: a place is taken once.
        let mut message: Message = answer(p);
        if message.n == 0 {
            return;
        }
        message.from = Person::clone(&self.state.me);
        message.kind = pending.kind.to_owned();
        message.text = pending.text;
        let n = message.n;
        if let Some(one) = self.state.conversation_mut(pending.to) {
            one.append(crate::state::Line::Message(message));
            if one.unread == 0 {
                one.read = one.read.max(n);
            }
        }
    }

    fn found_person(&mut self, p: Value, text: String) {
        let found: Members = answer(p);
        let Some(person) = found.members.first() else {
            self.problem = Some("nobody of that name is here".to_owned());
            return;
        };
        let key = self.state.befriend(person.person, &person.nick).key;
        self.open(key);
        if !text.is_empty() {
            self.say(key, "text", text, None);
        }
    }

    /// Removes who was meant; who is not here may still be kept out by the name of its account.
    fn found_outcast(&mut self, found: Members, room: Key, nick: &str, reason: &str, ban: bool) {
        let mut p = State::target(room);
        p["reason"] = reason.into();
        match found.members.first() {
            Some(found) => p["person"] = found.person.into(),
            None if ban => p["account"] = nick.into(),
            None => {
                self.problem = Some("nobody of that name is here".to_owned());
                return;
            }
        }
        let name = if ban { "chat.ban" } else { "chat.kick" };
        self.ask(Command::new(name, p), Purpose::Done);
    }

    fn list_members(&mut self, members: Members) {
        let items = members.members.into_iter().map(|member| {
            let away = member.absence();
            let details = [Some(member.role), away].into_iter().flatten();
            let details: Vec<_> =
                details.filter(|detail| !detail.is_empty() && detail != "none").collect();
            let nick = printable_line(&member.nick);
            Item {
                label: nick.clone(),
                detail: printable_line(&details.join(", ")),
                act: Act::Write { person: member.person, nick },
            }
        });
        let items: Vec<Item> = items.collect();
        let shown = items.len() as u64;
        let title = if members.total > shown {
            format!("Here: the first {shown} of {}", members.total)
        } else {
            format!("Here: {shown}")
        };
        self.overlay = Some(Overlay::Pick(Picker::new(title, items)));
    }

    fn list_rooms(&mut self, mut p: Value) {
        let rooms: Vec<Listed> = answer(p["rooms"].take());
        let items = rooms.into_iter().map(|room| Item {
            label: printable_line(&room.name),
            detail: printable_line(&format!("{} here  {}", room.members, room.subject)),
            act: Act::Join(room.name),
        });
        self.overlay = Some(Overlay::Pick(Picker::new("Rooms", items.collect())));
    }

    fn list_hits(&mut self, found: Found) {
        if found.hits.is_empty() {
            self.problem = Some("nothing was found".to_owned());
            return;
        }
        let me = self.state.me.person;
        let items =
            found.hits.into_iter().filter_map(|hit| hit_item(&self.state, hit, me)).collect();
        self.overlay = Some(Overlay::Pick(Picker::new("Found", items)));
    }
}

/// A found message as an item, if it is in a conversation that is here.
fn hit_item(state: &State, hit: Hit, me: u64) -> Option<Item> {
    let message = hit.message;
    let key = match (&message.to, hit.k, &hit.room) {
        (Some(to), ..) if message.from.person == me => Key::Person(to.person),
        (Some(_), ..) => Key::Person(message.from.person),
        (None, Some(k), _) => Key::Room(k),
        (None, None, Some(name)) => state.room_named(name)?,
        (None, None, None) => return None,
    };
    let one = state.conversation(key)?;
    let detail = printable_line(&message.text);
    let label = format!("{} {}", one.name, printable_line(&message.from.nick));
    Some(Item { label, detail, act: Act::LookAt { key, n: message.n } })
}
