//! `io_uring:N`: a few threads, each with a ring through which the kernel is told what to do.
//!
//! **The idea.** Readiness asks "which sockets could I read now?" and then reads. Completion says
//! "read this one when you can" and later learns that it was done. Requests and answers lie in two
//! queues in memory that program and kernel share, so one system call submits all the reads and
//! writes of a turn, waits, and brings back all answers.
//!
//! **The system calls.** `io_uring_enter` once a turn, for all sockets together, and nothing else: a
//! message is an entry for its `recv` and one for its `send`. The kernel is asked to say nothing of
//! a send that went well, since that would end the wait that begins in the same call; so even a
//! lone connection takes one call a message. When a connection arrives,
//! `ioctl`, `getsockname`, `io_uring_register` and `close` move it into the ring's own table of *direct
//! descriptors*. These take no descriptor of the process, and each ring's table may be as large as
//! the limit on those: `io_uring:6` holds 120,000 connections where a process may have 20,000
//! files. Connections beyond the tables keep their descriptors.
//!
//! **Whose memory.** The kernel writes when it likes, also when the future that asked is long gone.
//! So all memory it sees belongs to the ring (see `sys::uring`): buffers to receive into, of which
//! the kernel picks one when bytes arrive, so that ten thousand idle connections own none; and
//! copies of what is to be sent. The [`book`] says when what is asked, and keeps back-pressure: once
//! asked for, receiving goes on by itself (Linux 6.17), but only until a few KiB have come, so that
//! never much more than one buffer is received ahead of the handler.
//!
//! **The wall.** That of `epoll`: a handler that computes stops its loop. And it is no magic: the
//! kernel's TCP costs the same, so where a turn has only one message there is little to be won.
//! Some kernels and most containers forbid it; then the server falls back to `epoll` and says so.

mod book;
mod ring;
mod transit;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use self::ring::RingStream;
use self::ring::{Reactor, Ring, direct_max};
use self::transit::{Passing, Transit};
use super::{Arrival, Workers};
use crate::conn::Conn;
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::waker::LoopHandle;
use crate::metrics::Counters;

thread_local! {
    /// The ring of this worker, for connections that are handed to it.
    static RING: RefCell<Option<Rc<Ring>>> = const { RefCell::new(None) };
}

/// Whether this kernel lets us have a ring.
pub(super) fn probe() -> io::Result<()> {
    // Some sandboxes let one make a ring and then not use it.
    Ring::new()?.enter_once()
}

/// The worker threads.
pub(crate) struct RingWorkers {
    handles: Vec<Arc<LoopHandle>>,
    transit: Arc<Transit>,
    threads: Vec<JoinHandle<()>>,
}

impl RingWorkers {
    /// Starts so many rings, each on a thread of its own.
    pub(crate) fn start(count: usize, counters: &Arc<Counters>) -> io::Result<Self> {
        let transit = Transit::new(direct_max() as usize);
        let mut workers = Self { handles: Vec::new(), transit, threads: Vec::new() };
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
        let handle = LoopHandle::new();
        handle.bell()?;
        let (for_thread, counters) = (Arc::clone(&handle), Arc::clone(counters));
        // A ring belongs to the thread that makes it, which says whether it could.
        let (made, outcome) = mpsc::channel();
        let builder = thread::Builder::new().name(format!("parlor-io_uring-{number}"));
        let thread = builder.spawn(move || {
            let _counting = counters.count_this_thread();
            match Ring::new() {
                Ok(ring) => {
                    made.send(Ok(())).ok();
                    serve(ring, for_thread);
                }
                Err(error) => {
                    made.send(Err(error)).ok();
                }
            }
        })?;
        self.handles.push(handle);
        self.threads.push(thread);
        outcome.recv().unwrap_or_else(|_| Err(io::Error::other("the worker died at start")))
    }
}

impl Workers for RingWorkers {
    /// See `Ring::adopt`.
    fn blocking(&self) -> bool {
        true
    }

    fn serve(&mut self, arrival: Arrival) {
        let handle = &self.handles[arrival.ticket.worker as usize];
        let passing = self.transit.set_out();
        handle.submit(Box::new(move |event_loop| begin(event_loop, arrival, passing)));
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

/// A worker's life.
fn serve(ring: Rc<Ring>, handle: Arc<LoopHandle>) {
    RING.set(Some(Rc::clone(&ring)));
    EventLoop::new(Box::new(Reactor(Rc::clone(&ring))), handle).serve();
    RING.take();
    ring.end();
}

/// Makes a connection a task, on the worker's own thread.
fn begin(event_loop: &Rc<EventLoop>, arrival: Arrival, passing: Passing) {
    let Arrival { fd, peer, service, ticket, .. } = arrival;
    let Some(ring) = RING.with_borrow(Option::clone) else { return ticket.refuse() };
    let (stream, local) = ring.adopt(fd);
    drop(passing);
    let conn = Conn::on_ring(ticket.connection, stream, peer, local);
    match service.handle(conn) {
        Some(future) => event_loop.spawn(future, Some(ticket)),
        None => ticket.end(true),
    }
}

#[cfg(test)]
mod tests;
