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
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::{Arrival, Workers};
use crate::conn::Conn;
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::waker::LoopHandle;
use crate::limits::EVENTS_PER_SELECT;
use crate::metrics::Counters;

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

    fn register(&mut self, fd: &Arc<OwnedFd>, token: Token, interest: Readiness) -> io::Result<()> {
        Ok(epoll::add(&self.fd, fd, epoll::EventData::new_u64(token.0), flags_of(interest))?)
    }

    fn modify(&mut self, fd: &Arc<OwnedFd>, token: Token, interest: Readiness) -> io::Result<()> {
        Ok(epoll::modify(&self.fd, fd, epoll::EventData::new_u64(token.0), flags_of(interest))?)
    }

    fn unregister(&mut self, fd: &Arc<OwnedFd>, _: Token) -> io::Result<()> {
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
    let mut flags = epoll::EventFlags::ET | epoll::EventFlags::RDHUP;
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

/// The worker threads.
pub(crate) struct EpollWorkers {
    handles: Vec<Arc<LoopHandle>>,
    threads: Vec<JoinHandle<()>>,
}

impl EpollWorkers {
    pub(crate) fn start(count: usize, counters: &Arc<Counters>) -> io::Result<Self> {
        let mut workers = Self { handles: Vec::new(), threads: Vec::new() };
        for number in 0..count {
            if let Err(error) = workers.start_one(number, counters) {
                // Leave nothing behind.
                Box::new(workers).stop(Duration::from_secs(1));
                return Err(error);
            }
        }
        Ok(workers)
    }

    fn start_one(&mut self, number: usize, counters: &Arc<Counters>) -> io::Result<()> {
        // Whatever can fail is made here, so that a worker that runs is a worker that works.
        let fd = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let handle = LoopHandle::new();
        handle.bell()?;
        let for_thread = Arc::clone(&handle);
        let counters = Arc::clone(counters);
        let thread =
            thread::Builder::new().name(format!("parlor-epoll-{number}")).spawn(move || {
                let _counting = counters.count_this_thread();
                EventLoop::new(Box::new(Epoll::new(fd)), for_thread).serve();
            })?;
        self.handles.push(handle);
        self.threads.push(thread);
        Ok(())
    }
}

impl Workers for EpollWorkers {
    fn blocking(&self) -> bool {
        false
    }

    fn serve(&mut self, arrival: Arrival) {
        let handle = &self.handles[arrival.ticket.worker as usize];
        handle.submit(Box::new(move |event_loop| begin(event_loop, arrival)));
    }

    fn drain(&mut self) {
        for handle in &self.handles {
            handle.drain();
        }
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        for handle in &self.handles {
            handle.stop();
        }
        super::join(self.threads, grace)
    }
}

/// Makes a connection a task, on the worker's own thread.
fn begin(event_loop: &Rc<EventLoop>, arrival: Arrival) {
    let Arrival { fd, peer, service, ticket } = arrival;
    let connection = ticket.connection;
    match Conn::on_loop(event_loop, connection, Arc::new(fd), peer) {
        Ok(conn) => match service.handle(conn) {
            Some(future) => event_loop.spawn(future, Some(ticket)),
            None => ticket.end(true),
        },
        Err(error) => {
            // For example `fs.epoll.max_user_watches`.
            tracing::warn!(conn = connection, %error, "cannot watch a connection: refused");
            ticket.refuse();
        }
    }
}
