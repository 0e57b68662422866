//! How a stopped task gets back into the queue, from its own thread or from any other.
//!
//! A wake on the loop's own thread is a push on a queue without a lock. A wake from elsewhere goes
//! into the loop's inbox; if the loop sleeps, its bell (an eventfd) is rung, and only once however
//! many wakes arrive until it is up. A task that is already queued is not queued again.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Wake;

use rustix::event::{EventfdFlags, eventfd};

use super::event_loop::EventLoop;
use crate::context;
use crate::interleave::step;

/// Names a task on its loop. A reused place has another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskKey {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl TaskKey {
    /// The future that the loop was started for; it is in no list.
    pub(crate) const ROOT: Self = Self { index: u32::MAX, generation: 0 };
}

/// The part of a task that other threads may hold: who it is and whether it is queued.
pub(crate) struct TaskWaker {
    key: TaskKey,
    home: Arc<LoopHandle>,
    queued: AtomicBool,
}

impl TaskWaker {
    /// A waker for a task that is put into the queue by the caller.
    pub(crate) fn new(key: TaskKey, home: Arc<LoopHandle>) -> Self {
        Self { key, home, queued: AtomicBool::new(true) }
    }

    /// The task is about to be polled: wakes from now on count for the next time.
    ///
    /// The swap reads what the last waker wrote, so whatever made it wake is visible to the poll.
    pub(crate) fn begin_poll(&self) {
        step();
        self.queued.swap(false, Ordering::AcqRel);
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        step();
        // Woken twice, queued once.
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        if !context::push_local(self.home.id, self.key) {
            self.home.push(self.key);
        }
    }
}

/// Something for a loop's thread to do, sent by another.
pub(crate) type Job = Box<dyn FnOnce(&std::rc::Rc<EventLoop>) + Send>;

/// What other threads hold of an event loop: its inbox and its bell.
pub(crate) struct LoopHandle {
    pub(crate) id: u64,
    inbox: Mutex<Inbox>,
    /// The inbox is not empty. Read every turn, so that the lock is taken only for a reason.
    mail: AtomicBool,
    /// The loop is about to sleep or sleeps. Whoever takes this down rings the bell.
    asleep: AtomicBool,
    /// Made when first needed: ten thousand threads need ten thousand sockets, and may get along
    /// without as many eventfds.
    bell: OnceLock<Arc<OwnedFd>>,
    draining: AtomicBool,
    stopping: AtomicBool,
}

/// What other threads left for the loop.
#[derive(Default)]
pub(crate) struct Inbox {
    pub(crate) woken: Vec<TaskKey>,
    pub(crate) jobs: Vec<Job>,
}

impl LoopHandle {
    pub(crate) fn new() -> Arc<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            inbox: Mutex::default(),
            mail: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            bell: OnceLock::new(),
            draining: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        })
    }

    /// Queues a task, from another thread.
    pub(crate) fn push(&self, key: TaskKey) {
        step();
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).woken.push(key);
        self.ring();
    }

    /// Has the loop's thread do something.
    pub(crate) fn submit(&self, job: Job) {
        step();
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).jobs.push(job);
        self.ring();
    }

    /// Asks the handlers on this loop to end: `draining()` resolves.
    pub(crate) fn drain(&self) {
        step();
        self.draining.store(true, Ordering::SeqCst);
        self.ring();
    }

    pub(crate) fn is_draining(&self) -> bool {
        step();
        self.draining.load(Ordering::SeqCst)
    }

    /// Makes the loop drop everything and end.
    pub(crate) fn stop(&self) {
        step();
        self.stopping.store(true, Ordering::SeqCst);
        self.ring();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        step();
        self.stopping.load(Ordering::SeqCst)
    }

    /// There is mail; wakes the loop if it sleeps.
    ///
    /// The loop says "asleep" and then looks for mail, we post mail and then look for "asleep".
    /// All four are sequentially consistent, so at least one of the two sees the other.
    fn ring(&self) {
        step();
        self.mail.store(true, Ordering::SeqCst);
        step();
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Some(bell) = self.bell.get()
        {
            step();
            // The only failure is a counter at its maximum, and then the bell rings already.
            rustix::io::write(bell, &1u64.to_ne_bytes()).ok();
        }
    }

    /// The bell, made on first use. Made by the loop's own thread, before it says "asleep".
    pub(crate) fn bell(&self) -> std::io::Result<&Arc<OwnedFd>> {
        if let Some(bell) = self.bell.get() {
            return Ok(bell);
        }
        let made = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        Ok(self.bell.get_or_init(|| made))
    }

    /// There is something in the inbox that has not been read.
    pub(crate) fn has_mail(&self) -> bool {
        step();
        self.mail.load(Ordering::SeqCst)
    }

    /// Everything left in the inbox.
    pub(crate) fn take_mail(&self, into: &mut Inbox) {
        step();
        if self.mail.load(Ordering::Relaxed) && self.mail.swap(false, Ordering::SeqCst) {
            step();
            let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut *inbox, into);
        }
    }

    /// Says that the loop goes to sleep; false when there is mail after all.
    pub(crate) fn fall_asleep(&self) -> bool {
        step();
        self.asleep.store(true, Ordering::SeqCst);
        if self.has_mail() {
            step();
            self.asleep.store(false, Ordering::SeqCst);
            return false;
        }
        true
    }

    pub(crate) fn wake_up(&self) {
        step();
        self.asleep.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
