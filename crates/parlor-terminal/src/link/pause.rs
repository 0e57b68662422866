//! How long to wait before connecting again. Pure: randomness is an argument.

use std::time::Duration;

use super::Lost;
use crate::limits::{PAUSE_MAX, PAUSE_MIN};

/// The pause after this many failed attempts. `chance` is anything from 0 to 1: it spreads the
/// clients of a server that comes back, so that they don't all come in one instant.
pub(super) fn pause(attempts: u32, why: Lost, chance: f64) -> Duration {
    let chance = chance.clamp(0.0, 1.0);
    match why {
        Lost::Restart if attempts == 0 => {
            Duration::from_millis(200) + Duration::from_secs(3).mul_f64(chance)
        }
        Lost::Restart | Lost::Broken => {
            let grown = PAUSE_MIN.saturating_mul(1 << attempts.min(16)).min(PAUSE_MAX);
            grown.mul_f64(0.5 + chance / 2.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pause_is_never_nothing_and_never_longer_than_the_bound(
            attempts in any::<u32>(),
            chance in 0.0..=1.0,
        ) {
            for why in [Lost::Broken, Lost::Restart] {
                let pause = pause(attempts, why, chance);
                prop_assert!(pause >= PAUSE_MIN / 2 && pause <= PAUSE_MAX, "{pause:?}");
            }
        }
    }

    #[test]
    fn pauses_grow() {
        let pauses = [0, 1, 2, 3].map(|attempts| pause(attempts, Lost::Broken, 1.0));
        assert!(pauses.is_sorted() && pauses[3] == PAUSE_MIN * 8);
    }
}
