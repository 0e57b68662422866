//! The standard library's locks, as far as the engine uses them, on which an actor of a test waits
//! by handing the turn to others. On a thread that is no actor they are what they are named after.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{self, Arc, LockResult, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use super::stage;

/// `std::sync::Mutex`. Taking it is a step; an actor that holds it may take further ones.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    inner: sync::Mutex<T>,
    held: Arc<AtomicBool>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { inner: sync::Mutex::new(value), held: Arc::default() }
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        if stage::is_actor() {
            let held = Arc::clone(&self.held);
            stage::wait_until(move || !held.load(Ordering::SeqCst));
        }
        Ok(self.guard(self.inner.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn guard<'a>(&'a self, inner: sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.held.store(true, Ordering::SeqCst);
        MutexGuard { lock: self, inner: Some(inner) }
    }
}

/// `std::sync::MutexGuard`.
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    /// Away while its condition is waited for.
    inner: Option<sync::MutexGuard<'a, T>>,
}

impl<'a, T> MutexGuard<'a, T> {
    /// Lets go of the lock, except for what the standard library holds.
    fn open(mut self) -> (&'a Mutex<T>, sync::MutexGuard<'a, T>) {
        let inner = self.inner.take().expect("held until dropped");
        (self.lock, inner)
    }
}

impl<T> std::ops::Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("held until dropped")
    }
}

impl<T> std::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().expect("held until dropped")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // In this order: whoever sees that nobody holds it finds it free.
        drop(self.inner.take());
        self.lock.held.store(false, Ordering::SeqCst);
    }
}

/// `std::sync::Condvar`. Which of the waiting actors is woken is one more decision.
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    inner: sync::Condvar,
    waiting: sync::Mutex<Vec<Arc<AtomicBool>>>,
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (lock, inner) = guard.open();
        if !stage::is_actor() {
            let inner = self.inner.wait(inner).unwrap_or_else(PoisonError::into_inner);
            return Ok(lock.guard(inner));
        }
        let called = Arc::new(AtomicBool::new(false));
        self.waiting().push(Arc::clone(&called));
        drop(inner);
        stage::wait_until(move || called.load(Ordering::SeqCst));
        lock.lock()
    }

    /// Only for threads that are no actors: nothing that is tried on a stage waits like this.
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        assert!(!stage::is_actor(), "an actor waits without a time limit");
        let (lock, inner) = guard.open();
        let waited = self.inner.wait_timeout(inner, duration);
        let (inner, result) = waited.unwrap_or_else(PoisonError::into_inner);
        Ok((lock.guard(inner), result))
    }

    pub(crate) fn notify_one(&self) {
        stage::step();
        let mut waiting = self.waiting();
        if !waiting.is_empty() {
            let chosen = stage::choose(waiting.len());
            waiting.remove(chosen).store(true, Ordering::SeqCst);
        }
        drop(waiting);
        self.inner.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        stage::step();
        for called in self.waiting().drain(..) {
            called.store(true, Ordering::SeqCst);
        }
        self.inner.notify_all();
    }

    fn waiting(&self) -> sync::MutexGuard<'_, Vec<Arc<AtomicBool>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
