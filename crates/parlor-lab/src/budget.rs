//! The time that a run may take, and how it is kept to.
//!
//! What a plan takes is known for a machine like the one it was written on. Elsewhere a process may
//! start slowly, or a neighbour may want the processors, so the time spent so far says how much each
//! measurement still to come can have. First rounds come before further ones, all subjects of a case
//! get the same, and when nothing is left the rest is not measured, which the report says.
//!
//! Time is an argument: how much has passed since the run began.

use std::time::Duration;

/// Less of the planned time than this measures nothing, so rather fewer cases are measured then.
const SHARE_MIN: f64 = 0.25;

/// A share that is as good as the whole.
const SHARE_ENOUGH: f64 = 0.9;

/// A run's time and its measurements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    whole: Duration,
    /// Measurements of first rounds that are still to be made.
    first: usize,
    /// Measurements that were made, of all rounds.
    made: usize,
    /// What the last case was given.
    share: f64,
}

impl Budget {
    /// So much time for so many measurements, and for their further rounds if any is left.
    pub(crate) fn new(whole: Duration, first_rounds: usize) -> Self {
        Self { whole, first: first_rounds, made: 0, share: 1.0 }
    }

    /// How much of its planned time each measurement of the next case may take, as a share of 1.
    pub(crate) fn share(&mut self, spent: Duration) -> f64 {
        let needed = self.each(spent) * self.first as f64;
        let left = self.whole.saturating_sub(spent).as_secs_f64();
        // Before the first one nobody knows. Later the share goes down for as long as there is too
        // little, since processes and opening take their time however short the measurement is.
        let change = if needed > 0.0 { left / needed } else { 1.0 };
        self.share = (self.share * change).clamp(SHARE_MIN, 1.0);
        if self.share > SHARE_ENOUGH { 1.0 } else { self.share }
    }

    /// Whether a further round of so many measurements leaves enough for the first rounds to come.
    pub(crate) fn allows(&self, further: usize, spent: Duration) -> bool {
        let needed = self.each(spent) * (self.first + further) as f64;
        spent.as_secs_f64() + needed <= self.whole.as_secs_f64()
    }

    /// Whether the time is up.
    pub(crate) fn is_over(&self, spent: Duration) -> bool {
        spent >= self.whole
    }

    /// One measurement of a first round is off the list, made or not.
    pub(crate) fn first_is_done(&mut self) {
        self.first = self.first.saturating_sub(1);
    }

    /// One measurement was made.
    pub(crate) fn is_made(&mut self) {
        self.made += 1;
    }

    /// What a measurement has taken so far, in seconds.
    fn each(&self, spent: Duration) -> f64 {
        spent.as_secs_f64() / self.made.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Runs so many measurements that take `fixed` and a share of `planned` each; says how long it
    /// took, and how many there was no time for.
    fn run(whole: Duration, count: usize, fixed: Duration, planned: Duration) -> (Duration, usize) {
        let mut budget = Budget::new(whole, count);
        let mut spent = Duration::ZERO;
        let mut left_out = 0;
        for _ in 0..count {
            if budget.is_over(spent) {
                left_out += 1;
            } else {
                spent += fixed + planned.mul_f64(budget.share(spent));
                budget.is_made();
            }
            budget.first_is_done();
        }
        (spent, left_out)
    }

    #[test]
    fn a_machine_as_planned_for_measures_as_planned() {
        let (spent, left_out) = run(100 * SECOND, 150, SECOND / 10, SECOND / 2);
        assert_eq!((spent, left_out), (90 * SECOND, 0));
    }

    #[test]
    fn a_slow_one_measures_for_less_time_and_leaves_nothing_out() {
        let (spent, left_out) = run(100 * SECOND, 150, SECOND / 2, SECOND / 2);
        assert_eq!(left_out, 0);
        assert!(spent < 101 * SECOND && spent > 85 * SECOND, "{spent:?}");
    }

    #[test]
    fn one_that_can_do_neither_stops_when_the_time_is_up() {
        let (spent, left_out) = run(100 * SECOND, 150, 2 * SECOND, SECOND);
        assert!(spent < 103 * SECOND, "{spent:?}");
        assert!(left_out > 90, "{left_out}");
    }

    #[test]
    fn a_further_round_waits_for_all_first_ones() {
        let mut budget = Budget::new(100 * SECOND, 40);
        for _ in 0..20 {
            budget.first_is_done();
            budget.is_made();
        }
        // Twenty have taken a second each, twenty are to come.
        assert!(budget.allows(60, 20 * SECOND));
        assert!(!budget.allows(61, 20 * SECOND));
        assert_eq!(budget.share(20 * SECOND), 1.0);
        assert_eq!(budget.share(95 * SECOND), SHARE_MIN);
    }

    #[test]
    fn before_the_first_nothing_is_shortened() {
        let mut budget = Budget::new(SECOND, 1_000);
        assert_eq!(budget.share(Duration::ZERO), 1.0);
        assert!(!budget.is_over(Duration::ZERO) && budget.is_over(SECOND));
    }
}
