//! How fast one client may speak: a bucket of credit that fills with time.
//!
//! Why not a limit that kills: pasting twenty lines is no crime. A client that has used up its
//! burst is read more slowly, so that TCP holds it back; one that keeps pushing for long is told,
//! and at last closed. Beside it there is credit that connections share, in `pool`. Pure: the time
//! is an argument.

mod pool;

pub use pool::{Pool, Pools};

use std::time::{Duration, Instant};

/// What one ordinary command costs.
pub const COMMAND: u32 = 10;

/// Credit of a client that has been quiet: ten commands.
pub const BURST: u32 = 10 * COMMAND;

/// Credit that comes back in a second: two commands.
pub const PER_SECOND: u32 = 2 * COMMAND;

/// Time of being held back without pause after which the client is told.
pub const WARN_AFTER: Duration = Duration::from_secs(30);

/// Time of being held back without pause after which it is closed.
pub const CLOSE_AFTER: Duration = Duration::from_secs(180);

/// How much credit there is, and how fast it comes back.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    burst: u32,
    per_second: u32,
}

impl Allowance {
    const CONNECTION: Self = Self { burst: BURST, per_second: PER_SECOND };

    const fn times(self, n: u32) -> Self {
        Self { burst: self.burst * n, per_second: self.per_second * n }
    }
}

/// Credit, in thousandths of what things cost.
#[derive(Debug, Clone)]
struct Bucket {
    credit: i64,
    counted_at: Instant,
}

impl Bucket {
    fn full(allowance: Allowance, now: Instant) -> Self {
        Self { credit: thousandths(allowance.burst), counted_at: now }
    }

    /// Lets credit come back, never more than the burst.
    fn fill(&mut self, allowance: Allowance, now: Instant) {
        let passed = now.saturating_duration_since(self.counted_at);
        let ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX / 1_000_000_000);
        self.counted_at = now.max(self.counted_at);
        let back = ms.saturating_mul(i64::from(allowance.per_second));
        self.credit = self.credit.saturating_add(back).min(thousandths(allowance.burst));
    }

    /// Takes credit; the time after which what is missing has come back, if something is.
    fn take(&mut self, cost: u32, allowance: Allowance) -> Option<Duration> {
        self.credit = self.credit.saturating_sub(thousandths(cost));
        let debt = u64::try_from(self.credit.checked_neg()?).ok().filter(|debt| *debt > 0)?;
        Some(Duration::from_millis(debt.div_ceil(u64::from(allowance.per_second))))
    }
}

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
        let bucket = Bucket::full(Allowance::CONNECTION, now);
        Self { bucket, held_since: None, warned: false }
    }

    /// Charges a command and says when the next may be read.
    pub fn charge(&mut self, cost: u32, now: Instant) -> Verdict {
        self.fill(now);
        let Some(wait) = self.bucket.take(cost, Allowance::CONNECTION) else {
            return Verdict::Go;
        };
        let until = now + wait;
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

    fn fill(&mut self, now: Instant) {
        self.bucket.fill(Allowance::CONNECTION, now);
        // Held back without pause means: never more than a fifth of the burst in hand.
        if self.bucket.credit > thousandths(BURST) / 5 {
            self.held_since = None;
            self.warned = false;
        }
    }
}

fn thousandths(cost: u32) -> i64 {
    i64::from(cost) * 1000
}

#[cfg(test)]
mod tests;
