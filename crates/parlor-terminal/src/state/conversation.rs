//! One conversation: a room, or the private messages with one person.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::limits::{LINES_MAX, TYPING_SHOWN};
use crate::wire::{Message, Person, Reaction};

/// Which conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// The room with this topic.
    Room(u64),
    /// The person with this number.
    Person(u64),
}

/// What stands in a conversation, one under the other.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a message")]
pub(crate) enum Line {
    /// Something was said.
    Message(Message),
    /// Something happened; `n` is the place in the order.
    Notice { n: u64, at: i64, text: String },
}

impl Line {
    /// The place in the order.
    pub(crate) fn n(&self) -> u64 {
        match self {
            Self::Message(message) => message.n,
            Self::Notice { n, .. } => *n,
        }
    }

    /// When, in milliseconds since 1970.
    pub(crate) fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.at,
            Self::Notice { at, .. } => *at,
        }
    }
}

/// A window of a conversation's history, and how far it was read.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) key: Key,
    /// The room's name with its `#`, or the other's nick.
    pub(crate) name: String,
    pub(crate) subject: String,
    /// Ours in the room.
    pub(crate) role: String,
    pub(crate) unread: u64,
    pub(crate) mentions: u64,
    pub(crate) read: u64,
    pub(crate) last: u64,
    /// The line "new" stands behind this offset.
    pub(crate) marker: Option<u64>,
    /// Ascending by place.
    pub(crate) lines: Vec<Line>,
    /// A page of history has been asked for and has come.
    pub(crate) loaded: bool,
    /// There is more above.
    pub(crate) more: bool,
    /// The lines go on to the present; false while one looks at an old place.
    pub(crate) at_end: bool,
    /// Who is writing, and since when.
    pub(crate) typing: BTreeMap<u64, (String, Instant)>,
    /// What was begun and not sent.
    pub(crate) draft: String,
    /// Who is in the room, as far as it was seen: for completion.
    pub(crate) nicks: Vec<String>,
}

impl Conversation {
    /// A conversation of which nothing is known but its name.
    pub(crate) fn new(key: Key, name: &str) -> Self {
        Self {
            key,
            name: name.to_owned(),
            subject: String::new(),
            role: String::new(),
            unread: 0,
            mentions: 0,
            read: 0,
            last: 0,
            marker: None,
            lines: Vec::new(),
            loaded: false,
            more: true,
            at_end: true,
            typing: BTreeMap::new(),
            draft: String::new(),
            nicks: Vec::new(),
        }
    }

    /// Forgets the lines: they are to be read anew.
    pub(crate) fn unload(&mut self) {
        self.lines.clear();
        self.loaded = false;
        self.more = true;
        self.at_end = true;
    }

    /// A line that has just come. One that is there already stays as it is.
    pub(crate) fn append(&mut self, line: Line) {
        self.last = self.last.max(line.n());
        if !self.at_end {
            return;
        }
        let known = |held: &Line| match (held, &line) {
            (Line::Message(held), Line::Message(new)) => held.n == new.n,
            _ => false,
        };
        if self.lines.iter().rev().take_while(|held| held.n() >= line.n()).any(known) {
            return;
        }
        let place = self.lines.partition_point(|held| held.n() <= line.n());
        self.lines.insert(place, line);
        if self.lines.len() > LINES_MAX {
            self.lines.drain(..LINES_MAX / 4);
            self.more = true;
        }
    }

    /// A page of history from before the lines, or the latest.
    pub(crate) fn prepend(&mut self, messages: Vec<Message>, more: bool) {
        let held: Vec<u64> = self.messages().map(|message| message.n).collect();
        let fresh = messages.into_iter().filter(|message| !held.contains(&message.n));
        let mut lines: Vec<Line> = fresh.map(Line::Message).collect();
        lines.append(&mut self.lines);
        // Stable: a notice that came between two messages stays behind its place.
        lines.sort_by_key(Line::n);
        self.lines = lines;
        self.more = more;
        self.loaded = true;
        self.last = self.last.max(self.lines.last().map_or(0, Line::n));
    }

    /// A page of history around an old place, instead of the lines.
    pub(crate) fn look_at(&mut self, messages: Vec<Message>) {
        self.lines = messages.into_iter().map(Line::Message).collect();
        self.at_end = self.lines.last().is_none_or(|line| line.n() >= self.last);
        self.more = true;
        self.loaded = true;
    }

    /// The messages among the lines.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.lines.iter().filter_map(|line| match line {
            Line::Message(message) => Some(message),
            Line::Notice { .. } => None,
        })
    }

    /// The message at this place, if it is held.
    pub(crate) fn message(&self, n: u64) -> Option<&Message> {
        self.messages().find(|message| message.n == n)
    }

    /// Changes the message at this place, if it is held.
    pub(crate) fn change(&mut self, n: u64, change: impl FnOnce(&mut Message)) {
        let found = self.lines.iter_mut().find_map(|line| match line {
            Line::Message(message) if message.n == n => Some(message),
            _ => None,
        });
        if let Some(message) = found {
            change(message);
        }
    }

    /// Puts a reaction on a message, or takes it off.
    pub(crate) fn react(&mut self, n: u64, by: &Person, me: u64, emoji: &str, on: bool) {
        self.change(n, |message| {
            let reactions = &mut message.reactions;
            let place = reactions.iter().position(|reaction| reaction.emoji == emoji);
            match (place, on) {
                (None, true) => reactions.push(Reaction {
                    emoji: emoji.to_owned(),
                    people: vec![by.clone()],
                    count: 1,
                    mine: by.person == me,
                }),
                (Some(place), _) => {
                    let reaction = &mut reactions[place];
                    let had = reaction.people.iter().any(|person| person.person == by.person);
                    reaction.people.retain(|person| person.person != by.person);
                    if on {
                        reaction.people.push(by.clone());
                    }
                    reaction.count = match (had, on) {
                        (false, true) => reaction.count + 1,
                        (_, false) => reaction.count.saturating_sub(1),
                        (true, true) => reaction.count,
                    };
                    if by.person == me {
                        reaction.mine = on;
                    }
                    if reaction.count == 0 {
                        reactions.remove(place);
                    }
                }
                (None, false) => {}
            }
        });
    }

    /// Everything up to this place is read.
    pub(crate) fn read_up_to(&mut self, n: u64, me: u64) {
        if n < self.read {
            return;
        }
        self.read = n;
        if n >= self.last {
            (self.unread, self.mentions) = (0, 0);
            return;
        }
        let rest = self.messages().filter(|message| message.n > n && message.from.person != me);
        self.unread = self.unread.min(rest.count() as u64);
        self.mentions = self.mentions.min(self.unread);
    }

    /// Who is writing now.
    pub(crate) fn writers(&self, now: Instant) -> Vec<&str> {
        let fresh = |since: &Instant| now.saturating_duration_since(*since) < TYPING_SHOWN;
        let writers = self.typing.values().filter(|(_, since)| fresh(since));
        writers.map(|(nick, _)| nick.as_str()).collect()
    }

    /// Remembers that somebody of this name is here.
    pub(crate) fn saw(&mut self, nick: &str) {
        if !nick.is_empty() && !self.nicks.iter().any(|known| known == nick) {
            self.nicks.push(nick.to_owned());
            // For completion only: the newest few hundred are enough.
            if self.nicks.len() > 500 {
                self.nicks.remove(0);
            }
        }
    }
}
