//! An open loop's plan: when each message is due, fixed before the first one is sent.
//!
//! A server that stalls does not slow the plan down. What was due during the stall is sent late and
//! its latency counts from when it was due, as a user would count it. (A closed loop asks the
//! server for permission to measure it.)

/// Messages at even distances, dealt out to the connections one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    rate: f64,
    /// So many are due at the same moment.
    burst: u64,
    connections: u64,
    total: u64,
}

impl Schedule {
    /// So many messages a second for so long, shared by so many connections.
    pub(crate) fn new(rate: f64, duration_ms: u64, connections: usize) -> Self {
        let total = rate * duration_ms as f64 / 1e3;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate times a duration, both positive"
        )]
        let total = total.round() as u64;
        Self { rate, burst: 1, connections: connections.max(1) as u64, total }
    }

    /// The same number of messages, so many at a time.
    pub(crate) fn in_bursts(mut self, burst: u64) -> Self {
        self.burst = burst.max(1);
        self
    }

    /// How many there are.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// When a message is due, in nanoseconds from the beginning.
    pub(crate) fn due_ns(&self, message: u64) -> u64 {
        let first_of_burst = message - message % self.burst;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time within the run"
        )]
        let due = (first_of_burst as f64 * 1e9 / self.rate) as u64;
        due
    }

    /// Which connection sends it.
    pub(crate) fn connection(&self, message: u64) -> usize {
        usize::try_from(message % self.connections).unwrap_or(0)
    }

    /// The message that a connection sends as its n-th, if there is one.
    pub(crate) fn message(&self, connection: usize, nth: u64) -> Option<u64> {
        let message = nth * self.connections + connection as u64;
        (message < self.total).then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_plan_is_even_complete_and_fair(
            rate in 1.0_f64..200_000.0,
            duration_ms in 1_u64..3_000,
            connections in 1_usize..2_000,
            burst in 1_u64..100,
        ) {
            let schedule = Schedule::new(rate, duration_ms, connections).in_bursts(burst);
            let total = schedule.total();
            prop_assert!((total as f64 - rate * duration_ms as f64 / 1e3).abs() <= 0.5);
            let mut turns = vec![0_u64; connections];
            let mut last = 0;
            for message in 0..total {
                let due = schedule.due_ns(message);
                // In order, never after the end, and never further from its even place than a burst.
                prop_assert!(due >= last);
                prop_assert!(due as f64 <= duration_ms as f64 * 1e6 + 1e9 / rate);
                let even = message as f64 * 1e9 / rate;
                prop_assert!(even - due as f64 <= burst as f64 * 1e9 / rate);
                last = due;
                // Each connection finds its own messages, in order.
                let connection = schedule.connection(message);
                prop_assert_eq!(schedule.message(connection, turns[connection]), Some(message));
                turns[connection] += 1;
            }
            let most = turns.iter().max().unwrap();
            let least = turns.iter().min().unwrap();
            prop_assert!(most - least <= 1);
            prop_assert!(turns.iter().enumerate().all(|(at, nth)| schedule.message(at, *nth).is_none()));
        }
    }
}
