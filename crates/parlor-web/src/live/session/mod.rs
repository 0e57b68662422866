//! A live connection's sense of time: when it has to greet, how fast it may ask, when it is pinged
//! and when it counts as dead. Pure: time comes as an argument.

use std::time::{Duration, Instant};

use parlor_hub::credit::{Allowance, Bucket};

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
pub(super) const TOO_SLOW: Close = close(4009, "too slow");
pub(super) const SIGNED_OUT: Close = close(4010, "signed out");
pub(super) const NOT_UNDERSTOOD: Close = close(1007, "not a command");
pub(super) const FAILED: Close = close(1011, "the server could not go on");

/// Every close code of the live protocol itself.
pub const CLOSE_CODES: &[u16] = &[
    NO_HELLO.code,
    RESTARTING.code,
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

/// What every command costs its connection, whatever it is; see [`Command::cost`] for what it costs
/// the account.
///
/// [`Command::cost`]: crate::live::command::Command::cost
const COST: u32 = 1;
const ALLOWANCE: Allowance =
    Allowance { burst: limits::COMMANDS_BURST, per_second: limits::COMMANDS_PER_SECOND };

/// The state of one live connection.
#[derive(Debug)]
pub(super) struct Session {
    opened: Instant,
    greeted: bool,
    next_ping: Instant,
    ping_interval: Duration,
    credit: Bucket,
    /// Before this nothing more is read.
    held_until: Option<Instant>,
}

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
            credit: Bucket::full(ALLOWANCE, now),
            held_until: None,
        }
    }

    /// The client has said hello.
    pub(super) fn greet(&mut self) {
        self.greeted = true;
    }

    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Counts a command that came now. Who sends too many is read more slowly, so that TCP holds it
    /// back; so is who is to wait until `shared` because others have used up what they share with it.
    pub(super) fn pace(&mut self, now: Instant, shared: Option<Instant>) {
        let own = self.credit.charge(COST, now);
        self.held_until = self.held_until.max(own).max(shared);
    }

    /// Whether nothing is to be read for now.
    pub(super) fn is_held(&self) -> bool {
        self.held_until.is_some()
    }

    /// What is due now; asks again after [`Self::deadline`].
    pub(super) fn due(&mut self, now: Instant, signs: Signs) -> Due {
        let end = self.end(signs);
        self.held_until = self.held_until.filter(|until| *until > now);
        if now >= end {
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
        let next = self.next_ping.min(self.end(signs));
        let next = self.held_until.map_or(next, |until| next.min(until));
        if self.greeted { next } else { next.min(self.opened + limits::HELLO_TIMEOUT) }
    }

    /// When the peer is given up. One that takes nothing is not read from either, so while output
    /// waits its silence means nothing; nor does it while the peer is held.
    fn end(&self, signs: Signs) -> Instant {
        match signs.stalled_since {
            Some(since) => since + limits::STALL_MAX,
            None => {
                self.held_until.map_or(signs.heard, |held| held.max(signs.heard))
                    + limits::SILENCE_MAX
            }
        }
    }
}

#[cfg(test)]
mod tests;
