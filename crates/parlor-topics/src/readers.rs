//! The reader threads: each has a connection that cannot write, and runs short reads on snapshots.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::clock::Stopwatch;
use crate::connection;
use crate::limits::READ_MS_EXPECTED;
use crate::queue::Taken;
use crate::store::Shared;
use crate::{Error, OpenError, Snapshot};

/// A read on its way to a reader thread.
pub(crate) struct ReadJob(Box<dyn Read>);

/// A closure that reads, or learns why it cannot.
trait Read: FnOnce(Result<&Snapshot<'_>, Error>) + Send {}

impl<F: FnOnce(Result<&Snapshot<'_>, Error>) + Send> Read for F {}

impl ReadJob {
    pub(crate) fn new(f: impl FnOnce(Result<&Snapshot<'_>, Error>) + Send + 'static) -> Self {
        Self(Box::new(f))
    }
}

/// One reader thread.
pub(crate) struct ReaderThread {
    shared: Arc<Shared>,
    connection: Connection,
}

impl ReaderThread {
    pub(crate) fn open(shared: Arc<Shared>, database: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: connection::open_for_reading(database)?, shared })
    }

    /// Runs reads until the queue is closed and empty.
    pub(crate) fn run(self) {
        let mut jobs = Vec::new();
        // One at a time, so that a long read holds up nobody but itself.
        while self.shared.reads.take(&mut jobs, 1, None) == Taken::Jobs {
            for job in jobs.drain(..) {
                self.read(job);
            }
        }
    }

    fn read(&self, job: ReadJob) {
        self.shared.counters.read();
        let watch = Stopwatch::start();
        match self.connection.execute_batch("BEGIN") {
            Err(error) => (job.0)(Err(Error::sqlite(&error))),
            Ok(()) => {
                let snapshot = Snapshot::reading(&self.connection, self.shared.clock.now_ms());
                // Whoever waits for the answer learns from the dropped job that it panicked.
                let ran = catch_unwind(AssertUnwindSafe(|| (job.0)(Ok(&snapshot))));
                if ran.is_err() {
                    tracing::error!("a read panicked");
                }
                if let Err(error) = self.connection.execute_batch("ROLLBACK") {
                    tracing::warn!(%error, "a read did not end");
                }
            }
        }
        let took_ms = watch.elapsed_ms();
        if took_ms > READ_MS_EXPECTED {
            tracing::warn!(took_ms, "a read took long");
        }
    }
}
