//! Connections between the accept loop and a ring's table.
//!
//! There they still take a descriptor of the process. An accept loop that is faster than the workers
//! would use them all up, and turn clients away for whom the tables have room.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::limits::{RING_TRANSIT_MAX, RING_TRANSIT_WAIT_MS};

/// How many there are.
pub(super) struct Transit {
    count: Mutex<usize>,
    arrived: Condvar,
    most: usize,
}

impl Transit {
    /// For a process that may have so many descriptors.
    pub(super) fn new(descriptors: usize) -> Arc<Self> {
        let most = (descriptors / 8).clamp(1, RING_TRANSIT_MAX);
        Arc::new(Self { count: Mutex::new(0), arrived: Condvar::new(), most })
    }

    /// One more sets out; waits for others to arrive if there are too many.
    pub(super) fn set_out(self: &Arc<Self>) -> Passing {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = Duration::from_millis(RING_TRANSIT_WAIT_MS);
        let waited = self.arrived.wait_timeout_while(count, patience, |count| *count >= self.most);
        let (mut count, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        Passing(Arc::clone(self))
    }
}

/// One on its way. Dropped when it has arrived.
pub(super) struct Passing(Arc<Transit>);

impl Drop for Passing {
    fn drop(&mut self) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        drop(count);
        self.0.arrived.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn who_is_too_many_waits_for_another_to_arrive() {
        let transit = Transit::new(16);
        let first = transit.set_out();
        let second = transit.set_out();
        let (sender, receiver) = mpsc::channel();
        let waiting = Arc::clone(&transit);
        let third = thread::spawn(move || {
            let passing = waiting.set_out();
            sender.send(*waiting.count.lock().unwrap()).unwrap();
            drop(passing);
        });
        drop(first);
        // It has waited for that, or for as long as anybody waits.
        let count = receiver.recv().unwrap();
        assert!((2..=3).contains(&count), "{count} on their way");
        third.join().unwrap();
        drop(second);
        assert_eq!(*transit.count.lock().unwrap(), 0);
    }
}
