//! What the parent does for its workers between two connections: hears them, buries those that
//! have ended, starts others in their place, passes on that it is time to end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitStatus;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::Prefork;
use super::channel::Verdict;
use super::message::{End, How, MESSAGE_BYTES_MAX, ToParent, ToWorker};
use super::process::{Process, State};
use crate::limits::{
    CRASH_LOOP, EVENTS_PER_SELECT, HANDOVER_PAUSE_MS, MESSAGES_PER_WAKE, TICKETS_CAPACITY_KEPT,
    WORKER_REST_MS, WORKER_START_MS,
};
use crate::metrics::Counters;

/// What a worker had to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Everything,
    /// There may be more.
    Some,
}

impl Prefork {
    /// Starts a worker in its place.
    pub(super) fn start_one(&mut self, number: usize, now: Instant) -> io::Result<()> {
        let Some(counts) = self.counters.outside() else { return Ok(()) };
        let id = u32::try_from(number).map_err(io::Error::other)?;
        let process = Process::start(&self.program, id, counts.as_fd(), now)?;
        for fd in [process.channel.as_fd(), process.pidfd.as_fd()] {
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&self.epoll, fd, data, epoll::EventFlags::IN)?;
        }
        tracing::debug!(worker = number, process = process.id(), "a worker was started");
        let place = &mut self.places[number];
        place.process = Some(process);
        place.restart_at = None;
        Ok(())
    }

    /// Reads what workers have said and buries those that have ended, without waiting.
    pub(super) fn hear(&mut self, now: Instant) {
        let mut events: Vec<epoll::Event> =
            Vec::with_capacity(EVENTS_PER_SELECT.min(2 * self.places.len()));
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&Timespec::default())) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => tracing::error!(%error, "cannot hear the workers"),
        }
        if events.is_empty() {
            return;
        }
        for event in events {
            // Perhaps about another process than the one that has the place by now. That does no
            // harm: whoever has it is asked.
            if let Ok(number) = usize::try_from(event.data.u64()) {
                self.hear_one(number, now);
            }
        }
        let ready = self.processes().filter(|process| matches!(process.state, State::Ready { .. }));
        self.counters.processes.store(ready.count(), Ordering::Relaxed);
    }

    fn hear_one(&mut self, number: usize, now: Instant) {
        let Some(place) = self.places.get_mut(number) else { return };
        let Some(process) = &mut place.process else { return };
        let heard = read_messages(process, &self.epoll, &self.counters, now);
        let Some(status) = process.status() else { return };
        // A process that has ended says nothing new, so what there still is has an end.
        if heard == Heard::Some {
            while read_messages(process, &self.epoll, &self.counters, now) == Heard::Some {}
        }
        self.bury(number, &status, now);
    }

    /// A worker has ended. Its connections ended with it.
    fn bury(&mut self, number: usize, status: &io::Result<ExitStatus>, now: Instant) {
        let place = &mut self.places[number];
        let Some(process) = place.process.take() else { return };
        for fd in [process.channel.as_fd(), process.pidfd.as_fd()] {
            // The socket's may be gone already.
            epoll::delete(&self.epoll, fd).ok();
        }
        if let Some(slot) = self.counters.outside().and_then(|slots| slots.slots().get(number)) {
            slot.queued.store(0, Ordering::Relaxed);
        }
        let id = process.id();
        place.last_end = match status {
            Ok(status) => status.to_string(),
            // Somebody else has waited for it, or all children are ignored.
            Err(error) => error.to_string(),
        };
        if self.draining_until.is_some() {
            tracing::debug!(worker = number, process = id, end = place.last_end, "a worker ended");
            return;
        }
        self.counters.processes_lost.fetch_add(1, Ordering::Relaxed);
        let pause = place.backoff.ended(process.started, now);
        place.restart_at = Some(now + pause);
        let (connections, early) = (process.tickets.len(), place.backoff.early_ends());
        let (end, pause_ms) = (&place.last_end, pause.as_millis());
        if early >= CRASH_LOOP {
            tracing::error!(
                worker = number,
                process = id,
                end,
                connections,
                early,
                pause_ms,
                "a worker ends again and again"
            );
        } else {
            tracing::warn!(
                worker = number,
                process = id,
                end,
                connections,
                pause_ms,
                "a worker ended and is replaced"
            );
        }
    }

    /// Starts what is due, and ends what takes too long to start.
    pub(super) fn replace_the_ended(&mut self, now: Instant) {
        for number in 0..self.places.len() {
            let place = &mut self.places[number];
            if let Some(process) = &mut place.process
                && process.state == State::Starting
                && now >= process.started + Duration::from_millis(WORKER_START_MS)
            {
                tracing::warn!(worker = number, "a worker takes too long to start: killed");
                process.state = State::Ending;
                process.kill();
            }
            if place.restart_at.is_none_or(|at| now < at) {
                continue;
            }
            if let Err(error) = self.start_one(number, now) {
                let place = &mut self.places[number];
                let pause = place.backoff.ended(now, now);
                place.restart_at = Some(now + pause);
                let pause_ms = pause.as_millis();
                tracing::error!(worker = number, %error, pause_ms, "cannot start a worker");
            }
        }
    }

    /// Offers those who wait, in their order, until one finds nobody.
    pub(super) fn offer_held(&mut self, now: Instant) {
        self.offer_at = None;
        while let Some(arrival) = self.held.pop_front() {
            if let Some(arrival) = self.offer(arrival, now) {
                self.held.push_front(arrival);
                let pause = Duration::from_millis(HANDOVER_PAUSE_MS);
                self.offer_at = self.any_ready().then_some(now + pause);
                break;
            }
        }
    }

    /// Passes the request to end on: after the last connection, and as often as it takes.
    pub(super) fn tell_to_drain(&mut self, now: Instant) {
        let Some(until) = self.draining_until.filter(|_| self.held.is_empty()) else { return };
        let left = until.saturating_duration_since(now).as_millis();
        let within_ms = u64::try_from(left).unwrap_or(u64::MAX);
        let message = ToWorker::Drain { within_ms }.encode();
        let processes = self.places.iter_mut().filter_map(|place| place.process.as_mut());
        for process in processes.filter(|process| !process.told_to_drain) {
            process.told_to_drain = process.channel.send(&message, None) != Err(Verdict::Full);
        }
    }

    /// When there will be something to do, though nobody has said anything.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let soon = now + Duration::from_millis(HANDOVER_PAUSE_MS);
        let draining = self.draining_until.is_some();
        let owed = draining && self.processes().any(|process| !process.told_to_drain);
        let starting = self.processes().filter(|process| process.state == State::Starting);
        let late = starting.map(|process| process.started + Duration::from_millis(WORKER_START_MS));
        let restarts = self.places.iter().filter_map(|place| place.restart_at);
        restarts.chain(late).chain(self.offer_at).chain(owed.then_some(soon)).min()
    }
}

/// Takes up to a batch of messages from one worker.
fn read_messages(
    process: &mut Process,
    epoll: &OwnedFd,
    counters: &Counters,
    now: Instant,
) -> Heard {
    let mut text = [0; MESSAGE_BYTES_MAX];
    for _ in 0..MESSAGES_PER_WAKE {
        let delivery = match process.channel.receive(&mut text) {
            Ok(Some(delivery)) => delivery,
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => return Heard::Everything,
            end => {
                if let Err(error) = end {
                    tracing::error!(process = process.id(), %error, "cannot hear a worker");
                }
                // Nothing more will come. It is about to end; if not, it is of no use any more.
                epoll::delete(epoll, &process.channel).ok();
                process.state = State::Ending;
                process.kill();
                return Heard::Everything;
            }
        };
        match ToParent::decode(&text[..delivery.length]).filter(|_| !delivery.truncated) {
            Some(ToParent::Ready { capacity, others_wait }) => {
                let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
                process.state = State::Ready { capacity, others_wait };
            }
            Some(ToParent::Ended(ends)) => {
                for end in ends {
                    close(process, end, counters, now);
                }
            }
            None => {
                tracing::error!(process = process.id(), "a worker makes no sense: killed");
                process.state = State::Ending;
                process.kill();
                return Heard::Everything;
            }
        }
    }
    Heard::Some
}

/// A connection has ended: its place is free.
fn close(process: &mut Process, end: End, counters: &Counters, now: Instant) {
    let Some(ticket) = process.tickets.remove(&end.connection) else {
        return tracing::error!(conn = end.connection, "a worker ended what it did not have");
    };
    process.rests_until = None;
    // A burst must not leave its memory. Halved at a quarter, this is as cheap as growing was.
    let room = process.tickets.capacity();
    if room > TICKETS_CAPACITY_KEPT && process.tickets.len() < room / 4 {
        process.tickets.shrink_to(room / 2);
    }
    match end.how {
        How::Handled(outcome) => ticket.close(outcome),
        How::Lost => {
            counters.starved.fetch_add(1, Ordering::Relaxed);
            process.rests_until = Some(now + Duration::from_millis(WORKER_REST_MS));
            ticket.refuse();
        }
    }
}
