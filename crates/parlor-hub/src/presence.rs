//! Who is where, in memory: the state behind the hub's thread, and what it shows of itself.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::{identity::PersonId, nick::Nick};

/// A person with at least one live session, shared by every list it appears in.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Why it is away, if it is.
    pub away: Option<String>,
    /// When its first session was attached.
    pub signed_on_ms: u64,
    /// When it last did something, to about ten seconds.
    pub active_ms: u64,
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

/// What entering a topic did.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Whether the person was not here with another session.
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

/// What leaving a topic did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whether this session was here at all.
    pub was_here: bool,
    /// Whether the person has no other session here.
    pub last: bool,
}

/// How much is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Online {
    /// People with an account.
    pub people: usize,
    /// People without.
    pub guests: usize,
    /// Live sessions.
    pub sessions: usize,
    /// Topics somebody is present in.
    pub rooms: usize,
    /// The most people and guests at once since the start.
    pub max: usize,
}

/// The proof of being present in a topic. Only the hub's thread changes it; whoever holds it sees
/// a removal at once, without asking.
#[derive(Clone, Debug)]
pub struct Stay(pub(crate) Arc<AtomicU8>);

const PRESENT: u8 = 1;
const REVEALED: u8 = 2;

impl Stay {
    /// Returns whether the person is still here.
    pub fn is_present(&self) -> bool {
        self.0.load(Ordering::Acquire) & PRESENT != 0
    }

    /// Returns whether the topic was told that the person is here.
    pub fn is_revealed(&self) -> bool {
        self.0.load(Ordering::Acquire) & REVEALED != 0
    }
}
