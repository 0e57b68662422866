//! Who is where, in memory: what presence shows of itself. The state is in `state.rs`.

mod state;
mod lookup;
mod nicks;
mod changes;
mod succession;
mod residents;
mod lingering;
mod watches;

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

pub use self::residents::Capacity;
pub(crate) use self::residents::Resident;
pub(crate) use self::state::{Arrival, Effect, EnterRefusal, Presence, Seat};
pub(crate) use self::succession::Succession;
use crate::{identity::PersonId, nick::Nick};

/// A person that is here, by a live session or because its account stays; shared by every list it
/// appears in.
#[derive(Clone, Debug)]
pub struct Present {
    /// The person.
    pub person: PersonId,
    /// Its nick now.
    pub nick: Nick,
    /// The name of its account, if it has one.
    pub account: Option<Nick>,
    /// The user name shown in `nick!user@host`.
    pub user: String,
    /// The host shown there.
    pub host: String,
    /// The name in clear words.
    pub realname: String,
    /// The id of its picture, if it has one.
    pub avatar: Option<Box<str>>,
    /// Why it is away, if it is: by its own words, or because it is not connected.
    pub away: Option<String>,
    /// Whether one of its devices is connected, or was a moment ago; else it is here because its
    /// account stays.
    pub connected: bool,
    /// Whether it says of itself that it is a program.
    pub bot: bool,
    /// Whether it keeps order on the whole server.
    pub operator: bool,
    /// When the first of the sessions it has, or last had, was attached.
    pub signed_on_ms: u64,
    pub(crate) active: Activity,
}

impl Present {
    /// Returns when the person last said something.
    pub fn active_ms(&self) -> u64 {
        self.active.last_ms()
    }
}

/// What a person wears for everybody to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// A program, by its own account.
    Bot,
    /// Somebody who keeps order on the whole server.
    Operator,
}

/// When a person last did something: a number only, so that noting it costs no message.
#[derive(Clone, Debug)]
pub(crate) struct Activity(Arc<AtomicU64>);

impl Activity {
    pub(crate) fn new(now_ms: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now_ms)))
    }

    pub(crate) fn last_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn note(&self, now_ms: u64) {
        self.0.fetch_max(now_ms, Ordering::Relaxed);
    }
}

/// A person in one topic; reads like the [`Present`] it points to.
#[derive(Clone, Debug)]
pub struct Attendee {
    /// Who it is.
    pub present: Arc<Present>,
    /// Whether the topic was told that it is here.
    pub revealed: bool,
}

impl Deref for Attendee {
    type Target = Present;

    fn deref(&self) -> &Present {
        &self.present
    }
}

/// Somebody a message can be addressed to.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// The person.
    pub person: PersonId,
    /// Its nick now, or the name of its account while it is not here.
    pub nick: Nick,
    /// What is shown of it, if it is here.
    pub present: Option<Arc<Present>>,
}

impl Addressee {
    pub(crate) fn of(present: Arc<Present>) -> Self {
        Self { person: present.person, nick: present.nick.clone(), present: Some(present) }
    }
}

/// What entering a topic did.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Whether the person was not here before, with another session or as a member.
    pub first: bool,
    /// Whether the topic was told; in a quiet room that waits for the first message.
    pub revealed: bool,
    /// How many people are here now.
    pub members: usize,
    /// Whether the room has more than `QUIET_MEMBERS` and so stays silent about who comes and goes.
    pub quiet: bool,
    /// The proof of being here.
    pub stay: Stay,
}

/// What taking another nick did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The nick.
    pub nick: Nick,
    /// Who had to give it up, since it is the name of the other one's account. It has another one
    /// now, and the app may keep out who is called so.
    pub displaced: Option<PersonId>,
}

/// What leaving a topic did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Whether this session was here at all.
    pub was_here: bool,
    /// Whether the person has no other session here.
    pub last: bool,
}

/// How much is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Online {
    /// People with an account who are connected, or were a moment ago.
    pub people: usize,
    /// People without.
    pub guests: usize,
    /// People with an account who are not connected, and stay where they are members.
    pub residents: usize,
    /// Live sessions.
    pub sessions: usize,
    /// Topics somebody is present in.
    pub rooms: usize,
    /// The most people and guests connected at once since the start.
    pub max: usize,
}

/// The proof of being present in a topic. Only the hub's thread changes it; whoever holds it sees
/// a removal at once, without asking.
#[derive(Clone, Debug)]
pub struct Stay(Arc<AtomicU8>);

const PRESENT: u8 = 1;
const REVEALED: u8 = 2;

impl Stay {
    pub(crate) fn new(revealed: bool) -> Self {
        Self(Arc::new(AtomicU8::new(if revealed { PRESENT | REVEALED } else { PRESENT })))
    }

    /// Returns whether the person is still here.
    pub fn is_present(&self) -> bool {
        self.0.load(Ordering::Acquire) & PRESENT != 0
    }

    /// Returns whether the topic was told that the person is here.
    pub fn is_revealed(&self) -> bool {
        self.0.load(Ordering::Acquire) & REVEALED != 0
    }

    pub(crate) fn reveal(&self) {
        self.0.fetch_or(REVEALED, Ordering::Release);
    }

    pub(crate) fn end(&self) {
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
