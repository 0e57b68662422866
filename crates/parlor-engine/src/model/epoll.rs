//! `epoll:N`: a few threads, each with an event loop that serves thousands of connections.
//!
//! **The idea.** Sockets do not block. A worker asks the kernel once which of its sockets became
//! ready and then runs just the handlers that wait for these. Waiting costs a connection nothing
//! but its place in memory.
//!
//! **The system calls.** `epoll_ctl` once, when the connection arrives: both directions,
//! edge-triggered, so that the kernel tells each change once and never has to be told that we wait
//! again. `epoll_wait` once a turn, for all sockets together. Then one `recv` and one `send` a message;
//! a read that brings less than its buffer holds has shown that the socket is empty, which saves
//! the second `recv` that would say so. The busier the server, the more sockets share a wait.
//!
//! **The wall.** A handler that computes for 200 ms stops every other connection of its worker for
//! 200 ms. The turn's budget (see `limits`) keeps handlers fair that merely have a lot to read;
//! computation belongs on a thread of its own.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::loops::LoopWorkers;
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::limits::EVENTS_PER_SELECT;
use crate::metrics::Counters;

/// Starts the workers.
pub(crate) fn start(count: usize, counters: &Arc<Counters>) -> io::Result<LoopWorkers> {
    LoopWorkers::start("epoll", count, counters, |_| {
        let fd = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(move || Epoll::new(fd))
    })
}

/// The kernel keeps the list of sockets, and hands out the ready ones.
pub(crate) struct Epoll {
    fd: OwnedFd,
    buffer: Vec<epoll::Event>,
}

impl Epoll {
    /// The selector on an epoll descriptor, which can be made on another thread.
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd, buffer: Vec::with_capacity(EVENTS_PER_SELECT) }
    }
}

impl Selector for Epoll {
    fn trigger(&self) -> Trigger {
        Trigger::Edge
    }

    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        Ok(epoll::add(&self.fd, fd, epoll::EventData::new_u64(token.0), flags_of(interest))?)
    }

    fn modify(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        Ok(epoll::modify(&self.fd, fd, epoll::EventData::new_u64(token.0), flags_of(interest))?)
    }

    fn unregister(&mut self, fd: &Fd, _: Token) -> io::Result<()> {
        Ok(epoll::delete(&self.fd, fd)?)
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        // Whole milliseconds (the loop has rounded them up), which is what `epoll_wait` takes.
        let timeout = wait.timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        self.buffer.clear();
        match epoll::wait(&self.fd, spare_capacity(&mut self.buffer), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        events.ready.extend(self.buffer.iter().map(|event| Event {
            token: Token(event.data.u64()),
            ready: readiness_of(event.flags),
        }));
        Ok(())
    }
}

fn flags_of(interest: Readiness) -> epoll::EventFlags {
    let mut flags = epoll::EventFlags::ET;
    if interest.contains(Readiness::EXCLUSIVE) {
        // The kernel takes it together with a few others only, and a listener has no end of stream.
        flags |= epoll::EventFlags::EXCLUSIVE;
    } else {
        flags |= epoll::EventFlags::RDHUP;
    }
    flags.set(epoll::EventFlags::IN, interest.contains(Readiness::READ));
    flags.set(epoll::EventFlags::OUT, interest.contains(Readiness::WRITE));
    flags
}

fn readiness_of(flags: epoll::EventFlags) -> Readiness {
    use epoll::EventFlags;
    let mut ready = Readiness::NONE;
    if flags.contains(EventFlags::IN) {
        ready |= Readiness::READ;
    }
    if flags.contains(EventFlags::OUT) {
        ready |= Readiness::WRITE;
    }
    if flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR) {
        ready |= Readiness::READ | Readiness::READ_CLOSED;
    }
    // Broken: let both directions find out what it is.
    if flags.intersects(EventFlags::HUP | EventFlags::ERR) {
        ready |= Readiness::WRITE;
    }
    ready
}
