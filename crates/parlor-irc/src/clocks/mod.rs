//! What is due when, for one connection. Pure: the time is an argument.
//!
//! Nothing is rescheduled when a client speaks: the time is noted, and when the alarm rings the
//! next one is set from what was noted. So ten thousand busy clients set no timers.

use std::time::{Duration, Instant};

use crate::limits;

/// The times that matter to a connection.
#[derive(Debug)]
pub struct Clocks {
    connected_at: Instant,
    /// When bytes came in last.
    heard_at: Instant,
    /// When bytes went out last, or began to wait.
    written_at: Instant,
    /// A PING went out after the last bytes came in.
    pinged: bool,
    /// Nothing is read before this.
    hold_until: Option<Instant>,
    /// The lobby waits.
    lobby_at: Option<Instant>,
    /// When the alarm rings.
    alarm: Instant,
}

/// How a connection is.
#[derive(Debug, Clone, Copy)]
pub struct Condition {
    /// It has registered.
    pub registered: bool,
    /// Bytes wait to be written.
    pub queued: bool,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// These, and the alarm is set anew.
    Now {
        /// A PING is to be sent.
        ping: bool,
        /// The client is to be put into the lobby.
        lobby: bool,
    },
    /// The end, in words for the client.
    Over(&'static str),
    /// The end; the client takes no words.
    Stalled,
}

impl Clocks {
    /// Those of a new connection.
    pub fn new(now: Instant) -> Self {
        Self {
            connected_at: now,
            heard_at: now,
            written_at: now,
            pinged: false,
            hold_until: None,
            lobby_at: None,
            alarm: now + limits::REGISTRATION_TIME,
        }
    }

    /// When to look again.
    pub fn alarm(&self) -> Instant {
        self.alarm
    }

    /// Bytes came in.
    pub fn heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.pinged = false;
    }

    /// Bytes went out, or the first ones began to wait.
    pub fn written(&mut self, now: Instant) {
        self.written_at = now;
    }

    /// Bytes wait that cannot go out. True when the alarm has to ring sooner for it.
    #[must_use]
    pub fn stalls(&mut self) -> bool {
        self.sooner(self.written_at + limits::STALL_MAX)
    }

    /// Nothing is to be read before this. True when the alarm has to ring sooner for it.
    #[must_use]
    pub fn hold(&mut self, until: Instant) -> bool {
        let until = self.hold_until.map_or(until, |held| held.max(until));
        self.hold_until = Some(until);
        self.sooner(until)
    }

    /// True while nothing is to be read.
    pub fn is_held(&self) -> bool {
        self.hold_until.is_some()
    }

    /// The client has registered: the lobby waits after a grace, if there is one. True when the
    /// alarm has to ring sooner.
    #[must_use]
    pub fn registered(&mut self, now: Instant, lobby: Option<Duration>) -> bool {
        self.lobby_at = lobby.map(|grace| now + grace);
        self.sooner(self.lobby_at.unwrap_or(now + limits::PING_AFTER))
    }

    /// The client has found its own room.
    pub fn needs_no_lobby(&mut self) {
        self.lobby_at = None;
    }

    /// The alarm rang: says what is due, and sets it anew.
    pub fn look(&mut self, now: Instant, condition: Condition) -> Due {
        // Who was not read is not silent.
        let heard_at = self.hold_until.map_or(self.heard_at, |held| held.max(self.heard_at));
        let mut next = heard_at + limits::SILENCE_MAX;
        if now >= next {
            return Due::Over("Ping timeout");
        }
        let mut ping = false;
        if !condition.registered {
            next = self.connected_at + limits::REGISTRATION_TIME;
            if now >= next {
                return Due::Over("Registration took too long");
            }
        } else if !self.pinged {
            let ping_at = self.heard_at + limits::PING_AFTER;
            ping = now >= ping_at;
            self.pinged = ping;
            next = if ping { next } else { ping_at };
        }
        if condition.queued {
            let stalled_at = self.written_at + limits::STALL_MAX;
            if now >= stalled_at {
                return Due::Stalled;
            }
            next = next.min(stalled_at);
        }
        let passed = |at: &mut Option<Instant>| at.take_if(|at| now >= *at).is_some();
        passed(&mut self.hold_until);
        let lobby = passed(&mut self.lobby_at);
        for at in [self.hold_until, self.lobby_at].into_iter().flatten() {
            next = next.min(at);
        }
        self.alarm = next;
        Due::Now { ping, lobby }
    }

    fn sooner(&mut self, at: Instant) -> bool {
        let sooner = at < self.alarm;
        if sooner {
            self.alarm = at;
        }
        sooner
    }
}

#[cfg(test)]
mod tests;
