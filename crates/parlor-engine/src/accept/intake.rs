//! Taking clients from a listener, one at a time: in, refused, or an error that has an answer.

use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};

use super::{Door, Verdict, classify};
use crate::address::Peer;
use crate::admission::Admission;
use crate::conn;
use crate::limits::{ACCEPTS_PER_WAKE, SHED_PER_STARVATION, STARVED_COMPLAINT_S};
use crate::metrics::Counters;
use crate::model::{self, Arrival};
use crate::time;

/// What an accept loop holds, whichever thread it runs on.
pub(crate) struct Intake {
    pub(crate) counters: Arc<Counters>,
    admission: Arc<Admission>,
    /// Who serves what this takes in; `None`: the least loaded at that moment.
    worker: Option<u32>,
    /// Whether sockets are made blocking.
    blocking: bool,
    /// How many connections may be in at once; the rest stay in the backlog.
    pub(crate) room: Option<usize>,
    /// Closed when descriptors run out, so that there is one to turn a client away with. One for
    /// all intakes of a server: it is held for writing meanwhile, so that what one has freed to
    /// turn a client away is not taken by another to let one in.
    reserve: Arc<RwLock<Option<OwnedFd>>>,
    /// When the log may be told again.
    complain_after: Option<Instant>,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was full; there may be more.
    Batch,
    /// Nobody waits any more, or there is no room.
    All,
    /// Descriptors have run out, or the listener is broken: try again after a pause.
    Starved,
}

impl Intake {
    /// For a model whose accept loop hands connections to the least loaded worker.
    pub(crate) fn for_all(
        admission: &Arc<Admission>,
        counters: &Arc<Counters>,
        blocking: bool,
    ) -> Self {
        Self {
            counters: Arc::clone(counters),
            admission: Arc::clone(admission),
            worker: None,
            blocking,
            room: None,
            reserve: Arc::new(RwLock::new(reserve_fd())),
            complain_after: None,
        }
    }

    /// One more, for a worker that accepts what it serves.
    pub(crate) fn at_worker(&self, number: u32) -> Self {
        Self {
            counters: Arc::clone(&self.counters),
            admission: Arc::clone(&self.admission),
            worker: Some(number),
            reserve: Arc::clone(&self.reserve),
            ..*self
        }
    }

    /// Takes up to a batch of clients from one listener.
    pub(crate) fn take_some(&mut self, door: &Door, serve: &mut dyn FnMut(Arrival)) -> Taken {
        for _ in 0..ACCEPTS_PER_WAKE {
            if !self.has_room() {
                return Taken::All;
            }
            let reserve = self.reserve.read().unwrap_or_else(PoisonError::into_inner);
            let accepted = self.accept_one(door);
            drop(reserve);
            match accepted {
                Ok((fd, peer)) => self.let_in(door, fd, peer, serve),
                Err(error) => match classify(error) {
                    Verdict::Next => {}
                    Verdict::Empty => return Taken::All,
                    Verdict::Starved => {
                        self.counters.starved.fetch_add(1, Ordering::Relaxed);
                        self.complain(door, error);
                        return Taken::Starved;
                    }
                    Verdict::Broken => {
                        // Not ours to repair, but a pause keeps it from spinning.
                        tracing::error!(listener = door.name, %error, "cannot accept");
                        return Taken::Starved;
                    }
                },
            }
        }
        Taken::Batch
    }

    /// Turns away some of those that wait, through the reserve descriptor.
    pub(crate) fn shed(&self, door: &Door, serve: &mut dyn FnMut(Arrival)) {
        let mut reserve = self.lock_reserve();
        for _ in 0..SHED_PER_STARVATION {
            if !self.has_room() {
                return;
            }
            // Maybe one has become free after all: then the client is a guest like any other.
            match self.accept_one(door) {
                Ok((fd, peer)) => {
                    self.let_in(door, fd, peer, serve);
                    continue;
                }
                Err(error) if classify(error) == Verdict::Starved => {}
                Err(_) => return,
            }
            drop(reserve.take());
            if let Ok((fd, _)) = self.accept_one(door) {
                self.turn_away(door, fd);
            }
            *reserve = reserve_fd();
            if reserve.is_none() {
                // Another thread was faster and has it now.
                return;
            }
        }
    }

    /// Gets a descriptor for the next time that they run out, if there is none.
    pub(crate) fn renew_reserve(&self) {
        let mut reserve = self.lock_reserve();
        *reserve = reserve.take().or_else(reserve_fd);
    }

    fn lock_reserve(&self) -> RwLockWriteGuard<'_, Option<OwnedFd>> {
        self.reserve.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when those who wait are to stay in the backlog.
    pub(crate) fn has_room(&self) -> bool {
        self.room.is_none_or(|room| self.counters.live.load(Ordering::SeqCst) < room)
    }

    fn accept_one(&self, door: &Door) -> Result<(OwnedFd, Peer), Errno> {
        // Close-on-exec in the same call: a program started at this moment must not inherit it.
        let mut flags = SocketFlags::CLOEXEC;
        flags.set(SocketFlags::NONBLOCK, !self.blocking);
        let listener = &door.listener;
        let (fd, address) = acceptfrom_with(&listener.fd, flags)?;
        self.counters.accepted.fetch_add(1, Ordering::Relaxed);
        let peer = if listener.is_local() { Peer::Unix } else { Peer::from_kernel(address) };
        Ok((fd, peer))
    }

    /// Gives a client to a worker, or refuses it at a limit.
    fn let_in(&self, door: &Door, fd: OwnedFd, peer: Peer, serve: &mut dyn FnMut(Arrival)) {
        let Door { name, service, .. } = door;
        let id = conn::next_id();
        match self.admission.admit(id, peer.ip(), self.worker) {
            Ok(ticket) => {
                tracing::trace!(conn = id, %peer, listener = name, "accepted");
                serve(Arrival { fd, peer, service: service.clone(), ticket, door: door.number });
            }
            Err(limit) => {
                tracing::debug!(conn = id, %peer, listener = name, ?limit, "refused");
                self.turn_away(door, fd);
            }
        }
    }

    fn turn_away(&self, door: &Door, fd: OwnedFd) {
        model::refuse(&fd, door.service.refusal());
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        drop(fd);
    }

    fn complain(&mut self, door: &Door, error: Errno) {
        let now = time::now();
        if self.complain_after.is_none_or(|after| now >= after) {
            self.complain_after = Some(now + Duration::from_secs(STARVED_COMPLAINT_S));
            let name = door.name;
            tracing::warn!(listener = name, %error, "out of descriptors: clients have to wait");
        }
    }
}

/// Any descriptor will do.
fn reserve_fd() -> Option<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC).ok()
}
