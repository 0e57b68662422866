//! How fast one client may speak: a bucket of credit that fills with time.
//!
//! Why not a limit that kills: pasting twenty lines is no crime. A client that has used up its
//! burst is read more slowly, so that TCP holds it back; one that keeps pushing for long is told,
//! and at last closed. Beside it there is credit that connections share (`parlor_hub::credit`). Pure:
//! the time is an argument.

use std::time::{Duration, Instant};

use parlor_hub::credit::{Allowance, Bucket};

/// Time of being held back without pause after which the client is told.
pub const WARN_AFTER: Duration = Duration::from_secs(30);

/// Time of being held back without pause after which it is closed.
pub const CLOSE_AFTER: Duration = Duration::from_secs(180);

/// The account of one client.
#[derive(Debug, Clone)]
pub struct Flood {
    bucket: Bucket,
    held_since: Option<Instant>,
    warned: bool,
}

/// What to do after a command was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Read on.
    Go,
    /// Read nothing before this time.
    Hold(Instant),
    /// The same, and tell the client.
    Warn(Instant),
    /// It was told; close.
    Close,
}

impl Flood {
    /// A full account.
    pub fn new(now: Instant) -> Self {
        let bucket = Bucket::full(Allowance::SPEAKER, now);
        Self { bucket, held_since: None, warned: false }
    }

    /// Charges a command and says when the next may be read.
    pub fn charge(&mut self, cost: u32, now: Instant) -> Verdict {
        // Held back without pause means: never more than a fifth of the burst in hand.
        if self.bucket.left_percent(now) > 20 {
            self.held_since = None;
            self.warned = false;
        }
        let Some(until) = self.bucket.charge(cost, now) else { return Verdict::Go };
        let held_since = *self.held_since.get_or_insert(now);
        let held = now.saturating_duration_since(held_since);
        if held >= CLOSE_AFTER {
            return Verdict::Close;
        }
        if held >= WARN_AFTER && !self.warned {
            self.warned = true;
            return Verdict::Warn(until);
        }
        Verdict::Hold(until)
    }
}

#[cfg(test)]
mod tests;
