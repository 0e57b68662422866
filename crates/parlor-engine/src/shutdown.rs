//! The request to stop, from any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::bell::Bell;

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

    /// Makes the request.
    pub fn trigger(&self) {
        self.shared.triggered.store(true, Ordering::SeqCst);
        for bell in self.shared.bells.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Some(bell) = bell.upgrade() {
                bell.ring();
            }
        }
    }

    /// True once the request was made.
    pub fn is_triggered(&self) -> bool {
        self.shared.triggered.load(Ordering::SeqCst)
    }

    /// Rings this bell when the request is made. Look at `is_triggered` afterwards.
    pub(crate) fn ring_when_triggered(&self, bell: &Arc<Bell>) {
        let mut bells = self.shared.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|bell| bell.strong_count() > 0);
        bells.push(Arc::downgrade(bell));
    }
}
