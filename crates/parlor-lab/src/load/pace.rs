//! The open loop: messages at their due times, come what may.

use std::time::Duration;

use super::connection::{Read, State, count};
use super::crowd::{Crowd, nanoseconds};
use super::schedule::Schedule;
use super::slow;
use crate::limits::ANSWER_GRACE;
use crate::order::{Pace, Tally};

/// Sends by the schedule. A connection has one message on its way at a time; one that is due before
/// the last answer came is sent right after it, and its latency counts from when it was due.
pub(super) fn run(crowd: &mut Crowd, order: &Pace) -> std::io::Result<Tally> {
    let mut pacing = Pacing::new(crowd, order);
    let mut ready = Vec::new();
    loop {
        let now = crowd.now_ns();
        pacing.send_due(crowd, now);
        let over = now >= pacing.end_ns;
        if over && (pacing.outstanding == 0 || now >= pacing.give_up_ns) {
            break;
        }
        let next = if over { pacing.give_up_ns } else { pacing.next_due().min(pacing.end_ns) };
        let tick = slow::tend(crowd, now);
        crowd.wait(tick.map_or(next, |tick| next.min(tick)), &mut ready)?;
        let now = crowd.now_ns();
        for &number in &ready {
            pacing.receive(crowd, number, now);
        }
    }
    Ok(pacing.finish(crowd))
}

struct Pacing {
    schedule: Schedule,
    /// The connections that take part, by their numbers.
    members: Vec<usize>,
    /// The place among the members of each connection.
    place: Vec<usize>,
    /// How many messages each member has sent.
    turns: Vec<u64>,
    next: u64,
    end_ns: u64,
    /// Until when an answer is in time.
    in_time_ns: u64,
    give_up_ns: u64,
    heavy_every: Option<u64>,
    outstanding: usize,
    tally: Tally,
}

const NO_MEMBER: usize = usize::MAX;

impl Pacing {
    fn new(crowd: &Crowd, order: &Pace) -> Self {
        let served = crowd.connections.iter().enumerate();
        let served = served.filter(|(_, one)| one.state == State::Idle && one.fd.is_some());
        let members: Vec<usize> = served.map(|(number, _)| number).take(order.active).collect();
        let mut place = vec![NO_MEMBER; crowd.connections.len()];
        for (at, number) in members.iter().enumerate() {
            place[*number] = at;
        }
        let ms = |count| nanoseconds(Duration::from_millis(count));
        let by_design = ms(order.by_design_ms);
        let schedule = Schedule::new(order.rate, order.duration_ms, members.len());
        let total = if members.is_empty() { 0 } else { schedule.total() };
        Self {
            turns: vec![0; members.len()],
            schedule,
            place,
            next: if members.is_empty() { u64::MAX } else { 0 },
            end_ns: ms(order.duration_ms),
            in_time_ns: ms(order.duration_ms) + by_design,
            give_up_ns: ms(order.duration_ms) + by_design + nanoseconds(ANSWER_GRACE),
            heavy_every: order.heavy_every,
            outstanding: 0,
            tally: Tally {
                wanted: total,
                seconds: order.duration_ms as f64 / 1e3,
                ..Tally::default()
            },
            members,
        }
    }

    fn next_due(&self) -> u64 {
        if self.next < self.schedule.total() { self.schedule.due_ns(self.next) } else { u64::MAX }
    }

    /// Sends all that is due, except on connections that still wait.
    fn send_due(&mut self, crowd: &mut Crowd, now: u64) {
        while self.next_due() <= now && now < self.end_ns {
            let member = self.schedule.connection(self.next);
            let connection = &crowd.connections[self.members[member]];
            if connection.state == State::Idle
                && self.schedule.message(member, self.turns[member]) == Some(self.next)
            {
                self.send(crowd, member, self.next, now);
            }
            self.next += 1;
        }
    }

    fn send(&mut self, crowd: &mut Crowd, member: usize, message: u64, now: u64) {
        let due = self.schedule.due_ns(message);
        let number = self.members[member];
        let heavy = self.heavy_every.is_some_and(|every| message % every == every - 1);
        self.tally.lateness.record(now.saturating_sub(due));
        self.turns[member] += 1;
        crowd.connections[number].send(number, due, heavy);
        match crowd.connections[number].state {
            State::Failed(failure) => count(&mut self.tally.failures, failure),
            _ => self.outstanding += 1,
        }
    }

    fn receive(&mut self, crowd: &mut Crowd, number: usize, now: u64) {
        let Some(connection) = crowd.connections.get_mut(number) else { return };
        let Some(member) = self.place.get(number).copied().filter(|at| *at != NO_MEMBER) else {
            // An answer to an earlier order's question, or none at all.
            connection.read(number);
            return;
        };
        let waited = connection.state == State::Waiting;
        match connection.read(number) {
            Read::Nothing => {}
            Read::Failed => {
                if let State::Failed(failure) = connection.state {
                    count(&mut self.tally.failures, failure);
                }
                self.outstanding -= usize::from(waited);
            }
            Read::Answer => {
                if !connection.is_heavy() {
                    self.tally.latency.record(now.saturating_sub(connection.since_ns));
                }
                let counter = if now <= self.in_time_ns {
                    &mut self.tally.answered
                } else {
                    &mut self.tally.late
                };
                *counter += 1;
                self.outstanding -= 1;
                // One that is overdue goes right away; the generator is not late with it.
                if let Some(message) = self.schedule.message(member, self.turns[member])
                    && message < self.next
                    && now < self.end_ns
                {
                    self.send(crowd, member, message, self.schedule.due_ns(message));
                }
            }
        }
    }

    fn finish(mut self, crowd: &mut Crowd) -> Tally {
        for number in &self.members {
            let connection = &mut crowd.connections[*number];
            if connection.state == State::Waiting {
                self.tally.failures.unanswered += 1;
            }
        }
        self.tally
    }
}
