//! `poll`: one event loop that hands the kernel its whole list of sockets each time.
//!
//! **The idea.** As `epoll`, but nothing stays with the kernel between two calls: an array of
//! (descriptor, what it is waited for, what it is ready for) goes in with every wait.
//!
//! **The system calls.** `ppoll` once a turn, then one `recv` and one `send` a message. The array
//! is kept from call to call, dense, and holds only sockets that somebody waits for. A direction
//! is taken out when it was reported and put in when a task waits again; both are a few stores,
//! because the last entry moves into the gap and a second array knows where each socket's is.
//!
//! **The wall.** The kernel looks at every entry, and so do we afterwards, until all that are ready
//! have been found: the price of a wait grows with the connections that are held, not with those
//! that have something to say. When all of them are busy that is no more than the work there is
//! to do, and `poll` keeps up with `epoll`; with ten thousand idle ones it is most of the time.
//! The loop is one thread, so a handler that computes stops everybody.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::loops::LoopWorkers;
use super::threads::{flags_of, readiness_of};
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::metrics::Counters;
use crate::sys::PollSet;

/// Starts the one worker.
pub(crate) fn start(counters: &Arc<Counters>) -> io::Result<LoopWorkers> {
    LoopWorkers::start("poll", 1, counters, |_| Ok(PollList::default))
}

/// A dense array of what is waited for.
///
/// Invariant: `places` says for each token in `set` where it is there, and nothing else.
#[derive(Default)]
pub(crate) struct PollList {
    set: PollSet,
    /// By [`slot`]. A socket that nobody waits for has no place: `poll` would report its hang-up
    /// again and again.
    places: Vec<Option<usize>>,
}

/// Registrations are numbered densely; the bell, which has no number, comes before them.
fn slot(token: Token) -> usize {
    if token == Token::BELL { 0 } else { token.index() + 1 }
}

impl PollList {
    fn insert(&mut self, fd: &Arc<OwnedFd>, token: Token, interest: Readiness) {
        let slot = slot(token);
        if slot >= self.places.len() {
            self.places.resize(slot + 1, None);
        }
        self.places[slot] = Some(self.set.insert(fd, token.0, flags_of(interest)));
    }

    fn remove(&mut self, token: Token) {
        let Some(place) = self.places.get_mut(slot(token)).and_then(Option::take) else { return };
        // The last entry has moved into the gap, unless it was the last itself.
        if let Some(moved) = self.set.remove(place) {
            self.places[slot(Token(moved))] = Some(place);
        }
    }
}

impl Selector for PollList {
    fn trigger(&self) -> Trigger {
        Trigger::Level
    }

    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        if interest != Readiness::NONE {
            self.insert(fd.shared()?, token, interest);
        }
        Ok(())
    }

    fn modify(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        match self.places.get(slot(token)).copied().flatten() {
            Some(_) if interest == Readiness::NONE => self.remove(token),
            Some(place) => self.set.set(place, flags_of(interest)),
            None => self.register(fd, token, interest)?,
        }
        Ok(())
    }

    fn unregister(&mut self, _: &Fd, token: Token) -> io::Result<()> {
        self.remove(token);
        Ok(())
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        let waited = self.set.wait(wait.timeout, |token, flags| {
            events.ready.push(Event { token: Token(token), ready: readiness_of(flags) });
        });
        match waited {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }
}
