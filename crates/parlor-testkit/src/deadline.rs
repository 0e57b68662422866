//! Bounded waits: every wait of a test ends, and one that fails says what it waited for.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that normally takes milliseconds. Generous, since a
/// continuous-integration machine may be busy with something else.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition that nobody announces is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The moment until which a test is willing to wait.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    started: Instant,
    allowed: Duration,
}

impl Deadline {
    /// A deadline this long from now.
    pub fn after(allowed: Duration) -> Self {
        Self { started: Instant::now(), allowed }
    }

    /// The usual deadline: [`PATIENCE`] from now.
    pub fn usual() -> Self {
        Self::after(PATIENCE)
    }

    /// How long since the deadline was set.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// How much time is left; zero when it has passed.
    pub fn left(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed())
    }

    /// Whether it has passed.
    pub fn passed(&self) -> bool {
        self.left().is_zero()
    }

    /// Looks until `probe` gives something, or until the deadline has passed. A pause that takes
    /// longer than it should extends it: a machine that had no time for the test had none for what
    /// the test waits for, either.
    pub fn poll<T>(&self, probe: impl FnMut() -> Option<T>) -> Option<T> {
        self.poll_by(Instant::now, thread::sleep, probe)
    }

    fn poll_by<T>(
        &self,
        now: impl Fn() -> Instant,
        pause: impl Fn(Duration),
        mut probe: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let mut allowed = self.allowed;
        loop {
            // Asked before the probe, so that the last look happens after the last pause.
            let left = allowed.saturating_sub(now() - self.started);
            if let Some(found) = probe() {
                return Some(found);
            }
            if left.is_zero() {
                return None;
            }
            let (wanted, from) = (LOOK_EVERY.min(left), now());
            pause(wanted);
            allowed += (now() - from).saturating_sub(wanted);
        }
    }

    /// Looks until `probe` gives something.
    ///
    /// # Panics
    ///
    /// When the deadline passes first, naming what was waited for.
    #[track_caller]
    pub fn wait<T>(&self, what: impl fmt::Display, probe: impl FnMut() -> Option<T>) -> T {
        match self.poll(probe) {
            Some(found) => found,
            None => panic!("waited {:?} in vain for {what}", self.allowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_wait_ends_with_what_the_probe_found() {
        let mut looks = 0;
        let found = Deadline::usual().wait("three looks", || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found, 3);
    }

    #[test]
    #[should_panic(expected = "in vain for a thing that never comes")]
    fn a_wait_in_vain_says_what_for() {
        Deadline::after(Duration::from_millis(1)).wait("a thing that never comes", || None::<()>);
    }

    #[test]
    fn time_in_which_the_test_stood_still_does_not_count() {
        let deadline = Deadline::after(PATIENCE);
        let moment = Cell::new(deadline.started);
        let pauses = Cell::new(0_u32);
        let pause = |wanted: Duration| {
            pauses.set(pauses.get() + 1);
            // The first one takes ten minutes, the others what they should.
            let stall = if pauses.get() == 1 { Duration::from_secs(600) } else { Duration::ZERO };
            moment.set(moment.get() + wanted + stall);
        };
        assert_eq!(deadline.poll_by(|| moment.get(), pause, || None::<()>), None);
        assert_eq!(u128::from(pauses.get()), PATIENCE.as_millis() / LOOK_EVERY.as_millis());
    }

    #[test]
    fn the_probe_is_asked_even_when_no_time_is_left() {
        assert_eq!(Deadline::after(Duration::ZERO).poll(|| Some(1)), Some(1));
    }
}
