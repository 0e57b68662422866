//! When so many connections have left that their memory is worth giving back.
//!
//! An allocator keeps what is freed, in case it is needed again. After a room of thousands has emptied
//! that is most of the process. Giving back walks through all that is free, a few milliseconds for
//! ten thousand connections' worth, so it is done when half of the most there were have left, then
//! when half of the rest have, and not for few.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer are not worth a walk through the heap.
const LEFT_MIN: usize = 512;

/// The most connections there were since memory was last given back.
#[derive(Debug, Default)]
pub(super) struct Ebb {
    most: AtomicUsize,
}

impl Ebb {
    /// So many are there, one of them new.
    pub(super) fn one_came(&self, live: usize) {
        self.most.fetch_max(live, Ordering::Relaxed);
    }

    /// So many are there still. True for one of those who ask when enough have left.
    pub(super) fn one_left(&self, live: usize) -> bool {
        let most = self.most.load(Ordering::Relaxed);
        let enough = live <= most / 2 && most - live >= LEFT_MIN;
        let ours = || self.most.compare_exchange(most, live, Ordering::Relaxed, Ordering::Relaxed);
        enough && ours().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All come, then all leave; how many were there each time that it was enough.
    fn gives_back_at(crowd: usize) -> Vec<usize> {
        let ebb = Ebb::default();
        (1..=crowd).for_each(|live| ebb.one_came(live));
        (0..crowd).rev().filter(|live| ebb.one_left(*live)).collect()
    }

    #[test]
    fn each_half_of_a_crowd_is_enough_and_a_few_are_not() {
        assert_eq!(gives_back_at(10_000), [5_000, 2_500, 1_250, 625, 113]);
        assert_eq!(gives_back_at(1_000), [488]);
        assert_eq!(gives_back_at(511), [0; 0]);
    }

    #[test]
    fn coming_and_going_is_no_ebb() {
        let ebb = Ebb::default();
        (1..=2_000).for_each(|live| ebb.one_came(live));
        for _ in 0..10 {
            assert!(!(1_500..2_000).rev().any(|live| ebb.one_left(live)));
            (1_501..=2_000).for_each(|live| ebb.one_came(live));
        }
    }
}
