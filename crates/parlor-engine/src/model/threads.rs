//! `threads`: an OS thread for each connection.
//!
//! **The idea.** The scheduler of the operating system is the event loop. A handler that waits
//! parks its thread in the kernel, and the kernel wakes it when there are bytes.
//!
//! **The system calls.** A handler that waits for nothing but its socket costs one `recv` and one
//! `send` a message. That takes some care, since a handler is an async function and may wait for
//! more than one thing. When it stops, its loop (there is a small one on every thread) asks: can
//! anything but the socket wake it?
//!
//! - *No*: no timer is armed, nobody else waits, and every clone of its waker sits in the socket
//!   itself. Then the thread parks in a blocking `recv`, which brings the bytes with it. No eventfd
//!   is made, so ten thousand clients take ten thousand descriptors.
//! - *A timer*: `ppoll` on the socket with a time limit, then `recv`.
//! - *Somebody else* (a room's subscription, `draining()`, another task): `ppoll` on the socket and
//!   an eventfd, then `recv`.
//!
//! Reads are not tried first: a short read has shown that the socket is empty, so the next thing to
//! do is to park. Writes are tried with `MSG_DONTWAIT`, since a handler that is stuck in `send` could
//! not read, and two peers that do nothing but write would wait for each other for ever.
//!
//! **The wall.** About 35 KiB a connection, most of it the kernel's (stack, task, page tables), a
//! context switch for each message, and limits on the number of threads (`ulimit -u`,
//! `kernel.pid_max`, `vm.max_map_count` at four mappings a thread: its stack, its signal stack and a
//! guard page for each). A thread that cannot be started is a refused connection and a line in the log.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown};

use super::{Arrival, Workers};
use crate::address::Peer;
use crate::admission::Ticket;
use crate::conn::Conn;
use crate::context::{self, Home};
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::coroutine::task::describe;
use crate::coroutine::waker::LoopHandle;
use crate::handler::Service;
use crate::interleave::{Condvar, Mutex, MutexGuard};
use crate::limits::{Limits, MAPPINGS_KEPT, MAPPINGS_PER_THREAD};
use crate::metrics::{self, Counters};
use crate::received::{self, Received};
use crate::sys::PollSet;
use crate::time;

/// Waits for few descriptors on a thread of its own: in `recv` if that is enough, else in `ppoll`.
///
/// Only what somebody waits for is in the set: `poll` would report a hang-up for the others too,
/// again and again.
#[derive(Default)]
pub(crate) struct Parked {
    set: PollSet,
}

impl Selector for Parked {
    fn trigger(&self) -> Trigger {
        Trigger::Level
    }

    fn register(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        if interest != Readiness::NONE {
            self.set.insert(fd.shared()?, token.0, flags_of(interest));
        }
        Ok(())
    }

    fn modify(&mut self, fd: &Fd, token: Token, interest: Readiness) -> io::Result<()> {
        match self.set.find(token.0) {
            Some(place) if interest == Readiness::NONE => drop(self.set.remove(place)),
            Some(place) => self.set.set(place, flags_of(interest)),
            None => self.register(fd, token, interest)?,
        }
        Ok(())
    }

    fn unregister(&mut self, _: &Fd, token: Token) -> io::Result<()> {
        if let Some(place) = self.set.find(token.0) {
            self.set.remove(place);
        }
        Ok(())
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        // Nothing but one socket's bytes can end this wait: let the kernel hand them over.
        if wait.alone
            && let Some((fd, token)) = self.set.only_one_to_read(Token::BELL.0)
            && let Some(received) = park_in_recv(fd)
        {
            events.landed = Some((Token(token), received));
            return Ok(());
        }
        let waited = self.set.wait(wait.timeout, |token, flags| {
            events.ready.push(Event { token: Token(token), ready: readiness_of(flags) });
        });
        match waited {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }
}

/// Waits for bytes and receives them; `None` if the socket does not block.
fn park_in_recv(fd: &OwnedFd) -> Option<io::Result<Received>> {
    let mut buffer = received::take_for_parking();
    loop {
        metrics::count_recv();
        match rustix::net::recv(fd, spare_capacity(&mut buffer), RecvFlags::empty()) {
            Ok(_) => return Some(Ok(Received::new(buffer))),
            Err(Errno::INTR) => {}
            Err(error) => {
                received::give_back(buffer);
                return (error != Errno::AGAIN).then(|| Err(error.into()));
            }
        }
    }
}

pub(super) fn flags_of(interest: Readiness) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.contains(Readiness::READ));
    flags.set(PollFlags::OUT, interest.contains(Readiness::WRITE));
    flags
}

pub(super) fn readiness_of(flags: PollFlags) -> Readiness {
    let mut ready = Readiness::NONE;
    if flags.contains(PollFlags::IN) {
        ready |= Readiness::READ;
    }
    if flags.contains(PollFlags::OUT) {
        ready |= Readiness::WRITE;
    }
    // Broken: let both directions find out what it is.
    if flags.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
        ready |= Readiness::READ | Readiness::WRITE;
    }
    ready
}

/// All the threads that serve a connection.
pub(crate) struct Threads {
    seats: Arc<Seats>,
    counters: Arc<Counters>,
    stack_bytes: usize,
    /// More connections at once are refused.
    threads_max: usize,
    /// The log was told so.
    told: bool,
}

/// The connections that have a thread now.
#[derive(Default)]
pub(super) struct Seats {
    taken: Mutex<HashMap<u64, Seat>>,
    one_left: Condvar,
}

/// How to reach a thread: by its inbox, and if it is parked in `recv`, through its socket.
struct Seat {
    handle: Arc<LoopHandle>,
    socket: Weak<OwnedFd>,
}

impl Seats {
    /// Takes a seat, until the guard is dropped.
    pub(super) fn take(
        self: &Arc<Self>,
        connection: u64,
        handle: &Arc<LoopHandle>,
        socket: &Arc<OwnedFd>,
    ) -> Seated {
        let seat = Seat { handle: Arc::clone(handle), socket: Arc::downgrade(socket) };
        self.lock().insert(connection, seat);
        Seated { seats: Arc::clone(self), connection }
    }

    /// `draining()` resolves in all handlers.
    pub(super) fn drain(&self) {
        for seat in self.lock().values() {
            seat.handle.drain();
        }
    }

    /// Has all threads drop their handlers.
    pub(super) fn stop(&self) {
        for seat in self.lock().values() {
            seat.handle.stop();
            // A thread parked in `recv` hears no bell. The end of its stream it does hear, and it
            // looks whether it is to stop before it tells the handler.
            if let Some(socket) = seat.socket.upgrade() {
                rustix::net::shutdown(&*socket, Shutdown::Both).ok();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Seat>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees a connection's seat, also when its thread panics.
pub(super) struct Seated {
    seats: Arc<Seats>,
    connection: u64,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.seats.lock().remove(&self.connection);
        self.seats.one_left.notify_all();
    }
}

/// What became of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    Returned,
    Panicked,
    /// Its thread was told to stop, and dropped it.
    Dropped,
}

impl Served {
    /// Gives a connection's place back.
    pub(super) fn end(self, ticket: Ticket) {
        match self {
            Self::Returned => ticket.end(false),
            Self::Panicked => ticket.end(true),
            Self::Dropped => drop(ticket),
        }
    }
}

/// Serves one connection on this thread, in a loop of its own, and closes it.
pub(super) fn serve_here(
    handle: Arc<LoopHandle>,
    connection: u64,
    socket: Arc<OwnedFd>,
    peer: Peer,
    service: Service,
) -> Served {
    let event_loop = EventLoop::new(Box::new(Parked::default()), handle);
    let served = catch_unwind(AssertUnwindSafe(|| {
        event_loop.block_on(async move {
            let Home::Loop(event_loop) = context::home("a connection") else { return };
            match Conn::on_loop(&event_loop, connection, Fd::Shared(socket), peer) {
                Ok(conn) => service.run(conn).await,
                Err((error, _)) => tracing::error!(conn = connection, %error, "cannot serve"),
            }
        })
    }));
    // The socket closes before anybody hears that its place is free.
    drop(event_loop);
    match served {
        Ok(Some(())) => Served::Returned,
        Ok(None) => Served::Dropped,
        Err(panic) => {
            let reason = describe(&*panic);
            tracing::error!(conn = connection, reason, "a handler panicked");
            Served::Panicked
        }
    }
}

impl Threads {
    pub(crate) fn new(limits: &Limits, counters: &Arc<Counters>) -> Self {
        Self {
            seats: Arc::default(),
            counters: Arc::clone(counters),
            stack_bytes: limits.thread_stack_bytes,
            threads_max: threads_max(
                &std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default(),
            ),
            told: false,
        }
    }
}

/// How many threads there is room for in a process that may have so many mappings.
///
/// Starting one more would not be refused: a thread whose signal stack can't be mapped takes the
/// process down with it.
fn threads_max(max_map_count: &str) -> usize {
    let mappings = max_map_count.trim().parse().unwrap_or(usize::MAX);
    mappings.saturating_sub(MAPPINGS_KEPT) / MAPPINGS_PER_THREAD
}

impl Workers for Threads {
    fn blocking(&self) -> bool {
        true
    }

    fn serve(&mut self, arrival: Arrival) {
        if self.counters.live.load(Ordering::Relaxed) > self.threads_max {
            if !std::mem::replace(&mut self.told, true) {
                let threads = self.threads_max;
                tracing::warn!(threads, "no mappings for more threads (vm.max_map_count): refused");
            }
            return arrival.refuse();
        }
        let Arrival { fd, peer, service, ticket, .. } = arrival;
        let connection = ticket.connection;
        let socket = Arc::new(fd);
        let handle = LoopHandle::new();
        let seated = self.seats.take(connection, &handle, &socket);

        let refusal = service.refusal().clone();
        let counters = Arc::clone(&self.counters);
        // If the thread cannot be started, the closure with all that is in it comes to nothing;
        // the ticket has to survive that to be given back as refused.
        let ticket = Arc::new(Mutex::new(Some(ticket)));
        let carried = Arc::clone(&ticket);
        let refused_socket = Arc::clone(&socket);
        // Boxed, because starting a thread moves this through several frames that stay on its
        // stack, and each page of that costs every connection 4 KiB.
        let serve: Box<dyn FnOnce() + Send> = Box::new(move || {
            let ticket = carried.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(carried);
            let _counting = counters.count_this_thread();
            let served = serve_here(handle, connection, socket, peer, service);
            // First the place is free, then the seat is.
            if let Some(ticket) = ticket {
                served.end(ticket);
            }
            drop(seated);
        });
        let builder =
            thread::Builder::new().name("parlor-conn".into()).stack_size(self.stack_bytes);
        match builder.spawn(serve) {
            Ok(_detached) => {}
            Err(error) => {
                tracing::warn!(conn = connection, %error, "no thread for a connection: refused");
                super::refuse(&refused_socket, &refusal);
                drop(refused_socket);
                if let Some(ticket) = ticket.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    ticket.refuse();
                }
            }
        }
    }

    fn drain(&mut self) {
        self.seats.drain();
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        self.seats.stop();
        let deadline = time::now() + grace;
        let mut taken = self.seats.lock();
        while !taken.is_empty() {
            let left = deadline.saturating_duration_since(time::now());
            if left.is_zero() {
                break;
            }
            let waited = self.seats.one_left.wait_timeout(taken, left);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        taken.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_bounded_by_their_mappings() {
        // What Linux gives by default.
        assert_eq!(threads_max("65530\n"), 15_358);
        assert_eq!(threads_max("100"), 0);
        assert!(threads_max("unreadable") > 1_000_000, "no bound is known, so none is kept");
    }
}
