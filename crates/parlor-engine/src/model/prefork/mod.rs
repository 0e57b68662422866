//! `prefork:N`: N processes; the parent accepts and hands each connection to one of them.
//!
//! **The idea.** The lecture's processes that are handed sockets. An open socket cannot be an
//! argument, but the kernel passes descriptors from process to process. So one parent accepts,
//! applies the limits and hands over; workers serve with a model of their own, `epoll:1` unless
//! another is named: `prefork:6/threads`. A worker that crashes, is killed or leaks takes its own
//! connections with it and nobody else's, and is replaced.
//!
//! **The system calls.** For each connection one `sendmsg` with SCM_RIGHTS in the parent, one
//! `recvmsg` in the worker (SOCK_SEQPACKET: a message, a descriptor), and then those of the inner
//! model. The parent closes its copy when the call has returned, so a limit of 20,000 descriptors a
//! process is one of 20,000 connections a *worker*. Ends of connections come back over the same
//! socket, many in a message, and give the parent the load of each worker; counts of system calls
//! are in shared memory.
//!
//! **How a worker comes to be.** Not by `fork` in the middle of a program: a process with threads
//! cannot be forked safely, since locks that other threads held stay locked in the copy. The parent
//! starts its own program again, with the same arguments and environment, and the socket as
//! standard input. There `main` runs as it did before, and reaches the same
//! [`Server`](crate::Server): in a worker its `listen` binds nothing and its `run` serves what the
//! parent hands over, and never returns. The contract for `main` is told at
//! [`Server::run`](crate::Server::run).
//!
//! **What can be lost.** When a worker dies, its connections, and those that were on their way to
//! it in the few moments until the parent knows. Nobody else's.
//!
//! **The wall.** Workers share no memory, so no room and no game; one more copy of the program's
//! own memory for each; and a connection costs two system calls more than on one process.

mod backoff;
mod channel;
mod message;
mod process;
mod supervise;
pub(crate) mod worker;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use self::backoff::Backoff;
use self::channel::Verdict;
use self::message::ToWorker;
use self::process::{Process, Program, State};
use super::{Arrival, Inner, Model, Workers};
use crate::accept::Door;
use crate::limits::{Limits, WORKER_END_MS, WORKER_START_MS};
use crate::metrics::Counters;
use crate::sys::SharedCounts;
use crate::time;

/// Tells a process that it is a worker: the number of its parent.
const WORKER_VARIABLE: &str = "PARLOR_ENGINE_WORKER";

/// The parent's side: all workers, and connections that none of them would take yet.
pub(crate) struct Prefork {
    program: Program,
    inner: Model,
    /// All sockets and pidfds of workers, each with the number of its place.
    epoll: OwnedFd,
    places: Vec<Place>,
    /// Everybody's socket is full: until these are taken, nobody is accepted. So there are never
    /// more of them than the accept loop takes in one turn, `ACCEPTS_PER_WAKE` from each listener.
    held: VecDeque<Arrival>,
    /// When they are offered again; with no worker at all, when there is one.
    offer_at: Option<Instant>,
    drain_within: Duration,
    draining_until: Option<Instant>,
    counters: Arc<Counters>,
}

/// Where a worker belongs, also while there is none.
#[derive(Default)]
struct Place {
    process: Option<Process>,
    backoff: Backoff,
    restart_at: Option<Instant>,
    /// How the last one ended.
    last_end: String,
}

impl Prefork {
    /// Starts so many workers and waits until all of them can be given connections.
    pub(crate) fn start(
        count: usize,
        inner: Inner,
        doors: &[Arc<Door>],
        limits: &Limits,
        counters: &Arc<Counters>,
    ) -> io::Result<Self> {
        let listeners =
            doors.iter().map(|door| (door.name.to_owned(), door.listener.bound.clone()));
        let workers = u32::try_from(count).map_err(io::Error::other)?;
        let program = Program::new(workers, listeners.collect())?;
        counters.count_outside(SharedCounts::create(count)?);
        let mut prefork = Self {
            program,
            inner: inner.model(),
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            places: (0..count).map(|_| Place::default()).collect(),
            held: VecDeque::new(),
            offer_at: None,
            drain_within: Duration::from_millis(limits.drain_ms),
            draining_until: None,
            counters: Arc::clone(counters),
        };
        let now = time::now();
        for number in 0..count {
            prefork.start_one(number, now)?;
        }
        prefork.wait_until_ready(now + Duration::from_millis(WORKER_START_MS))?;
        Ok(prefork)
    }

    /// At the start, one worker that does not work is an error: none of them would.
    fn wait_until_ready(&mut self, deadline: Instant) -> io::Result<()> {
        loop {
            self.hear(time::now());
            let mut all_ready = true;
            for (number, place) in self.places.iter().enumerate() {
                match place.process.as_ref().map(|process| process.state) {
                    Some(State::Ready { .. }) => {}
                    Some(State::Starting | State::Ending) => all_ready = false,
                    None => return Err(never_ready(number, &place.last_end)),
                }
            }
            if all_ready {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(time::now());
            if left.is_zero() {
                let seconds = WORKER_START_MS / 1000;
                let number = self.starting().next().unwrap_or(0);
                return Err(never_ready(number, &format!("nothing for {seconds} s")));
            }
            self.wait(left);
        }
    }

    fn starting(&self) -> impl Iterator<Item = usize> {
        let numbered = self.places.iter().enumerate();
        let starting = numbered.filter(|(_, place)| {
            place.process.as_ref().is_some_and(|process| process.state == State::Starting)
        });
        starting.map(|(number, _)| number)
    }

    /// Waits for something from any worker.
    fn wait(&self, timeout: Duration) {
        let timeout = Timespec::try_from(timeout).ok();
        let epoll = rustix::event::PollFd::new(&self.epoll, rustix::event::PollFlags::IN);
        rustix::event::poll(&mut [epoll], timeout.as_ref()).ok();
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.places.iter().filter_map(|place| place.process.as_ref())
    }

    fn any_ready(&self) -> bool {
        self.processes().any(|process| matches!(process.state, State::Ready { .. }))
    }

    /// The worker with the fewest connections that has room, but none of those.
    fn least_loaded(&self, but: &[usize], now: Instant) -> Option<usize> {
        let numbered = self.places.iter().enumerate();
        let able = numbered.filter_map(|(number, place)| {
            let process = place.process.as_ref()?;
            let room = process.room(now)?;
            (room > 0 && !but.contains(&number)).then_some((process.tickets.len(), number))
        });
        able.min().map(|(_, number)| number)
    }

    /// Hands a connection to the least loaded worker, or to the next if that one does not keep up.
    /// Gives it back when it has to be offered again later.
    fn offer(&mut self, arrival: Arrival, now: Instant) -> Option<Arrival> {
        let Arrival { fd, peer, ticket, door, .. } = &arrival;
        let (connection, peer) = (ticket.connection, peer.clone());
        let door = u32::try_from(*door).unwrap_or(u32::MAX);
        let message = ToWorker::Serve { connection, door, peer }.encode();
        let mut passed_by = Vec::new();
        while let Some(number) = self.least_loaded(&passed_by, now) {
            let Some(process) = &mut self.places[number].process else { break };
            match process.channel.send(&message, Some(fd.as_fd())) {
                Ok(()) => {
                    // The worker has a copy, or will have: ours is closed with `arrival`.
                    process.tickets.insert(connection, arrival.ticket);
                    return None;
                }
                Err(Verdict::Full) => {}
                // Its pidfd tells the rest.
                Err(Verdict::Gone) => process.state = State::Ending,
                Err(Verdict::Broken) => {
                    tracing::error!(conn = connection, "cannot hand a connection over: refused");
                    arrival.refuse();
                    return None;
                }
            }
            passed_by.push(number);
        }
        // With no worker at all, one is on its way, unless this is the end. Workers that are as
        // full as they may be are a limit like any other.
        let any_ready = self.any_ready();
        let waits = !passed_by.is_empty() || !any_ready || self.seats().is_some();
        if waits && (any_ready || self.draining_until.is_none()) {
            return Some(arrival);
        }
        tracing::debug!(conn = connection, "every worker is full: refused");
        arrival.refuse();
        None
    }

    /// How many connections the workers can have, if others are to wait in the backlog.
    fn seats(&self) -> Option<usize> {
        let seats = self.processes().filter_map(|process| match process.state {
            State::Ready { capacity, others_wait: true } => Some(capacity),
            _ => None,
        });
        seats.fold(None, |sum, seats| Some(sum.unwrap_or(0) + seats))
    }
}

fn never_ready(number: usize, end: &str) -> io::Error {
    io::Error::other(format!(
        "worker {number} was never ready ({end}); started again with the same arguments, `main` \
         has to come to the same `Server::run`"
    ))
}

impl Workers for Prefork {
    fn blocking(&self) -> bool {
        // Whether a socket blocks is a property of the socket, whoever has it.
        matches!(self.inner, Model::Blocking | Model::Threads | Model::Pool { .. })
    }

    fn room(&self) -> Option<usize> {
        if !self.held.is_empty() || !self.any_ready() {
            return Some(0);
        }
        self.seats()
    }

    fn serve(&mut self, arrival: Arrival) {
        // Not past those that came before.
        self.held.push_back(arrival);
        if self.held.len() == 1 {
            self.offer_held(time::now());
        }
    }

    fn wakes(&self) -> Option<BorrowedFd<'_>> {
        Some(self.epoll.as_fd())
    }

    fn tend(&mut self) -> Option<Instant> {
        let now = time::now();
        self.hear(now);
        self.replace_the_ended(now);
        if self.offer_at.map_or_else(|| self.any_ready(), |at| now >= at) {
            self.offer_held(now);
        }
        self.tell_to_drain(now);
        self.due(now)
    }

    fn drain(&mut self) {
        self.draining_until = Some(time::now() + self.drain_within);
        for place in &mut self.places {
            place.restart_at = None;
        }
        self.tend();
    }

    /// The workers know the deadline and end by themselves; here they are waited for.
    fn stop(mut self: Box<Self>, grace: Duration) -> usize {
        for arrival in self.held.drain(..) {
            arrival.refuse();
        }
        let deadline = time::now() + grace + Duration::from_millis(WORKER_END_MS);
        loop {
            let now = time::now();
            self.draining_until.get_or_insert(now);
            let due = self.tend().map_or(deadline, |due| due.min(deadline));
            if self.processes().next().is_none() || now >= deadline {
                break;
            }
            self.wait(due.saturating_duration_since(now));
        }
        for process in self.processes() {
            tracing::error!(process = process.id(), "a worker would not end: killed");
        }
        self.places.clear();
        self.counters.processes.store(0, std::sync::atomic::Ordering::Relaxed);
        0
    }
}
