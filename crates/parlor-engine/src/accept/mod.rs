//! Accepting: who takes clients from the kernel, and what becomes of the errors.
//!
//! Servers die here. A listener is level-triggered, so one that cannot be accepted from (no
//! descriptor is free) is ready again at once, and the loop spins at full speed; or a loop that
//! gives up on the error never accepts again. So each error of `accept` has a class with an answer
//! to it ([`classify`]), and running out of descriptors has a procedure:
//!
//! 1. The listener is disarmed. Clients wait in the backlog and nothing spins.
//! 2. When a connection ends, its descriptor is free: the listener is armed again.
//! 3. When none has ended for a while, some of those that wait are turned away rather than left to
//!    hang: a descriptor kept in reserve for this is closed, which lets one client be accepted,
//!    refused and closed at a time. Then back to 1.
//!
//! Who accepts is a word ([`Accept`]). With `handoff` it is one loop for all workers
//! ([`Acceptor`], on the thread that called `Server::run`); with the other three each worker does,
//! in a task beside its connections ([`at_worker`]). What they have in common, one client at a
//! time, is [`Intake`].

mod acceptor;
mod intake;
pub(crate) mod at_worker;

use std::fmt;
use std::str::FromStr;

use rustix::io::Errno;

use crate::address::Listener;
use crate::handler::Service;

pub(crate) use self::acceptor::Acceptor;
pub(crate) use self::intake::{Intake, Taken};

/// How connections are distributed over the workers of a model. Parsed from a word.
///
/// A client is one `accept4(2)`, whoever makes it. What each costs on the machine of the authors is
/// in `docs/performance.md`; which of them a model knows is
/// [`Model::accepts`](crate::Model::accepts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Accept {
    /// One thread accepts and gives each connection to the worker that has the fewest. Costs a
    /// wake-up of the worker (a `write(2)` to its eventfd, if it waits) and keeps the loads equal,
    /// which matters for connections that live long.
    #[default]
    Handoff,
    /// All workers wait for one listener. Each new client wakes all who sleep, and one gets it:
    /// `accept4(2)` fails for the others.
    Shared,
    /// The same, but the kernel wakes one of them (`EPOLLEXCLUSIVE`). Which one is up to it: on
    /// Linux the worker that began to wait last, so the loads may differ a lot.
    Exclusive,
    /// Each worker has a listener of its own at the same address (`SO_REUSEPORT`), and the kernel
    /// deals clients out by a hash of their addresses, to busy workers as well. Another server of
    /// the same user could listen at that address too, and what waits for a worker that ends is
    /// lost. A Unix socket has no such thing; it is shared.
    ReusePort,
}

impl Accept {
    /// The names, in the order of [`Accept`].
    pub const NAMES: &'static [&'static str] = &["handoff", "shared", "exclusive", "reuseport"];

    pub(crate) const ALL: &'static [Self] =
        &[Self::Handoff, Self::Shared, Self::Exclusive, Self::ReusePort];

    /// The word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Handoff => "handoff",
            Self::Shared => "shared",
            Self::Exclusive => "exclusive",
            Self::ReusePort => "reuseport",
        }
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Accept {
    type Err = AcceptError;

    fn from_str(text: &str) -> Result<Self, AcceptError> {
        let found = Self::ALL.iter().copied().find(|accept| accept.name() == text);
        found.ok_or_else(|| AcceptError { name: text.to_owned() })
    }
}

/// A word that is no way to accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no way to accept called `{name}` (there are: {})", Accept::NAMES.join(", "))]
pub struct AcceptError {
    /// What was given.
    pub name: String,
}

/// A listener, its service and its name in the log.
pub(crate) struct Door {
    /// Its place in the order of `Server::listen`.
    pub(crate) number: usize,
    pub(crate) name: &'static str,
    pub(crate) listener: Listener,
    pub(crate) service: Service,
}

/// What to do about an error of `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody waits any more.
    Empty,
    /// This client is gone, or the call was interrupted: try the next.
    Next,
    /// Descriptors or memory have run out: pause.
    Starved,
    /// The listener itself is no good.
    Broken,
}

/// The class of an error of `accept`, after accept(2).
pub(crate) fn classify(error: Errno) -> Verdict {
    match error {
        Errno::AGAIN => Verdict::Empty,
        // Linux passes errors that are already pending on the new connection to `accept`, and
        // asks to treat them like "again": the client is lost, the listener is fine.
        Errno::INTR
        | Errno::CONNABORTED
        | Errno::CONNRESET
        | Errno::PROTO
        | Errno::NETDOWN
        | Errno::NOPROTOOPT
        | Errno::HOSTDOWN
        | Errno::NONET
        | Errno::HOSTUNREACH
        | Errno::OPNOTSUPP
        | Errno::NETUNREACH
        | Errno::TIMEDOUT
        // A firewall rule forbids this one.
        | Errno::PERM => Verdict::Next,
        Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM => Verdict::Starved,
        _ => Verdict::Broken,
    }
}

#[cfg(test)]
mod tests;
