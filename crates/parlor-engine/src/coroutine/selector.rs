//! What an event loop asks of the kernel: register, modify, unregister, select.
//!
//! Python's `selectors` has the same four verbs, and so has every event library since. A model of
//! the readiness family is one implementation of [`Selector`] and nothing else:
//!
//! | model | waits in | implementation |
//! |---|---|---|
//! | `epoll` | `epoll_wait`, edge-triggered | [`model::epoll`](crate::model::epoll) |
//! | `poll` | `poll`, over a dense array | [`model::poll`](crate::model::poll) |
//! | `select` | `select`, over bit sets | [`model::select`](crate::model::select) |
//! | `threads` (and `block_on`) | `recv` or `ppoll`, one thread a connection | [`model::threads`](crate::model::threads) |
//!
//! **A new one** needs: a type with these four verbs and `Trigger::Level`; the line that starts
//! [`model::loops`](crate::model::loops) with it; a variant of `Model` with its capabilities. The
//! loop does the rest: for level-triggered selectors it arms a direction when a task waits for it and
//! disarms it when it was reported, so a ready socket that nobody waits for cannot spin.

use std::io;
use std::ops::{BitOr, BitOrAssign};
use std::time::Duration;

use super::source::Fd;
use crate::received::Received;

/// Tells sockets which are ready from sockets which are not.
pub(crate) trait Selector {
    /// Whether readiness is reported once when it begins, or again and again while it lasts.
    fn trigger(&self) -> Trigger;

    /// Starts watching a descriptor. The token comes back with its events.
    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()>;

    /// Changes what a descriptor is watched for. Never called when edge-triggered.
    fn modify(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()>;

    /// Stops watching a descriptor. It may already have events in `Events`: tokens tell.
    fn unregister(&mut self, fd: &Fd, token: Token) -> io::Result<()>;

    /// Waits until something is ready or the time is up.
    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()>;
}

/// How a selector reports readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Once, when it begins. The cache in [`Source`](super::source::Source) remembers it.
    Edge,
    /// As long as it lasts, for what is armed.
    Level,
}

/// How to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    /// For how long; `None` for ever.
    pub(crate) timeout: Option<Duration>,
    /// Nothing but a registered descriptor can end this wait: no timer, no other thread. Only
    /// then may a selector give its thread away to a blocking `recv`.
    pub(crate) alone: bool,
}

/// What a wait brought.
#[derive(Default)]
pub(crate) struct Events {
    /// Descriptors that became ready.
    pub(crate) ready: Vec<Event>,
    /// The result of a `recv` that the selector did instead of waiting, when it was alone.
    pub(crate) landed: Option<(Token, io::Result<Received>)>,
}

/// One descriptor that became ready.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) token: Token,
    pub(crate) ready: Readiness,
}

/// Names a registration: its place and a generation.
///
/// Descriptor numbers and places are reused at once. An event fetched before a connection closed
/// must not wake the connection that took its place, so the generation has to match too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) u64);

impl Token {
    /// The eventfd that other threads ring.
    pub(crate) const BELL: Self = Self(u64::MAX);

    pub(crate) fn new(index: usize, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | index as u64)
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }
}

/// A set of directions in which a socket can go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readiness(u8);

impl Readiness {
    pub(crate) const NONE: Self = Self(0);
    /// There are bytes, an end of stream or an error to be read.
    pub(crate) const READ: Self = Self(1);
    /// There is room in the send buffer, or an error to be had.
    pub(crate) const WRITE: Self = Self(2);
    /// The peer has ended its direction or the connection is broken: reading goes on until it
    /// says so itself.
    pub(crate) const READ_CLOSED: Self = Self(4);
    /// In an interest: of all loops that watch this descriptor, only one is to be told.
    pub(crate) const EXCLUSIVE: Self = Self(8);

    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Readiness {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Readiness {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
