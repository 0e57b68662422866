//! How much one may do: credit that fills with time, of one connection or of several together.
//!
//! Why credit and not a limit that kills: pasting twenty lines is no crime. Who has used up its
//! credit is read more slowly, so that TCP holds it back. Each protocol gives its connections a
//! credit of their own; what an account's connections, or the guests behind an address, share, is in
//! `pool` and the same whatever they speak. Pure but for the lock of a pool: the time is an argument.

mod pool;
#[cfg(test)]
mod tests;

pub use pool::{Pool, Pools};

use std::time::{Duration, Instant};

/// What one ordinary command costs: something that others see, or that takes long to answer.
pub const COMMAND: u32 = 10;

/// How much credit there is, and how fast it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Credit of who has been quiet.
    pub burst: u32,
    /// Credit that comes back in a second.
    pub per_second: u32,
}

impl Allowance {
    /// That of a connection through which somebody speaks: ten commands, then two a second.
    pub const SPEAKER: Self = Self { burst: 10 * COMMAND, per_second: 2 * COMMAND };

    const fn times(self, n: u32) -> Self {
        Self { burst: self.burst * n, per_second: self.per_second * n }
    }
}

/// Credit, in thousandths of what things cost.
#[derive(Debug, Clone)]
pub struct Bucket {
    allowance: Allowance,
    credit: i64,
    counted_at: Instant,
}

impl Bucket {
    /// All the credit there can be.
    pub fn full(allowance: Allowance, now: Instant) -> Self {
        Self { allowance, credit: thousandths(allowance.burst), counted_at: now }
    }

    /// Takes credit; the time before which nothing more may be read, if there was not enough.
    pub fn charge(&mut self, cost: u32, now: Instant) -> Option<Instant> {
        self.fill(now);
        self.credit = self.credit.saturating_sub(thousandths(cost));
        let debt = u64::try_from(self.credit.checked_neg()?).ok().filter(|debt| *debt > 0)?;
        let wait_ms = debt.div_ceil(u64::from(self.allowance.per_second));
        Some(now + Duration::from_millis(wait_ms))
    }

    /// How much is left now, of a hundred; nothing when something is owed.
    pub fn left_percent(&mut self, now: Instant) -> u32 {
        self.fill(now);
        let left = self.credit.max(0) * 100 / thousandths(self.allowance.burst);
        u32::try_from(left).unwrap_or(100)
    }

    /// Lets credit come back, never more than the burst.
    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted_at);
        let ms = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX / 1_000_000_000);
        self.counted_at = now.max(self.counted_at);
        let back = ms.saturating_mul(i64::from(self.allowance.per_second));
        let most = thousandths(self.allowance.burst);
        self.credit = self.credit.saturating_add(back).min(most);
    }
}

fn thousandths(cost: u32) -> i64 {
    i64::from(cost) * 1000
}
