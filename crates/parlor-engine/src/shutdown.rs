//! The request to stop, from any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, Weak};

use crate::bell::Bell;
use crate::interleave::{Mutex, step};

/// Asks servers to stop. Cheap to clone; one may stop several servers.
///
/// Triggering it is idempotent and wakes the server at once. It takes a lock, so a signal handler
/// proper must not call it; a thread that waits for signals may.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    triggered: AtomicBool,
    bells: Mutex<Vec<Weak<Bell>>>,
}

impl Shutdown {
    /// A request that nobody has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request: one `write(2)` to the eventfd of each server that it is to stop.
    pub fn trigger(&self) {
        step();
        // First the request, then the bells: who hears one finds it, and who has registered too
        // late to hear one looks after that.
        self.shared.triggered.store(true, Ordering::SeqCst);
        for bell in self.shared.bells.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Some(bell) = bell.upgrade() {
                bell.ring();
            }
        }
    }

    /// True once the request was made. No system call.
    pub fn is_triggered(&self) -> bool {
        step();
        self.shared.triggered.load(Ordering::SeqCst)
    }

    /// Waits for the request, by a bell that it rings.
    pub(crate) fn wait(&self, bell: &Bell) {
        while !self.is_triggered() {
            bell.wait();
            bell.silence();
        }
    }

    /// Rings this bell when the request is made. Look at `is_triggered` afterwards.
    pub(crate) fn ring_when_triggered(&self, bell: &Arc<Bell>) {
        let mut bells = self.shared.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|bell| bell.strong_count() > 0);
        bells.push(Arc::downgrade(bell));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interleave::stage::{Part, explore, part};

    /// Registers, and waits until the request is made.
    fn waiter<'a>(shutdown: &Shutdown) -> Part<'a> {
        let shutdown = shutdown.clone();
        part(move || {
            let bell = Arc::new(Bell::new().unwrap());
            shutdown.ring_when_triggered(&bell);
            shutdown.wait(&bell);
            assert!(shutdown.is_triggered());
        })
    }

    fn trigger<'a>(shutdown: &Shutdown) -> Part<'a> {
        let shutdown = shutdown.clone();
        part(move || shutdown.trigger())
    }

    #[test]
    fn whoever_waits_hears_the_request_whenever_it_is_made() {
        let runs = explore(3, || {
            let shutdown = Shutdown::new();
            vec![waiter(&shutdown), waiter(&shutdown), trigger(&shutdown)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }

    #[test]
    fn a_request_that_is_made_twice_is_heard() {
        let runs = explore(3, || {
            let shutdown = Shutdown::new();
            vec![trigger(&shutdown), waiter(&shutdown), trigger(&shutdown)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }

    #[test]
    fn a_bell_that_rings_for_another_reason_hides_no_request() {
        let runs = explore(3, || {
            let shutdown = Shutdown::new();
            let bell = Arc::new(Bell::new().unwrap());
            shutdown.ring_when_triggered(&bell);
            let (request, rings) = (shutdown.clone(), Arc::clone(&bell));
            let wait = part(move || request.wait(&rings));
            // A connection has ended.
            vec![wait, part(move || bell.ring()), trigger(&shutdown)]
        });
        assert!(runs > 100, "{runs} runs are not all");
    }

    #[test]
    fn bells_that_ring_before_the_request_is_made_would_be_found() {
        let found = std::panic::catch_unwind(|| {
            explore(2, || {
                let shutdown = Shutdown::new();
                let early = shutdown.clone();
                let trigger = part(move || {
                    for bell in early.shared.bells.lock().unwrap().iter() {
                        bell.upgrade().unwrap().ring();
                    }
                    step();
                    early.shared.triggered.store(true, Ordering::SeqCst);
                });
                vec![waiter(&shutdown), trigger]
            })
        });
        assert!(found.is_err());
    }
}
