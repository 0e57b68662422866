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

    /// Looks until `probe` gives something, or until the deadline has passed.
    pub fn poll<T>(&self, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            // Asked before the probe, so that the last look happens after the last pause.
            let last = self.passed();
            if let Some(found) = probe() {
                return Some(found);
            }
            if last {
                return None;
            }
            thread::sleep(LOOK_EVERY.min(self.left()));
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
    fn the_probe_is_asked_even_when_no_time_is_left() {
        assert_eq!(Deadline::after(Duration::ZERO).poll(|| Some(1)), Some(1));
    }
}
