//! A live connection's sense of time: when it has to greet, how fast it may ask, when it is pinged
//! and when it counts as dead. Pure: time comes as an argument.

use std::time::{Duration, Instant};

use crate::limits;

/// Why the server closes a live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason }
}

pub(super) const RESTARTING: Close = close(4003, "the server restarts");
pub(super) const NO_HELLO: Close = close(4002, "no hello came");
pub(super) const TOO_FAST: Close = close(4008, "too many commands");
pub(super) const TOO_SLOW: Close = close(4009, "too slow");
pub(super) const SIGNED_OUT: Close = close(4010, "signed out");
pub(super) const NOT_UNDERSTOOD: Close = close(1007, "not a command");
pub(super) const FAILED: Close = close(1011, "the server could not go on");

/// Every close code of the live protocol itself.
pub const CLOSE_CODES: &[u16] = &[
    NO_HELLO.code,
    RESTARTING.code,
    TOO_FAST.code,
    TOO_SLOW.code,
    SIGNED_OUT.code,
    NOT_UNDERSTOOD.code,
    FAILED.code,
];

/// What the socket shows of the peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    /// When bytes last came.
    pub(super) heard: Instant,
    /// Since when output waits without any being taken.
    pub(super) stalled_since: Option<Instant>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    /// The peer is gone; there is nobody to say so to.
    Dead,
    Close(Close),
}

/// Whether a command may run now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Run,
    /// Not now; the client is told.
    Refuse,
    Close(Close),
}

/// The state of one live connection.
#[derive(Debug)]
pub(super) struct Session {
    opened: Instant,
    greeted: bool,
    next_ping: Instant,
    ping_interval: Duration,
    /// Thousandths of a command that may run now.
    credit: u32,
    credited: Instant,
    hasty: u32,
}

const WHOLE: u32 = 1000;

impl Session {
    /// A connection that opens now; `spread` is any number, to tell it from others.
    pub(super) fn new(now: Instant, spread: u64) -> Self {
        let window_ms = 2 * u64::try_from(limits::PING_JITTER.as_millis()).unwrap_or(0);
        // Multiplying by a large odd number spreads consecutive ids over the window.
        let jitter = spread.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let offset = Duration::from_millis(jitter % window_ms.max(1));
        let ping_interval = limits::PING_INTERVAL - limits::PING_JITTER + offset;
        Self {
            opened: now,
            greeted: false,
            next_ping: now + ping_interval,
            ping_interval,
            credit: limits::COMMANDS_BURST * WHOLE,
            credited: now,
            hasty: 0,
        }
    }

    /// The client has said hello.
    pub(super) fn greet(&mut self) {
        self.greeted = true;
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Counts a command that came now.
    pub(super) fn pace(&mut self, now: Instant) -> Pace {
        let full = limits::COMMANDS_BURST * WHOLE;
        let earned_ms = now.saturating_duration_since(self.credited).as_millis();
        let earned =
            earned_ms.saturating_mul(u128::from(limits::COMMANDS_PER_SECOND * WHOLE / 1000));
        self.credited = now;
        self.credit = u32::try_from(earned).unwrap_or(full).saturating_add(self.credit).min(full);
        if self.credit == full {
            self.hasty = 0;
        }
        match self.credit.checked_sub(WHOLE) {
            Some(left) => {
                self.credit = left;
                Pace::Run
            }
            None if self.hasty < limits::HASTE_WARNINGS => {
                self.hasty += 1;
                Pace::Refuse
            }
            None => Pace::Close(TOO_FAST),
        }
    }

    /// What is due now; asks again after [`Self::deadline`].
    pub(super) fn due(&mut self, now: Instant, signs: Signs) -> Due {
        if now >= Self::end(signs) {
            return match signs.stalled_since {
                Some(_) => Due::Close(TOO_SLOW),
                None => Due::Dead,
            };
        }
        if !self.greeted && now >= self.opened + limits::HELLO_TIMEOUT {
            return Due::Close(NO_HELLO);
        }
        if now >= self.next_ping {
            self.next_ping = now + self.ping_interval;
            return Due::Ping;
        }
        Due::Nothing
    }

    /// When to ask [`Self::due`] again.
    pub(super) fn deadline(&self, signs: Signs) -> Instant {
        let next = self.next_ping.min(Self::end(signs));
        if self.greeted { next } else { next.min(self.opened + limits::HELLO_TIMEOUT) }
    }

    /// When the peer is given up. One that takes nothing is not read from either, so while output
    /// waits its silence means nothing.
    fn end(signs: Signs) -> Instant {
        match signs.stalled_since {
            Some(since) => since + limits::STALL_MAX,
            None => signs.heard + limits::SILENCE_MAX,
        }
    }
}

#[cfg(test)]
mod tests;
