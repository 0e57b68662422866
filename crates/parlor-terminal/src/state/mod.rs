//! What the client knows, and how events change it. No I/O; time is an argument.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

pub(crate) use self::conversation::{Conversation, Key, Line};
use crate::printable::printable_line;
use crate::wire::{Event, Message, Person, Place, Room, Welcome};

mod conversation;

/// Everything that is known of the server.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Who we are.
    pub(crate) me: Person,
    /// The topic of direct messages.
    inbox: u64,
    /// Where each topic is to be resumed.
    positions: BTreeMap<u64, String>,
    /// By key; [`State::ordered`] gives the order in which they are listed.
    conversations: BTreeMap<Key, Conversation>,
    /// The one that is open.
    pub(crate) open: Option<Key>,
}

impl State {
    pub(crate) fn conversation(&self, key: Key) -> Option<&Conversation> {
        self.conversations.get(&key)
    }

    pub(crate) fn conversation_mut(&mut self, key: Key) -> Option<&mut Conversation> {
        self.conversations.get_mut(&key)
    }

    /// The conversation that is open.
    pub(crate) fn current(&self) -> Option<&Conversation> {
        self.open.and_then(|key| self.conversations.get(&key))
    }

    /// As [`State::current`], to change it.
    pub(crate) fn current_mut(&mut self) -> Option<&mut Conversation> {
        self.open.and_then(|key| self.conversations.get_mut(&key))
    }

    /// All conversations in the order of the list: rooms by name, then people by recency.
    pub(crate) fn ordered(&self) -> Vec<&Conversation> {
        let mut all: Vec<_> = self.conversations.values().collect();
        all.sort_by(|a, b| match (a.key, b.key) {
            (Key::Room(_), Key::Room(_)) => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            (Key::Person(_), Key::Person(_)) => b.last.cmp(&a.last).then(a.name.cmp(&b.name)),
            _ => a.key.cmp(&b.key),
        });
        all
    }

    /// The room of this name.
    pub(crate) fn room_named(&self, name: &str) -> Option<Key> {
        let found = |one: &&Conversation| one.name.eq_ignore_ascii_case(name);
        self.conversations.values().find(found).map(|one| one.key)
    }

    /// How a command names a conversation.
    pub(crate) fn target(key: Key) -> Value {
        match key {
            Key::Room(k) => json!({ "k": k }),
            Key::Person(person) => json!({ "person": person }),
        }
    }

    /// What `hello` is to resume: the topics of which there is a window without a gap.
    pub(crate) fn resume(&self) -> Value {
        let held = |k: &u64| {
            *k == self.inbox || self.conversations.get(&Key::Room(*k)).is_some_and(|one| one.loaded)
        };
        let held = self.positions.iter().filter(|(k, _)| held(k));
        held.map(|(k, pos)| (k.to_string(), Value::from(pos.as_str()))).collect()
    }

    /// The answer to `hello`: everything as it stands, but what was resumed is kept.
    pub(crate) fn welcome(&mut self, welcome: Welcome) {
        let resumed = |k: u64| welcome.resumed.iter().any(|resumed| *resumed == k.to_string());
        let inbox_held = resumed(welcome.inbox.k);
        self.me = welcome.me;
        self.inbox = welcome.inbox.k;
        if !inbox_held {
            self.positions.insert(welcome.inbox.k, welcome.inbox.pos);
        }
        let here: Vec<Key> = welcome.rooms.iter().map(|room| Key::Room(room.k)).collect();
        self.conversations.retain(|key, _| matches!(key, Key::Person(_)) || here.contains(key));
        let known = self.conversations.keys().copied().collect::<Vec<_>>();
        self.positions.retain(|k, _| *k == self.inbox || known.contains(&Key::Room(*k)));
        for room in welcome.rooms {
            let held = resumed(room.k) && self.conversations.contains_key(&Key::Room(room.k));
            if !held {
                self.positions.insert(room.k, room.pos.clone());
            }
            self.room(room, held);
        }
        for direct in welcome.direct {
            let key = Key::Person(direct.person);
            let one = self.befriend(direct.person, &direct.nick);
            let (unread, read, last) = (direct.unread, direct.read, direct.last);
            (one.unread, one.read, one.last) = (unread, read, one.last.max(last));
            restore(one, direct.draft.as_deref());
            if !inbox_held && let Some(one) = self.conversations.get_mut(&key) {
                one.unload();
            }
        }
        if self.current().is_none() {
            self.open = self.ordered().first().map(|one| one.key);
        }
    }

    /// A room as the server describes it; `held` if its lines go on without a gap.
    pub(crate) fn room(&mut self, room: Room, held: bool) -> Key {
        let key = Key::Room(room.k);
        self.positions.entry(room.k).or_insert(room.pos);
        let new = || Conversation::new(key, &room.name);
        let one = self.conversations.entry(key).or_insert_with(new);
        one.name = printable_line(&room.name);
        one.subject = printable_line(&room.subject);
        one.role = room.role;
        (one.unread, one.mentions, one.read) = (room.unread, room.mentions, room.read);
        one.last = one.last.max(room.last);
        restore(one, room.draft.as_deref());
        if !held {
            one.unload();
        }
        key
    }

    /// We are no longer in this conversation.
    pub(crate) fn leave(&mut self, key: Key) {
        self.conversations.remove(&key);
        if let Key::Room(k) = key {
            self.positions.remove(&k);
        }
        if self.open == Some(key) {
            self.open = self.ordered().first().map(|one| one.key);
        }
    }

    /// The private conversation with somebody, new or not.
    pub(crate) fn befriend(&mut self, person: u64, nick: &str) -> &mut Conversation {
        let key = Key::Person(person);
        let one = self.conversations.entry(key).or_insert_with(|| Conversation::new(key, nick));
        if !nick.is_empty() {
            one.name = printable_line(nick);
        }
        one
    }

    /// One event. Gives the conversation in which somebody else has just said something.
    pub(crate) fn apply(&mut self, place: &Place, event: Event, now: Instant) -> Option<Key> {
        if let Some(pos) = &place.pos {
            self.positions.insert(place.k, pos.clone());
        }
        match event {
            Event::Posted(message) => return self.posted(place, *message),
            Event::Typing { by, state } => self.typing(place, by, &state, now),
            Event::Read { k, person, n } => {
                let key = person.map(Key::Person).or(k.map(Key::Room));
                let me = self.me.person;
                if let Some(one) = key.and_then(|key| self.conversations.get_mut(&key)) {
                    one.read_up_to(n, me);
                }
            }
            Event::Joined { room } => {
                self.room(*room, false);
            }
            Event::Gone { k } => self.leave(Key::Room(k)),
            Event::Reset { k, pos } => self.reset(k, pos),
            Event::Kicked { person, .. } if person == self.me.person => {
                self.leave(Key::Room(place.k));
            }
            Event::Invited { by, room } => {
                let text = format!("{} invites you to {room}; /join {room} accepts", by.nick);
                self.notice_here(place, text);
            }
            Event::Edited { n, text } => {
                let at = place.at;
                self.change(place.k, n, |message| {
                    message.text = text;
                    message.edited = Some(at);
                });
            }
            Event::Redacted { n } => self.change(place.k, n, |message| {
                message.text = String::new();
                message.redacted = true;
                message.reactions.clear();
                message.files.clear();
            }),
            Event::Reacted { n, by, emoji } => self.reacted(place.k, n, &by, &emoji, true),
            Event::Unreacted { n, by, emoji } => self.reacted(place.k, n, &by, &emoji, false),
            Event::Other => {}
            other => self.noticed(place, &other),
        }
        None
    }

    fn posted(&mut self, place: &Place, message: Message) -> Option<Key> {
        let me = self.me.person;
        let own = message.from.person == me;
        let key = match &message.to {
            None => Key::Room(place.k),
            Some(to) => {
                let other = if own { to.clone() } else { message.from.clone() };
                self.befriend(other.person, &other.nick).key
            }
        };
        let calls = matches!(key, Key::Person(_)) || calls(&message.text, &self.me.nick);
        let one = self.conversations.get_mut(&key)?;
        one.typing.remove(&message.from.person);
        one.saw(&message.from.nick);
        let news = message.n > one.last && !own;
        let n = message.n;
        one.append(Line::Message(message));
        if own && one.unread == 0 {
            one.read = one.read.max(n);
        }
        if news {
            one.unread += 1;
            one.mentions += u64::from(calls);
        }
        news.then_some(key)
    }

    fn typing(&mut self, place: &Place, by: Person, state: &str, now: Instant) {
        let direct = place.k == self.inbox;
        let key = if direct { Key::Person(by.person) } else { Key::Room(place.k) };
        if by.person == self.me.person {
            return;
        }
        let Some(one) = self.conversations.get_mut(&key) else { return };
        if state == "active" {
            one.typing.insert(by.person, (printable_line(&by.nick), now));
        } else {
            one.typing.remove(&by.person);
        }
    }

    fn reset(&mut self, k: u64, pos: String) {
        self.positions.insert(k, pos);
        let inbox = k == self.inbox;
        let touched =
            |key: &Key| if inbox { matches!(key, Key::Person(_)) } else { *key == Key::Room(k) };
        for (_, one) in self.conversations.iter_mut().filter(|(key, _)| touched(key)) {
            one.unload();
        }
    }

    /// Changes a message of a topic; direct ones are looked for in all private conversations.
    fn change(&mut self, k: u64, n: u64, change: impl FnOnce(&mut Message)) {
        let inbox = k == self.inbox;
        let of_topic = |one: &&mut Conversation| match one.key {
            Key::Room(room) => room == k,
            Key::Person(_) => inbox && one.message(n).is_some(),
        };
        if let Some(one) = self.conversations.values_mut().find(of_topic) {
            one.change(n, change);
        }
    }

    fn reacted(&mut self, k: u64, n: u64, by: &Person, emoji: &str, on: bool) {
        let (me, inbox) = (self.me.person, k == self.inbox);
        let of_topic = |one: &&mut Conversation| match one.key {
            Key::Room(room) => room == k,
            Key::Person(_) => inbox && one.message(n).is_some(),
        };
        if let Some(one) = self.conversations.values_mut().find(of_topic) {
            one.react(n, by, me, &printable_line(emoji), on);
        }
    }

    /// Events that are shown as a line and change little else.
    fn noticed(&mut self, place: &Place, event: &Event) {
        let me = self.me.person;
        if let Event::Renamed { person, new, .. } = event {
            if *person == me {
                self.me.nick.clone_from(new);
            }
            if let Some(one) = self.conversations.get_mut(&Key::Person(*person)) {
                one.name = printable_line(new);
            }
        }
        let Some(one) = self.conversations.get_mut(&Key::Room(place.k)) else { return };
        match event {
            Event::Subject { subject, .. } => one.subject = printable_line(subject),
            Event::RoomRenamed { name, .. } if !name.is_empty() => one.name = printable_line(name),
            Event::Role { person, role, .. } if *person == me => one.role.clone_from(role),
            Event::Entered { nick, .. } => one.saw(nick),
            Event::Left { nick, .. } => one.nicks.retain(|known| known != nick),
            _ => {}
        }
        if let Some(text) = sentence(event, me) {
            let n = place.n.unwrap_or(one.last);
            one.append(Line::Notice { n, at: place.at, text: printable_line(&text) });
        }
    }

    /// Says something in the conversation that is open.
    fn notice_here(&mut self, place: &Place, text: String) {
        if let Some(one) = self.current_mut() {
            let n = one.last;
            one.append(Line::Notice { n, at: place.at, text: printable_line(&text) });
        }
    }
}

/// A draft of another device, unless something was begun here.
fn restore(one: &mut Conversation, draft: Option<&str>) {
    if one.draft.is_empty() {
        one.draft = draft.unwrap_or_default().to_owned();
    }
}

/// The line that tells of an event; those of ourselves coming and going need none.
fn sentence(event: &Event, me: u64) -> Option<String> {
    Some(match event {
        Event::Subject { by, subject } if subject.is_empty() => {
            format!("{} cleared the topic", by.nick)
        }
        Event::Subject { by, subject } => format!("{} set the topic: {subject}", by.nick),
        Event::RoomRenamed { by, name, reason } => {
            format!("{} renamed the room to {name}{}", by.nick, because(reason))
        }
        Event::Role { by, nick, role, .. } => format!("{} made {nick} {role}", by.nick),
        Event::Modes { by } | Event::Settings { by } => {
            format!("{} changed the settings of the room", by.nick)
        }
        Event::Kicked { by, nick, reason, .. } => {
            format!("{} removed {nick}{}", by.nick, because(reason))
        }
        Event::Banned { by, who, reason, mute } => {
            let what = if *mute { "muted" } else { "banned" };
            format!("{} {what} {who}{}", by.nick, because(reason))
        }
        Event::Unbanned { by, who } => format!("{} lets {who} in again", by.nick),
        Event::Created { by: Some(by) } => format!("{} made the room", by.nick),
        Event::Entered { person, nick } if *person != me => format!("{nick} came in"),
        Event::Left { person, nick, reason } if *person != me => {
            format!("{nick} left{}", because(reason))
        }
        Event::Renamed { old, new, .. } => format!("{old} is now {new}"),
        // Devices come and go; what people say of themselves is worth a line.
        Event::Away { person, nick, text: Some(text), gone: false } if *person != me => {
            format!("{nick} is away{}", because(text))
        }
        _ => return None,
    })
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// Whether a text has this nick in it as a word.
pub(crate) fn calls(text: &str, nick: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "_-[]{}\\|^`".contains(c);
    !nick.is_empty() && text.split(|c| !part(c)).any(|word| word.eq_ignore_ascii_case(nick))
}

#[cfg(test)]
mod tests;
