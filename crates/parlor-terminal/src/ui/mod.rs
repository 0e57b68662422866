//! What the person sees and does: the state, the composer, what lies over them, and the commands
//! whose answers are awaited. Keys and frames come in, frames go out; no I/O, and time is an
//! argument, so that a test can play a whole visit.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::outbox::Outbox;
use self::picker::Picker;
use crate::composer::Composer;
use crate::limits::{PAGE, WAITING_MAX};
use crate::link::{Incoming, Lost};
use crate::state::{Key, State};
use crate::wire::{Command, Frame};

mod answers;
pub(crate) mod keys;
mod outbox;
pub(crate) mod picker;
mod said;

/// Whether there is a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Connecting,
    Online,
    Waiting { why: Lost, until: Instant },
    SignedOut,
}

/// What the composer writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writing {
    /// A new message.
    #[default]
    New,
    /// An answer to a message.
    Reply { msgid: String, nick: String },
    /// A message anew.
    Edit { msgid: String },
    /// An emoji for a message.
    Reaction { msgid: String, nick: String },
}

/// What lies over the conversation.
#[derive(Clone, Debug)]
pub(crate) enum Overlay {
    /// Keys and commands, from this row on.
    Help {
        from: usize,
    },
    Pick(Picker),
    /// A message is about to be deleted.
    Delete {
        msgid: String,
        text: String,
    },
}

/// What an awaited answer is for.
#[derive(Debug)]
enum Purpose {
    Hello,
    Latest(Key),
    Older(Key),
    Around {
        key: Key,
        n: u64,
    },
    Posted(String),
    Joined,
    Parted(Key),
    /// Somebody to write to, and what.
    Person {
        text: String,
    },
    /// Somebody who is to leave a room, and whether it is to stay out.
    Outcast {
        room: Key,
        nick: String,
        reason: String,
        ban: bool,
    },
    Members,
    Rooms,
    Found,
    Renamed,
    Switched,
    /// That it was done is to be said in these words.
    Told(String),
    /// Only a refusal is of interest.
    Done,
    /// Not even a refusal is.
    Aside,
}

/// Everything that the screen shows.
pub(crate) struct Ui {
    pub(crate) server: String,
    pub(crate) state: State,
    pub(crate) composer: Composer,
    pub(crate) writing: Writing,
    pub(crate) overlay: Option<Overlay>,
    /// The message that is chosen, by its place.
    pub(crate) chosen: Option<u64>,
    /// Rows that the conversation is scrolled up by.
    pub(crate) scroll: usize,
    pub(crate) phase: Phase,
    /// What went wrong last, in a sentence; the next key takes it away.
    pub(crate) problem: Option<String>,
    /// What was asked for, in a sentence; the next key takes it away, too.
    pub(crate) told: Option<String>,
    pub(crate) outbox: Outbox,
    /// The room to open at first.
    wanted: Option<String>,
    waiting: HashMap<u64, Purpose>,
    next: u64,
    frames: Vec<String>,
    typed_at: Option<Instant>,
    /// Somebody said something that calls for the reader.
    pub(crate) bell: bool,
    pub(crate) quit: bool,
    /// The person doesn't want to wait for the next attempt.
    pub(crate) hurry: bool,
}

impl Ui {
    /// Nothing is known yet. `id` has to be different for each start.
    pub(crate) fn new(server: String, room: Option<String>, id: String) -> Self {
        Self {
            server,
            state: State::default(),
            composer: Composer::default(),
            writing: Writing::New,
            overlay: None,
            chosen: None,
            scroll: 0,
            phase: Phase::Connecting,
            problem: None,
            told: None,
            outbox: Outbox::new(id),
            wanted: room,
            waiting: HashMap::new(),
            next: 0,
            frames: Vec::new(),
            typed_at: None,
            bell: false,
            quit: false,
            hurry: false,
        }
    }

    /// The frames to send, in order.
    pub(crate) fn take_frames(&mut self) -> Vec<String> {
        std::mem::take(&mut self.frames)
    }

    /// The connection tells something.
    pub(crate) fn link(&mut self, incoming: Incoming, now: Instant) {
        match incoming {
            Incoming::Connecting => self.phase = Phase::Connecting,
            Incoming::Opened => {
                let resume = self.state.resume();
                self.ask(Command::new("hello", json!({ "resume": resume })), Purpose::Hello);
            }
            Incoming::Frame(Frame::Event(place, event)) => {
                let news = self.state.apply(&place, event, now);
                self.heard(news);
            }
            Incoming::Frame(Frame::Ok { re, p }) => self.answered(re, p),
            Incoming::Frame(Frame::Refused { re, code, msg }) => self.refused(re, &code, msg),
            Incoming::Lost(why, pause) => {
                self.broken();
                self.phase = Phase::Waiting { why, until: now + pause };
            }
            Incoming::SignedOut => {
                self.broken();
                self.phase = Phase::SignedOut;
            }
        }
        self.flush_outbox();
    }

    fn broken(&mut self) {
        self.waiting.clear();
        self.frames.clear();
        self.outbox.interrupted();
    }

    /// Whether commands can be sent.
    fn online(&self) -> bool {
        self.phase == Phase::Online
    }

    /// Sends a command and remembers what its answer is for.
    fn ask(&mut self, command: Command, purpose: Purpose) {
        let greeting = matches!(purpose, Purpose::Hello);
        if !self.online() && !greeting {
            self.problem = Some("there is no connection just now".to_owned());
            return;
        }
        if self.waiting.len() >= WAITING_MAX {
            self.problem = Some("the server has not answered yet; try again".to_owned());
            return;
        }
        self.next += 1;
        self.frames.push(command.encode(self.next));
        self.waiting.insert(self.next, purpose);
    }

    fn flush_outbox(&mut self) {
        if !self.online() {
            return;
        }
        for (key, command) in self.outbox.due() {
            self.ask(command, Purpose::Posted(key));
        }
    }

    /// Opens a conversation: its latest messages are read if they are not here, and what is seen
    /// counts as read.
    pub(crate) fn open(&mut self, key: Key) {
        self.keep_draft();
        self.state.open = Some(key);
        (self.scroll, self.chosen, self.writing) = (0, None, Writing::New);
        if let Some(one) = self.state.current_mut() {
            one.marker = (one.unread > 0).then_some(one.read);
            self.composer = Composer::with(&std::mem::take(&mut one.draft));
            if !one.at_end {
                one.unload();
            }
        }
        self.load();
        self.see();
    }

    fn keep_draft(&mut self) {
        let text = match self.writing {
            Writing::New | Writing::Reply { .. } => self.composer.take(),
            Writing::Edit { .. } | Writing::Reaction { .. } => String::new(),
        };
        self.composer = Composer::default();
        if let Some(one) = self.state.current_mut() {
            one.draft = text;
        }
    }

    /// Reads the latest messages of the open conversation, unless they are here.
    fn load(&mut self) {
        let Some(one) = self.state.current().filter(|one| !one.loaded) else { return };
        let key = one.key;
        let mut p = State::target(key);
        p["limit"] = PAGE.into();
        if self.online() {
            self.ask(Command::new("chat.history", p), Purpose::Latest(key));
        }
    }

    /// Reads what stands above the lines of the open conversation, unless it is asked for already.
    pub(crate) fn load_older(&mut self) {
        let Some(one) = self.state.current().filter(|one| one.loaded && one.more) else { return };
        let key = one.key;
        let asked = |purpose: &Purpose| matches!(purpose, Purpose::Older(other) if *other == key);
        let Some(first) = one.messages().next().map(|message| message.n) else { return };
        if !self.online() || self.waiting.values().any(asked) {
            return;
        }
        let mut p = State::target(key);
        (p["before"], p["limit"]) = (first.into(), PAGE.into());
        self.ask(Command::new("chat.history", p), Purpose::Older(key));
    }

    /// What is on the screen is read, and the server hears of it.
    fn see(&mut self) {
        let me = self.state.me.person;
        let seen = self.scroll == 0 && self.overlay.is_none() && self.online();
        let Some(one) = self.state.current_mut().filter(|one| seen && one.at_end && one.loaded)
        else {
            return;
        };
        if one.unread == 0 && one.read >= one.last {
            return;
        }
        let (key, last, news) = (one.key, one.last, one.unread > 0);
        one.read_up_to(last, me);
        if news {
            let mut p = State::target(key);
            p["n"] = last.into();
            self.ask(Command::new("chat.read", p), Purpose::Aside);
        }
    }

    /// Something was said somewhere.
    fn heard(&mut self, news: Option<Key>) {
        let Some(key) = news else { return };
        if self.state.open == Some(key) {
            self.see();
        }
        let calling = self.state.conversation(key).is_some_and(|one| one.mentions > 0);
        self.bell |= calling;
    }

    /// The time until something on the screen changes by itself.
    pub(crate) fn patience(&self, now: Instant) -> Duration {
        let writing = self.state.current().is_some_and(|one| !one.writers(now).is_empty());
        let waiting = matches!(self.phase, Phase::Waiting { .. });
        Duration::from_secs(if writing || waiting { 1 } else { 60 })
    }

    /// Sends a command about the open conversation.
    fn ask_here(&mut self, name: &'static str, more: Value, purpose: Purpose) {
        let Some(key) = self.state.open else {
            self.problem = Some("no conversation is open; /join #room opens one".to_owned());
            return;
        };
        let mut p = State::target(key);
        if let (Some(p), Value::Object(more)) = (p.as_object_mut(), more) {
            p.extend(more);
        }
        self.ask(Command::new(name, p), purpose);
    }
}

#[cfg(test)]
mod tests;
