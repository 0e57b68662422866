//! Random numbers a failed test can be run again with: the seed is printed and can be given.

use std::time::{SystemTime, UNIX_EPOCH};

/// A small random number generator (SplitMix64) that knows its seed.
#[derive(Clone, Debug)]
pub struct Seed {
    state: u64,
}

impl Seed {
    /// The seed of `PARLOR_SEED`, or a new one; prints it, so that a failure can be repeated.
    pub fn announced(test: &str) -> Self {
        let given = std::env::var("PARLOR_SEED").ok();
        let given = given.map(|seed| seed.parse().expect("PARLOR_SEED is a number"));
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.expect("the clock is past 1970");
            u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(32)
        });
        announce(&format!("{test}: run again with PARLOR_SEED={seed}"));
        Self::new(seed)
    }

    /// A generator that always gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below this bound, which is above 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }
}

#[expect(clippy::print_stdout, reason = "a test's output is where one looks after it failed")]
fn announce(what: &str) {
    println!("{what}");
}
