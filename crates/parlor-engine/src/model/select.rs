//! `select`: one event loop, the oldest way to wait for many sockets, and its wall.
//!
//! **The idea.** The lecture's three lists: descriptors to be read, to be written, and in error.
//! They go in as sets of bits, one bit a descriptor, and come out with only the bits of those that
//! are ready. (We pass no third set: on Linux it tells of urgent data only, and a broken socket is
//! reported as readable and writable, where the next call finds the error.)
//!
//! **The system calls.** `select` once a turn (`pselect6` to the kernel), then one `recv` and one
//! `send` a message. The kernel overwrites the sets, so they are copied before each call, and both
//! sides go through all bits up to the highest descriptor that is waited for.
//!
//! **The wall.** A set holds the descriptors 0 to 1,023 (`FD_SETSIZE`). What counts is the *number* of
//! the descriptor, not how many are watched, and the numbers are the process's: its listeners,
//! database and log files take theirs too, and more threads with a `select` each would not help.
//! (Programs that set a bit beyond the end write into whatever lies behind the set.) Here a
//! connection whose descriptor is 1,024 or higher is sent the listener's refusal and closed,
//! counted in [`Snapshot::unselectable`](crate::Snapshot::unselectable), and the log is told once.
//!
//! **Behind the wall.** `FD_SETSIZE` is a constant of the C library, not of the kernel, which takes
//! as many bits as it is told. `select:big` makes use of that: its sets grow with the highest
//! descriptor, nobody is refused, and what shows then is the price. With one idle connection at
//! descriptor 10,000 each wait copies and scans 10,000 bits each way, whoever has something to say.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::loops::LoopWorkers;
use super::{Arrival, Workers};
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::limits::SELECT_DESCRIPTORS_KEPT;
use crate::metrics::Counters;
use crate::sys::{FD_SETSIZE, FdSets};

/// How many connections there are numbers for, beside the descriptors that the process holds now.
pub(crate) fn connections_max() -> usize {
    let held = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    FD_SETSIZE.saturating_sub(held.max(SELECT_DESCRIPTORS_KEPT))
}

fn is_beyond(fd: &OwnedFd) -> bool {
    usize::try_from(fd.as_raw_fd()).is_ok_and(|number| number >= FD_SETSIZE)
}

/// Two sets of bits.
pub(crate) struct Select {
    sets: FdSets,
}

impl Default for Select {
    /// With sets of the usual size.
    fn default() -> Self {
        Self { sets: FdSets::of_the_usual_size() }
    }
}

/// Starts the one worker of `select:big`, which has no wall to look out for.
pub(crate) fn start_big(counters: &Arc<Counters>) -> io::Result<LoopWorkers> {
    LoopWorkers::start("select", 1, counters, |_| Ok(|| Select { sets: FdSets::growing() }))
}

impl Selector for Select {
    fn trigger(&self) -> Trigger {
        Trigger::Level
    }

    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        if !self.sets.insert(fd.shared()?, token.0) {
            return Err(io::Error::other("the descriptor is beyond what `select` can name"));
        }
        self.modify(fd, token, interest)
    }

    fn modify(&mut self, fd: &Fd, _: Token, interest: Readiness) -> io::Result<()> {
        self.sets.watch(fd.shared()?, interest);
        Ok(())
    }

    fn unregister(&mut self, fd: &Fd, _: Token) -> io::Result<()> {
        self.sets.remove(fd.shared()?);
        Ok(())
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        let waited = self.sets.wait(wait.timeout, |token, ready| {
            events.ready.push(Event { token: Token(token), ready });
        });
        match waited {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }
}

/// The one worker, behind a look at each descriptor's number.
pub(crate) struct SelectWorkers {
    workers: Box<LoopWorkers>,
    counters: Arc<Counters>,
    /// The log knows about the wall.
    told: bool,
}

impl SelectWorkers {
    pub(crate) fn start(counters: &Arc<Counters>) -> io::Result<Self> {
        let workers = LoopWorkers::start("select", 1, counters, |handle| {
            // A loop that nobody can wake is no worker.
            if is_beyond(handle.bell()?) {
                let what = "this process holds too many descriptors for `select`";
                return Err(io::Error::other(what));
            }
            Ok(Select::default)
        })?;
        Ok(Self { workers: Box::new(workers), counters: Arc::clone(counters), told: false })
    }
}

impl Workers for SelectWorkers {
    fn blocking(&self) -> bool {
        false
    }

    fn serve(&mut self, arrival: Arrival) {
        if !is_beyond(&arrival.fd) {
            return self.workers.serve(arrival);
        }
        self.counters.unselectable.fetch_add(1, Ordering::Relaxed);
        if !std::mem::replace(&mut self.told, true) {
            let (conn, descriptor) = (arrival.ticket.connection, arrival.fd.as_raw_fd());
            tracing::warn!(conn, descriptor, "beyond what `select` can name: refused, as all such");
        }
        arrival.refuse();
    }

    fn drain(&mut self) {
        self.workers.drain();
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        self.workers.stop(grace)
    }
}
