//! One speaks, all hear: how long until the last one has it, and how many deliveries a second.

use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::connection::{Failure, State, count};
use super::crowd::{Crowd, nanoseconds};
use super::message::{self, BROADCAST_PERIOD};
use crate::limits::{ANSWER_GRACE, BROADCAST_BYTES};
use crate::order::{Broadcast, Tally};

/// The first connection sends; at most `window` messages have not reached everybody. A closed loop
/// by nature: a message begins when another has arrived everywhere.
pub(super) fn run(crowd: &mut Crowd, order: &Broadcast) -> std::io::Result<Tally> {
    let end_ns = nanoseconds(Duration::from_millis(order.duration_ms));
    let give_up_ns = end_ns + nanoseconds(ANSWER_GRACE);
    let mut room = Room::new(crowd);
    let mut ready = Vec::new();
    let mut last_ns = 0;
    loop {
        let now = crowd.now_ns();
        if now >= give_up_ns || room.receivers == 0 {
            break;
        }
        if now < end_ns {
            room.speak(crowd, order.window, now);
        } else if room.complete == room.sent {
            break;
        }
        crowd.wait(give_up_ns, &mut ready)?;
        for &number in &ready {
            room.hear(crowd, number, &mut last_ns);
        }
    }
    room.tally.failures.unanswered += room.missing();
    room.tally.seconds = last_ns.max(1) as f64 / 1e9;
    room.tally.wanted = room.tally.answered + room.tally.failures.total();
    Ok(room.tally)
}

struct Room {
    /// What is said, over and over.
    script: Vec<u8>,
    /// How many bytes each connection has heard; `None` when it hears no more.
    heard: Vec<Option<u64>>,
    receivers: u64,
    sent: u64,
    /// Messages that everybody has.
    complete: u64,
    /// By message, modulo the period: how many have it, and when it was sent.
    reached: Vec<(u64, u64)>,
    buffer: Vec<u8>,
    tally: Tally,
}

impl Room {
    fn new(crowd: &Crowd) -> Self {
        let here = |state: State| state == State::Idle;
        let heard: Vec<Option<u64>> =
            crowd.connections.iter().map(|one| here(one.state).then_some(0)).collect();
        Self {
            script: message::broadcast(),
            receivers: heard.iter().flatten().count() as u64,
            heard,
            sent: 0,
            complete: 0,
            reached: vec![(0, 0); BROADCAST_PERIOD],
            buffer: vec![0; 64 * 1024],
            tally: Tally::default(),
        }
    }

    fn slot(number: u64) -> usize {
        usize::try_from(number).unwrap_or(0) % BROADCAST_PERIOD
    }

    /// Fills the window.
    fn speak(&mut self, crowd: &mut Crowd, window: u64, now: u64) {
        while self.sent < self.complete + window {
            let slot = Self::slot(self.sent);
            let at = slot * BROADCAST_BYTES;
            let bytes = &self.script[at..at + BROADCAST_BYTES];
            let speaker = &mut crowd.connections[0];
            let Some(fd) = &speaker.fd else { return };
            match send(fd, bytes, SendFlags::NOSIGNAL) {
                Ok(count) if count == bytes.len() => {
                    self.reached[slot] = (0, now);
                    self.sent += 1;
                }
                Err(Errno::AGAIN) => return,
                Ok(_) | Err(_) => {
                    speaker.fail(Failure::Generator);
                    return;
                }
            }
        }
    }

    /// Reads what there is and compares it with the script.
    fn hear(&mut self, crowd: &mut Crowd, number: usize, last_ns: &mut u64) {
        let Some(Some(mut at)) = self.heard.get(number).copied() else { return };
        let connection = &mut crowd.connections[number];
        while let Some(fd) = &connection.fd {
            match recv(fd, &mut self.buffer[..], RecvFlags::empty()) {
                Ok((got, _)) if got > 0 => {
                    if !self.is_script(at, got) {
                        return self.lose(crowd, number, Failure::Wrong);
                    }
                    let before = at / BROADCAST_BYTES as u64;
                    at += got as u64;
                    self.heard[number] = Some(at);
                    // Asked again for each, so that a message's last receiver is timed.
                    for message in before..at / BROADCAST_BYTES as u64 {
                        self.tally.answered += 1;
                        self.reached[Self::slot(message)].0 += 1;
                    }
                    if got < self.buffer.len() {
                        break;
                    }
                }
                Err(Errno::AGAIN | Errno::INTR) => break,
                Ok(_) | Err(_) => return self.lose(crowd, number, Failure::Reset),
            }
        }
        while self.complete < self.sent {
            let (reached, sent_ns) = self.reached[Self::slot(self.complete)];
            if reached < self.receivers {
                break;
            }
            *last_ns = crowd.now_ns();
            self.tally.latency.record(*last_ns - sent_ns);
            self.complete += 1;
        }
    }

    fn is_script(&self, at: u64, count: usize) -> bool {
        let length = self.script.len();
        let mut place = usize::try_from(at % length as u64).unwrap_or(0);
        let mut rest = &self.buffer[..count];
        while !rest.is_empty() {
            let piece = rest.len().min(length - place);
            if rest[..piece] != self.script[place..place + piece] {
                return false;
            }
            rest = &rest[piece..];
            place = 0;
        }
        true
    }

    /// A receiver that is gone; the messages can't reach everybody any more, so the run ends.
    fn lose(&mut self, crowd: &mut Crowd, number: usize, failure: Failure) {
        crowd.connections[number].fail(failure);
        count(&mut self.tally.failures, failure);
        self.heard[number] = None;
    }

    /// Deliveries that did not happen.
    fn missing(&self) -> u64 {
        (self.complete..self.sent)
            .map(|message| self.receivers.saturating_sub(self.reached[Self::slot(message)].0))
            .sum()
    }
}
