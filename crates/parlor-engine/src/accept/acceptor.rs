//! One accept loop for all workers, on the thread that called `Server::run`.
//!
//! Connections here live long, so it matters that each worker gets its share, and letting the
//! kernel choose would give most of them to the busiest worker (the one that has just run is woken
//! first).
//!
//! Everybody is taken from the kernel before anybody is handed on, as far as there is room: a client
//! whose SYN finds the backlog full tries again after a whole second, and handing on, which may mean
//! starting a thread, takes longer than accepting.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Door, Intake, Taken};
use crate::admission::Admission;
use crate::bell::Bell;
use crate::limits::{ARRIVALS_WAITING_MAX, HAND_ONS_PER_WAKE, STARVED_PAUSE_MS};
use crate::metrics::Counters;
use crate::model::{Arrival, Workers};
use crate::shutdown::Shutdown;
use crate::time;

/// Everything the accept loop works with.
pub(crate) struct Acceptor<'a> {
    doors: Vec<Arc<Door>>,
    workers: &'a mut dyn Workers,
    intake: Intake,
    admission: Arc<Admission>,
    bell: Arc<Bell>,
    /// Let in, but not handed on yet.
    arrivals: VecDeque<Arrival>,
    /// Descriptors have run out; the doors are disarmed until then, or until a connection ends.
    starved_until: Option<Instant>,
}

impl<'a> Acceptor<'a> {
    pub(crate) fn new(
        doors: Vec<Arc<Door>>,
        workers: &'a mut dyn Workers,
        admission: Arc<Admission>,
        counters: &Arc<Counters>,
        bell: Arc<Bell>,
    ) -> Self {
        let intake = Intake::for_all(&admission, counters, workers.blocking());
        admission.tell_when_one_ends.store(workers.room().is_some(), Ordering::SeqCst);
        let arrivals = VecDeque::new();
        Self { doors, workers, intake, admission, bell, arrivals, starved_until: None }
    }

    /// Accepts until the server is asked to stop, then closes the listeners.
    pub(crate) fn run(mut self, shutdown: &Shutdown) {
        while !shutdown.is_triggered() {
            let ready = self.wait();
            self.intake.counters.accept_wakes.fetch_add(1, Ordering::Relaxed);
            if ready.bell {
                self.bell.silence();
            }
            self.end_starvation(ready.bell);
            // A few from each door in turn, so that a storm at one leaves the others open.
            let taken: Vec<Taken> =
                ready.doors.into_iter().map(|door| self.accept_some(door)).collect();
            if !taken.contains(&Taken::Batch) || self.is_full() {
                self.hand_on(HAND_ONS_PER_WAKE);
            }
        }
        self.hand_on(usize::MAX);
    }

    /// Nobody more is taken in before some are handed on.
    fn is_full(&self) -> bool {
        self.arrivals.len() >= ARRIVALS_WAITING_MAX
    }

    /// Gives up to so many arrivals to the workers, in the order in which they came.
    fn hand_on(&mut self, most: usize) {
        let some = most.min(self.arrivals.len());
        for arrival in self.arrivals.drain(..some) {
            self.workers.serve(arrival);
        }
        // What a storm has needed is not kept for ever.
        if self.arrivals.is_empty() {
            self.arrivals = VecDeque::new();
        }
    }

    /// Waits for a client, the bell, the end of the pause, or what the model has to do.
    fn wait(&mut self) -> Ready {
        let due = self.workers.tend();
        self.intake.room = self.workers.room();
        let mut fds = vec![PollFd::new(&self.bell, PollFlags::IN)];
        // Without room nobody is accepted. The bell tells when a connection ends, and one ends
        // before there is room again.
        if self.starved_until.is_none() && self.intake.has_room() && !self.is_full() {
            let listeners = self.doors.iter().map(|door| &door.listener.fd);
            fds.extend(listeners.map(|fd| PollFd::new(fd, PollFlags::IN)));
        }
        let listening = fds.len();
        fds.extend(self.workers.wakes().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let until = self.starved_until.into_iter().chain(due).min();
        let timeout = if self.arrivals.is_empty() {
            until.map(|until| until.saturating_duration_since(time::now()))
        } else {
            Some(Duration::ZERO)
        };
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        if let Err(error) = poll(&mut fds, timeout.as_ref())
            && error != Errno::INTR
        {
            tracing::error!(%error, "cannot wait for clients");
            return Ready { bell: false, doors: Vec::new() };
        }
        let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let doors = fds[1..listening].iter().enumerate();
        Ready {
            bell: ready(&fds[0]),
            doors: doors.filter(|(_, fd)| ready(fd)).map(|(door, _)| door).collect(),
        }
    }

    /// Takes up to a batch of clients from one listener.
    fn accept_some(&mut self, door: usize) -> Taken {
        let arrivals = &mut self.arrivals;
        let mut keep = |arrival| arrivals.push_back(arrival);
        let taken = self.intake.take_some(&self.doors[door], &mut keep);
        if taken == Taken::Starved {
            // Step 1 (see the module above): no descriptor is free.
            self.admission.tell_when_one_ends.store(true, Ordering::SeqCst);
            self.starved_until = Some(time::now() + Duration::from_millis(STARVED_PAUSE_MS));
        }
        taken
    }

    /// Steps 2 and 3: after a connection has ended, or when the pause is over.
    fn end_starvation(&mut self, one_ended: bool) {
        let Some(until) = self.starved_until else { return };
        if one_ended {
            self.starved_until = None;
        } else if time::now() >= until {
            self.starved_until = None;
            let workers = &mut *self.workers;
            for door in &self.doors {
                self.intake.shed(door, &mut |arrival| workers.serve(arrival));
            }
        } else {
            return;
        }
        // Armed again. If nothing has changed, the next accept will say so.
        let always = self.workers.room().is_some();
        self.admission.tell_when_one_ends.store(always, Ordering::SeqCst);
        self.intake.renew_reserve();
    }
}

/// What a wait found.
struct Ready {
    bell: bool,
    doors: Vec<usize>,
}
