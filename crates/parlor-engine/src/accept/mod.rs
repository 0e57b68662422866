//! The accept loop: the same for every model, on the thread that called `Server::run`.
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
//! One loop for all workers: connections here live long, so it matters that each worker gets its
//! share, and letting the kernel choose would give most of them to the busiest worker (the one
//! that has just run is woken first).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};

use crate::address::{Listener, Peer};
use crate::admission::Admission;
use crate::bell::Bell;
use crate::conn;
use crate::handler::Service;
use crate::limits::{ACCEPTS_PER_WAKE, SHED_PER_STARVATION, STARVED_COMPLAINT_S, STARVED_PAUSE_MS};
use crate::metrics::Counters;
use crate::model::{self, Arrival, Workers};
use crate::shutdown::Shutdown;
use crate::time;

/// A listener, its service and its name in the log.
pub(crate) struct Door {
    pub(crate) name: &'static str,
    pub(crate) listener: Listener,
    pub(crate) service: Service,
}

/// Everything the accept loop works with.
pub(crate) struct Acceptor<'a> {
    doors: Vec<Door>,
    workers: &'a mut dyn Workers,
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    bell: Arc<Bell>,
    /// Closed when descriptors run out, so that there is one to turn a client away with.
    reserve: Option<OwnedFd>,
    /// Descriptors have run out; the doors are disarmed until then, or until a connection ends.
    starved_until: Option<Instant>,
    /// When the log may be told again.
    complain_after: Option<Instant>,
}

impl<'a> Acceptor<'a> {
    pub(crate) fn new(
        doors: Vec<Door>,
        workers: &'a mut dyn Workers,
        admission: Arc<Admission>,
        counters: Arc<Counters>,
        bell: Arc<Bell>,
    ) -> Self {
        let reserve = reserve_fd(bell.as_fd());
        admission.tell_when_one_ends.store(workers.room().is_some(), Ordering::SeqCst);
        Self {
            doors,
            workers,
            admission,
            counters,
            bell,
            reserve,
            starved_until: None,
            complain_after: None,
        }
    }

    /// Accepts until the server is asked to stop, then closes the listeners.
    pub(crate) fn run(mut self, shutdown: &Shutdown) {
        while !shutdown.is_triggered() {
            let ready = self.wait();
            self.counters.accept_wakes.fetch_add(1, Ordering::Relaxed);
            if ready.bell {
                self.bell.silence();
            }
            self.end_starvation(ready.bell);
            // A few from each door in turn, so that a storm at one leaves the others open.
            for door in ready.doors {
                self.accept_some(door);
            }
        }
    }

    /// False when the model wants those who wait to stay in the backlog. It is told when a
    /// connection ends (the bell), and a connection ends before that.
    fn has_room(&self) -> bool {
        self.workers.room().is_none_or(|room| self.counters.live.load(Ordering::SeqCst) < room)
    }

    /// Waits for a client, the bell, the end of the pause, or what the model has to do.
    fn wait(&mut self) -> Ready {
        let due = self.workers.tend();
        let mut fds = vec![PollFd::new(&self.bell, PollFlags::IN)];
        if self.starved_until.is_none() && self.has_room() {
            let listeners = self.doors.iter().map(|door| &door.listener.fd);
            fds.extend(listeners.map(|fd| PollFd::new(fd, PollFlags::IN)));
        }
        let until = self.starved_until.into_iter().chain(due).min();
        let timeout = until.map(|until| until.saturating_duration_since(time::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        if let Err(error) = poll(&mut fds, timeout.as_ref())
            && error != Errno::INTR
        {
            tracing::error!(%error, "cannot wait for clients");
            return Ready { bell: false, doors: Vec::new() };
        }
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let doors = fds[1..].iter().enumerate();
        Ready {
            bell: ready(&fds[0]),
            doors: doors.filter(|(_, fd)| ready(fd)).map(|(door, _)| door).collect(),
        }
    }

    /// Takes up to a batch of clients from one listener.
    fn accept_some(&mut self, door: usize) {
        for _ in 0..ACCEPTS_PER_WAKE {
            if !self.has_room() {
                break;
            }
            match self.accept_one(door) {
                Ok((fd, peer)) => self.let_in(door, fd, peer),
                Err(error) => match classify(error) {
                    Verdict::Next => {}
                    Verdict::Empty => break,
                    Verdict::Starved => {
                        self.begin_starvation(door, error);
                        break;
                    }
                    Verdict::Broken => {
                        // Not ours to repair, but a pause keeps it from spinning.
                        tracing::error!(listener = self.doors[door].name, %error, "cannot accept");
                        self.starved_until = Some(pause_from_now());
                        break;
                    }
                },
            }
        }
    }

    fn accept_one(&self, door: usize) -> Result<(OwnedFd, Peer), Errno> {
        // Close-on-exec in the same call: a program started at this moment must not inherit it.
        let mut flags = SocketFlags::CLOEXEC;
        flags.set(SocketFlags::NONBLOCK, !self.workers.blocking());
        let listener = &self.doors[door].listener;
        let (fd, address) = acceptfrom_with(&listener.fd, flags)?;
        self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let peer = if listener.is_local() { Peer::Unix } else { Peer::from_kernel(address) };
        Ok((fd, peer))
    }

    /// Hands a client to the least loaded worker, or refuses it at a limit.
    fn let_in(&mut self, door: usize, fd: OwnedFd, peer: Peer) {
        let Door { name, service, .. } = &self.doors[door];
        let id = conn::next_id();
        match self.admission.admit(id, peer.ip()) {
            Ok(ticket) => {
                tracing::trace!(conn = id, %peer, listener = name, "accepted");
                self.workers.serve(Arrival { fd, peer, service: service.clone(), ticket });
            }
            Err(limit) => {
                tracing::debug!(conn = id, %peer, listener = name, ?limit, "refused");
                self.turn_away(door, fd);
            }
        }
    }

    fn turn_away(&self, door: usize, fd: OwnedFd) {
        model::refuse(&fd, self.doors[door].service.refusal());
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        drop(fd);
    }

    /// Step 1: no descriptor is free.
    fn begin_starvation(&mut self, door: usize, error: Errno) {
        self.counters.starved.fetch_add(1, Ordering::Relaxed);
        self.admission.tell_when_one_ends.store(true, Ordering::SeqCst);
        let now = time::now();
        if self.complain_after.is_none_or(|after| now >= after) {
            self.complain_after = Some(now + Duration::from_secs(STARVED_COMPLAINT_S));
            let name = self.doors[door].name;
            tracing::warn!(listener = name, %error, "out of descriptors: clients have to wait");
        }
        self.starved_until = Some(pause_from_now());
    }

    /// Steps 2 and 3: after a connection has ended, or when the pause is over.
    fn end_starvation(&mut self, one_ended: bool) {
        let Some(until) = self.starved_until else { return };
        if one_ended {
            self.starved_until = None;
        } else if time::now() >= until {
            self.starved_until = None;
            self.shed();
        } else {
            return;
        }
        // Armed again. If nothing has changed, the next accept will say so.
        let always = self.workers.room().is_some();
        self.admission.tell_when_one_ends.store(always, Ordering::SeqCst);
        self.reserve = self.reserve.take().or_else(|| reserve_fd(self.bell.as_fd()));
    }

    /// Step 3: turns away some of those that wait, through the reserve descriptor.
    fn shed(&mut self) {
        for door in 0..self.doors.len() {
            for _ in 0..SHED_PER_STARVATION {
                if !self.has_room() {
                    return;
                }
                // Maybe one has become free after all: then the client is a guest like any other.
                match self.accept_one(door) {
                    Ok((fd, peer)) => {
                        self.let_in(door, fd, peer);
                        continue;
                    }
                    Err(error) if classify(error) == Verdict::Starved => {}
                    Err(_) => break,
                }
                drop(self.reserve.take());
                let accepted = self.accept_one(door);
                if let Ok((fd, _)) = accepted {
                    self.turn_away(door, fd);
                }
                self.reserve = reserve_fd(self.bell.as_fd());
                if self.reserve.is_none() {
                    // Another thread was faster and has it now.
                    break;
                }
            }
        }
    }
}

/// What a wait found.
struct Ready {
    bell: bool,
    doors: Vec<usize>,
}

/// Any descriptor will do; a second one for the bell is the cheapest to have.
fn reserve_fd(of: BorrowedFd<'_>) -> Option<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(of, 0).ok()
}

fn pause_from_now() -> Instant {
    time::now() + Duration::from_millis(STARVED_PAUSE_MS)
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
