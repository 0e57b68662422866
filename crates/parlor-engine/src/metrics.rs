//! Counters: what a server has done, readable while it runs.
//!
//! Counting must not cost what it measures. Each thread counts its system calls in plain cells and
//! copies them to its own shared [`Tally`] once a turn, just before it waits; no two threads write
//! to the same cache line and there is no locked instruction in the path of a message. A worker
//! process of the model `prefork` also adds them to its slot in memory that its parent reads.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use slab::Slab;

use crate::sys::{SharedCounts, Slot};

/// A running server's counters. Cheap to clone; any thread may read.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    counters: Arc<Counters>,
}

/// What a server has done so far, at about one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections taken from the kernel, refused ones included.
    pub accepted: u64,
    /// Connections within the limits on their number. The model may still refuse one, for example
    /// when its queue is full.
    pub admitted: u64,
    /// Handlers that returned.
    pub served: u64,
    /// Connections closed without a handler: at a limit, out of descriptors or threads, or after
    /// too long a wait in a queue.
    pub refused: u64,
    /// Handlers that panicked.
    pub panicked: u64,
    /// Tasks of `spawn_local` that panicked.
    pub tasks_panicked: u64,
    /// Handlers dropped at the drain deadline, or lost with their worker process.
    pub dropped: u64,
    /// Handlers running now, and connections that wait for theirs in a queue.
    pub live: usize,
    /// Connections that wait for a worker of the model `pool` now.
    pub queued: usize,
    /// The most that ever waited at once; on `prefork` the sum over its processes.
    pub queued_max: usize,
    /// Connections that were refused because they had waited for too long.
    pub timed_out: u64,
    /// Times the accept loop woke up. It grows with connections, not with time: a server out of
    /// descriptors must not spin.
    pub accept_wakes: u64,
    /// Times descriptors had run out and a listener was disarmed.
    pub starved: u64,
    /// Connections refused by the model `select`, because the number of their descriptor is
    /// beyond what it can name. They are among the refused.
    pub unselectable: u64,
    /// `recv` calls of connections, up to each thread's last wait.
    pub recvs: u64,
    /// `send` calls of connections, likewise.
    pub sends: u64,
    /// Worker processes of the model `prefork` that can be given connections now.
    pub processes: usize,
    /// Worker processes that have ended though nobody had asked them to.
    pub processes_lost: u64,
    /// Waits (`select`, `poll`, `epoll_wait`, `io_uring_enter` or a blocking `recv`; on tokio, times
    /// a worker parked).
    pub waits: u64,
    /// System calls for all of that. On `io_uring` a receive or send is none by itself: one call
    /// submits any number of them and waits as well.
    pub calls: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) admitted: AtomicU64,
    pub(crate) served: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) panicked: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) live: AtomicUsize,
    pub(crate) queued: AtomicUsize,
    pub(crate) queued_max: AtomicUsize,
    pub(crate) timed_out: AtomicU64,
    pub(crate) accept_wakes: AtomicU64,
    pub(crate) starved: AtomicU64,
    pub(crate) unselectable: AtomicU64,
    pub(crate) processes: AtomicUsize,
    pub(crate) processes_lost: AtomicU64,
    tallies: Mutex<Tallies>,
    /// In the parent of worker processes: what they count.
    outside: OnceLock<SharedCounts>,
}

#[derive(Debug, Default)]
struct Tallies {
    running: Slab<Arc<Tally>>,
    /// What threads that have ended had counted.
    ended: Counts,
}

/// One thread's counts, where others can read them.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Tally {
    recvs: AtomicU64,
    sends: AtomicU64,
    waits: AtomicU64,
    calls: AtomicU64,
    tasks_panicked: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    recvs: u64,
    sends: u64,
    waits: u64,
    calls: u64,
    tasks_panicked: u64,
}

thread_local! {
    static COUNTS: Cell<Counts> = const {
        Cell::new(Counts { recvs: 0, sends: 0, waits: 0, calls: 0, tasks_panicked: 0 })
    };
    static TALLY: RefCell<Option<Arc<Tally>>> = const { RefCell::new(None) };
}

impl Metrics {
    /// Reads all counters: memory alone, that of worker processes included, and no system call.
    pub fn snapshot(&self) -> Snapshot {
        let counters = &self.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = {
            let tallies = counters.tallies.lock().unwrap_or_else(PoisonError::into_inner);
            let running = tallies.running.iter();
            running.fold(tallies.ended, |sum, (_, tally)| sum.plus(tally.read()))
        };
        let outside = counters.outside.get().map_or(&[][..], SharedCounts::slots);
        let sum =
            |of: fn(&Slot) -> &AtomicU64| outside.iter().map(|slot| read(of(slot))).sum::<u64>();
        let count = |of| usize::try_from(sum(of)).unwrap_or(usize::MAX);
        Snapshot {
            accepted: read(&counters.accepted),
            admitted: read(&counters.admitted),
            served: read(&counters.served),
            refused: read(&counters.refused),
            panicked: read(&counters.panicked),
            tasks_panicked: counts.tasks_panicked + sum(|slot| &slot.tasks_panicked),
            dropped: read(&counters.dropped),
            live: counters.live.load(Ordering::Relaxed),
            queued: counters.queued.load(Ordering::Relaxed) + count(|slot| &slot.queued),
            queued_max: counters.queued_max.load(Ordering::Relaxed)
                + count(|slot| &slot.queued_max),
            timed_out: read(&counters.timed_out) + sum(|slot| &slot.timed_out),
            accept_wakes: read(&counters.accept_wakes),
            starved: read(&counters.starved),
            unselectable: read(&counters.unselectable) + sum(|slot| &slot.unselectable),
            processes: counters.processes.load(Ordering::Relaxed),
            processes_lost: read(&counters.processes_lost),
            recvs: counts.recvs + sum(|slot| &slot.recvs),
            sends: counts.sends + sum(|slot| &slot.sends),
            waits: counts.waits + sum(|slot| &slot.waits),
            calls: counts.calls + sum(|slot| &slot.calls),
        }
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

impl Counters {
    /// This thread's counts go to these counters until the guard is dropped.
    pub(crate) fn count_this_thread(self: &Arc<Self>) -> Counting {
        let tally = Arc::new(Tally::default());
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tallies.running.insert(Arc::clone(&tally));
        COUNTS.set(Counts::default());
        TALLY.set(Some(tally));
        Counting { counters: Arc::clone(self), place }
    }

    /// The counts of worker processes are in these slots. Says so once.
    pub(crate) fn count_outside(&self, slots: SharedCounts) {
        let counted = self.outside.set(slots);
        debug_assert!(counted.is_ok(), "one server has one set of workers");
    }

    /// The slots of worker processes, in the parent.
    pub(crate) fn outside(&self) -> Option<&SharedCounts> {
        self.outside.get()
    }
}

/// In a worker process: all slots, and which one is this process's.
static OURS: OnceLock<(SharedCounts, usize)> = OnceLock::new();

/// From now on every thread adds its counts to this slot, too.
pub(crate) fn share(slots: SharedCounts, number: usize) {
    OURS.set((slots, number)).ok();
}

/// The slot of this worker process.
pub(crate) fn our_slot() -> Option<&'static Slot> {
    OURS.get().and_then(|(slots, number)| slots.slots().get(*number))
}

/// A thread that is being counted.
pub(crate) struct Counting {
    counters: Arc<Counters>,
    place: usize,
}

impl Drop for Counting {
    fn drop(&mut self) {
        publish();
        TALLY.set(None);
        let mut tallies = self.counters.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.running.remove(self.place);
        tallies.ended = tallies.ended.plus(tally.read());
    }
}

impl Tally {
    fn read(&self) -> Counts {
        Counts {
            recvs: self.recvs.load(Ordering::Relaxed),
            sends: self.sends.load(Ordering::Relaxed),
            waits: self.waits.load(Ordering::Relaxed),
            calls: self.calls.load(Ordering::Relaxed),
            tasks_panicked: self.tasks_panicked.load(Ordering::Relaxed),
        }
    }
}

impl Counts {
    fn minus(self, other: Self) -> Self {
        Self {
            recvs: self.recvs - other.recvs,
            sends: self.sends - other.sends,
            waits: self.waits - other.waits,
            calls: self.calls - other.calls,
            tasks_panicked: self.tasks_panicked - other.tasks_panicked,
        }
    }

    fn add_to(self, slot: &Slot) {
        slot.recvs.fetch_add(self.recvs, Ordering::Relaxed);
        slot.sends.fetch_add(self.sends, Ordering::Relaxed);
        slot.waits.fetch_add(self.waits, Ordering::Relaxed);
        slot.calls.fetch_add(self.calls, Ordering::Relaxed);
        slot.tasks_panicked.fetch_add(self.tasks_panicked, Ordering::Relaxed);
    }

    fn plus(self, other: Self) -> Self {
        Self {
            recvs: self.recvs + other.recvs,
            sends: self.sends + other.sends,
            waits: self.waits + other.waits,
            calls: self.calls + other.calls,
            tasks_panicked: self.tasks_panicked + other.tasks_panicked,
        }
    }
}

/// A connection called `recv`.
#[inline]
pub(crate) fn count_recv() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { recvs: counts.recvs + 1, calls: counts.calls + 1, ..counts });
}

/// A connection called `send`.
#[inline]
pub(crate) fn count_send() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { sends: counts.sends + 1, calls: counts.calls + 1, ..counts });
}

/// A ring has received, which is no system call.
pub(crate) fn count_ring_recv() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { recvs: counts.recvs + 1, ..counts });
}

/// A ring was asked to send, which is no system call.
pub(crate) fn count_ring_send() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { sends: counts.sends + 1, ..counts });
}

/// Further system calls, beside those that are counted above.
pub(crate) fn count_calls(calls: u64) {
    let counts = COUNTS.get();
    COUNTS.set(Counts { calls: counts.calls + calls, ..counts });
}

/// The thread is about to wait.
pub(crate) fn count_wait() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { waits: counts.waits + 1, calls: counts.calls + 1, ..counts });
}

/// A task of `spawn_local` panicked.
pub(crate) fn count_task_panic() {
    let counts = COUNTS.get();
    COUNTS.set(Counts { tasks_panicked: counts.tasks_panicked + 1, ..counts });
}

/// Shows this thread's counts to the others.
pub(crate) fn publish() {
    TALLY.with_borrow(|tally| {
        if let Some(tally) = tally {
            let counts = COUNTS.get();
            if let Some(slot) = our_slot() {
                counts.minus(tally.read()).add_to(slot);
            }
            tally.recvs.store(counts.recvs, Ordering::Relaxed);
            tally.sends.store(counts.sends, Ordering::Relaxed);
            tally.waits.store(counts.waits, Ordering::Relaxed);
            tally.calls.store(counts.calls, Ordering::Relaxed);
            tally.tasks_panicked.store(counts.tasks_panicked, Ordering::Relaxed);
        }
    });
}
