//! `pool:N`: N threads, started once; connections queue until one of them is free.
//!
//! **The idea.** The lecture's `ThreadPoolExecutor(max_workers=5)`. Threads are not made for each
//! client but kept, so a burst cannot start ten thousand of them: at most N handlers run, and
//! everybody else stands in a queue.
//!
//! **The system calls.** Those of `threads`, by the same code: one `recv` and one `send` a message,
//! parked in `recv`. A worker without a connection sleeps on a futex.
//!
//! **The wall.** A connection keeps its worker for as long as it lives, busy or idle. So N clients
//! that connect and say nothing starve all others, and no N is right for connections that live
//! long. What can be done about it is to tell: the queue has a bound (one more is refused), a
//! place in it has a time limit (then the client is sent the refusal rather than kept waiting),
//! and [`Snapshot`](crate::Snapshot) says how many were admitted, are queued, were queued at most,
//! and have timed out.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::threads::{Seated, Seats, Served, serve_here};
use super::{Arrival, Workers};
use crate::address::Peer;
use crate::admission::Ticket;
use crate::coroutine::waker::LoopHandle;
use crate::handler::Service;
use crate::interleave::{Condvar, Mutex, MutexGuard};
use crate::limits::Limits;
use crate::metrics::Counters;
use crate::time;

/// The threads and the queue before them.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// There is somebody in the queue, or it is time to end.
    called: Condvar,
    seats: Arc<Seats>,
    counters: Arc<Counters>,
    queue_max: usize,
    queue_wait: Duration,
}

struct State {
    /// In order of arrival, and so of deadlines. As many as there are free workers are about to be
    /// fetched; only those beyond wait.
    queue: VecDeque<Queued>,
    free: usize,
    draining: bool,
    stopping: bool,
}

struct Queued {
    arrival: Arrival,
    until: Instant,
}

/// A connection that has got its worker.
struct Guest {
    handle: Arc<LoopHandle>,
    socket: Arc<OwnedFd>,
    peer: Peer,
    service: Service,
    ticket: Ticket,
    seated: Seated,
}

impl Pool {
    /// Starts so many workers for the model `name`.
    pub(crate) fn start(
        name: &str,
        count: usize,
        limits: &Limits,
        counters: &Arc<Counters>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(count, limits, counters));
        let mut pool = Self { shared, threads: Vec::new() };
        for number in 0..count {
            let shared = Arc::clone(&pool.shared);
            let builder = thread::Builder::new()
                .name(format!("parlor-{name}-{number}"))
                .stack_size(limits.thread_stack_bytes);
            match builder.spawn(move || shared.work(serve_here)) {
                Ok(thread) => pool.threads.push(thread),
                Err(error) => {
                    // Leave nothing behind.
                    Box::new(pool).stop(Duration::from_secs(1));
                    return Err(error);
                }
            }
        }
        Ok(pool)
    }
}

impl Workers for Pool {
    fn blocking(&self) -> bool {
        true
    }

    fn serve(&mut self, arrival: Arrival) {
        let until = time::now() + self.shared.queue_wait;
        let mut state = self.shared.lock();
        if state.waiting() >= self.shared.queue_max && state.queue.len() >= state.free {
            drop(state);
            tracing::debug!(conn = arrival.ticket.connection, "the queue is full: refused");
            return arrival.refuse();
        }
        state.queue.push_back(Queued { arrival, until });
        self.shared.publish(&state);
        drop(state);
        self.shared.called.notify_one();
    }

    /// Turns those away who have waited for too long. The workers have other things to do, so
    /// that falls to the accept loop.
    fn tend(&mut self) -> Option<Instant> {
        let now = time::now();
        let mut state = self.shared.lock();
        let first = state.queue.front()?;
        if first.until > now {
            return Some(first.until);
        }
        let overdue = state.queue.partition_point(|queued| queued.until <= now);
        let overdue: Vec<_> = state.queue.drain(..overdue).collect();
        self.shared.publish(&state);
        let next = state.queue.front().map(|queued| queued.until);
        drop(state);
        for Queued { arrival, .. } in overdue {
            tracing::debug!(conn = arrival.ticket.connection, "timed out in the queue: refused");
            self.shared.counters.timed_out.fetch_add(1, Ordering::Relaxed);
            arrival.refuse();
        }
        next
    }

    fn drain(&mut self) {
        // Who is queued by now is served still: the handler hears at once that it is to end.
        let mut state = self.shared.lock();
        state.draining = true;
        self.shared.seats.drain();
        drop(state);
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        let mut state = self.shared.lock();
        state.stopping = true;
        let queue = std::mem::take(&mut state.queue);
        self.shared.publish(&state);
        self.shared.seats.stop();
        drop(state);
        self.shared.called.notify_all();
        for Queued { arrival, .. } in queue {
            arrival.refuse();
        }
        super::join(self.threads, grace)
    }
}

impl State {
    /// Those for whom no worker is free.
    fn waiting(&self) -> usize {
        self.queue.len().saturating_sub(self.free)
    }
}

impl Shared {
    /// For so many workers, none of which has anything to do.
    fn new(workers: usize, limits: &Limits, counters: &Arc<Counters>) -> Self {
        let queue = VecDeque::new();
        let state = State { queue, free: workers, draining: false, stopping: false };
        Self {
            state: Mutex::new(state),
            called: Condvar::new(),
            seats: Arc::default(),
            counters: Arc::clone(counters),
            queue_max: limits.queue_max,
            queue_wait: Duration::from_millis(limits.queue_wait_ms),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &State) {
        self.counters.queued.store(state.waiting(), Ordering::Relaxed);
        self.counters.queued_max.fetch_max(state.waiting(), Ordering::Relaxed);
    }

    /// A worker's life. How it serves a connection is an argument, so that a test can do without.
    fn work(&self, serve: impl Fn(Arc<LoopHandle>, u64, Arc<OwnedFd>, Peer, Service) -> Served) {
        let _counting = self.counters.count_this_thread();
        while let Some(guest) = self.next() {
            let Guest { handle, socket, peer, service, ticket, seated } = guest;
            let served = serve(handle, ticket.connection, socket, peer, service);
            drop(seated);
            // The worker is free before the place is: whoever hears of the place finds the worker.
            let mut state = self.lock();
            state.free += 1;
            drop(state);
            served.end(ticket);
        }
    }

    /// Waits for the next connection; `None` when it is time to end.
    fn next(&self) -> Option<Guest> {
        let mut state = self.lock();
        loop {
            if state.stopping {
                return None;
            }
            if let Some(Queued { arrival, .. }) = state.queue.pop_front() {
                state.free -= 1;
                self.publish(&state);
                return Some(self.seat(&state, arrival));
            }
            state = self.called.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// With the state locked, so that a drain or stop either sees the seat or is seen here.
    fn seat(&self, state: &State, arrival: Arrival) -> Guest {
        let Arrival { fd, peer, service, ticket, .. } = arrival;
        let socket = Arc::new(fd);
        let handle = LoopHandle::new();
        if state.draining {
            handle.drain();
        }
        let seated = self.seats.take(ticket.connection, &handle, &socket);
        Guest { handle, socket, peer, service, ticket, seated }
    }
}

#[cfg(test)]
mod tests;
