//! What the store counts, for tests and benchmarks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::fanout::{Change, Publication};
use crate::writer::Outcome;

/// What the store did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Writes asked for that were queued.
    pub writes: u64,
    /// Writes turned away because too many waited, or the store was closed.
    pub writes_refused: u64,
    /// Transactions committed; one can hold many writes.
    pub commits: u64,
    /// The most writes one transaction held.
    pub batch_max: u64,
    /// Writes that ended as unavailable, unknown or fatal.
    pub writes_failed: u64,
    /// Events appended.
    pub events: u64,
    /// Reads run, with those of the delivery workers.
    pub reads: u64,
    /// Reads of the delivery workers: where a topic stands, and pages for readers that lag.
    pub worker_reads: u64,
    /// Checkpoints run.
    pub checkpoints: u64,
    /// Bytes in use of the write-ahead log, when last looked at.
    pub wal_bytes: u64,
    /// Delivery workers now.
    pub workers: usize,
    /// Topics with a subscriber now.
    pub topics_subscribed: usize,
}

/// Counted by all threads.
#[derive(Default)]
pub(crate) struct Counters {
    writes: AtomicU64,
    writes_refused: AtomicU64,
    commits: AtomicU64,
    batch_max: AtomicU64,
    writes_failed: AtomicU64,
    events: AtomicU64,
    reads: AtomicU64,
    worker_reads: AtomicU64,
    checkpoints: AtomicU64,
    wal_bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn asked(&self, queued: bool) {
        add(if queued { &self.writes } else { &self.writes_refused }, 1);
    }

    pub(crate) fn committed(&self, writes: usize) {
        add(&self.commits, 1);
        self.batch_max.fetch_max(writes as u64, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, outcome: &Outcome) {
        if !matches!(outcome, Outcome::Done { .. }) {
            add(&self.writes_failed, 1);
        }
    }

    pub(crate) fn published(&self, publications: &[Publication]) {
        let appended =
            |publication: &&Publication| matches!(publication.change, Change::Appended { .. });
        add(&self.events, publications.iter().filter(appended).count() as u64);
    }

    pub(crate) fn read(&self) {
        add(&self.reads, 1);
    }

    pub(crate) fn worker_read(&self) {
        add(&self.worker_reads, 1);
    }

    pub(crate) fn checkpointed(&self) {
        add(&self.checkpoints, 1);
    }

    pub(crate) fn wal(&self, bytes: u64) {
        self.wal_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            writes: get(&self.writes),
            writes_refused: get(&self.writes_refused),
            commits: get(&self.commits),
            batch_max: get(&self.batch_max),
            writes_failed: get(&self.writes_failed),
            events: get(&self.events),
            reads: get(&self.reads),
            worker_reads: get(&self.worker_reads),
            checkpoints: get(&self.checkpoints),
            wal_bytes: get(&self.wal_bytes),
            workers: 0,
            topics_subscribed: 0,
        }
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
