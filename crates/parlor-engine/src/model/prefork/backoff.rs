//! When a worker that has ended is started again.
//!
//! A worker that was killed is replaced at once, so that its place is not missing. One that ends as
//! soon as it is started would be started for ever, at full speed; so each early end doubles the
//! pause before the next start, up to a limit. A life that lasted is forgiven all that was before.
//! Two numbers for each worker, whatever happens, and the time is an argument.

use std::time::{Duration, Instant};

use crate::limits::{RESTART_PAUSE_MAX_MS, RESTART_PAUSE_MS, WORKER_STEADY_MS};

/// The ends of one worker so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    early_ends: u32,
}

impl Backoff {
    /// A worker that was started at one moment has ended at another: how long to wait.
    pub(super) fn ended(&mut self, started: Instant, now: Instant) -> Duration {
        let lived = now.saturating_duration_since(started);
        if lived >= Duration::from_millis(WORKER_STEADY_MS) {
            self.early_ends = 0;
            return Duration::ZERO;
        }
        self.early_ends = self.early_ends.saturating_add(1);
        // Doubled at most so often that the shift cannot overflow.
        let doublings = (self.early_ends - 1).min(20);
        let pause = (RESTART_PAUSE_MS << doublings).min(RESTART_PAUSE_MAX_MS);
        Duration::from_millis(pause)
    }

    /// How many times in a row it has ended early.
    pub(super) fn early_ends(self) -> u32 {
        self.early_ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const STEADY: Duration = Duration::from_millis(WORKER_STEADY_MS);

    #[test]
    fn early_ends_double_the_pause_up_to_a_limit() {
        let (mut backoff, start) = (Backoff::default(), crate::time::now());
        let pauses: Vec<_> =
            (0..12).map(|_| backoff.ended(start, start + MS).as_millis()).collect();
        assert_eq!(pauses[..5], [100, 200, 400, 800, 1600]);
        assert_eq!(pauses[8..], [10_000; 4]);
        assert_eq!(backoff.early_ends(), 12);
    }

    #[test]
    fn no_number_of_ends_overflows() {
        let start = crate::time::now();
        let mut backoff = Backoff { early_ends: u32::MAX - 1 };
        for _ in 0..3 {
            assert_eq!(backoff.ended(start, start).as_millis(), 10_000);
        }
    }

    #[test]
    fn a_life_that_lasted_is_replaced_at_once_and_forgiven() {
        let (mut backoff, start) = (Backoff::default(), crate::time::now());
        for _ in 0..5 {
            backoff.ended(start, start + STEADY - MS);
        }
        assert_eq!(backoff.ended(start, start + STEADY), Duration::ZERO);
        assert_eq!(backoff, Backoff::default());
        assert_eq!(backoff.ended(start, start + MS).as_millis(), 100);
    }

    #[test]
    fn a_clock_that_went_backwards_is_an_early_end() {
        let start = crate::time::now();
        assert_eq!(Backoff::default().ended(start + STEADY, start).as_millis(), 100);
    }
}
