//! The writer: the one thread that writes and checkpoints.
//!
//! It takes all closures that wait (as many as fit a batch), runs them in one transaction, commits
//! once, publishes, and then answers. One that fails after it has changed something is rare, but takes
//! the transaction with it: all closures of the batch run once more, each in a savepoint, which costs
//! a copy of every page it changes.
//!
//! There is no timer: while one commit is under way, the next batch gathers by itself. Before it
//! commits, it lets others run and takes what they have written meanwhile, until that is nothing or the
//! batch is full: the first of sixteen messages that came at once is not to be committed alone because
//! its arrival woke this thread. Who knows beforehand that there are several says so
//! (`Store::together`).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fanout::Publication;
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_CLOSURES_MAX, HOUSEKEEPING_MS, IDLE_MS, LOCK_WAIT_MS, WAL_BYTES_HARD,
    WAL_BYTES_SOFT, WAL_TRUNCATE_WAIT_MS,
};
use crate::log::FRAME_BYTES;
use crate::queue::Taken;
use crate::registry::Registry;
use crate::retention;
use crate::store::{Committed, Shared};
use crate::{Abort, Error, Snapshot, Tx, Unavailable, WriteError};

/// A closure on its way to the writer, and the way back.
pub(crate) trait Job: Send {
    /// Runs the closure; says whether its changes are to be kept. May be called again after the
    /// changes were undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;

    /// Tells whoever waits.
    fn answer(self: Box<Self>, outcome: Outcome);
}

/// What became of a closure.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The batch went through. What the closure returned decides.
    Done { commit: u64 },
    /// It panicked.
    Panicked,
    /// Certainly nothing of it is there.
    Unavailable(Unavailable),
    /// Nobody knows.
    Unknown,
    /// The store has stopped.
    Fatal,
}

/// The job of `Store::write`.
pub(crate) struct WriteJob<F, T, R> {
    pub(crate) f: F,
    pub(crate) result: Option<Result<T, Abort<R>>>,
    pub(crate) answer: oneshot::Sender<Result<Committed<T>, WriteError<R>>>,
}

impl<F, T, R> Job for WriteJob<F, T, R>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, Abort<R>> + Send,
    T: Send,
    R: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.result = None;
        let result = (self.f)(tx);
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let answer = match (outcome, self.result) {
            (Outcome::Done { commit }, Some(Ok(value))) => Ok(Committed { value, commit }),
            (Outcome::Done { .. }, Some(Err(Abort::Refused(why)))) => Err(WriteError::Refused(why)),
            (Outcome::Done { .. }, Some(Err(Abort::Store(error)))) => {
                Err(WriteError::Unavailable(unavailable(error)))
            }
            (Outcome::Done { .. } | Outcome::Panicked, _) => {
                Err(WriteError::Unavailable(Unavailable::Failed(Error::Panicked)))
            }
            (Outcome::Unavailable(why), _) => Err(WriteError::Unavailable(why)),
            // It had nothing to commit, so there is nothing to be unknown.
            (Outcome::Unknown, Some(Err(_))) | (Outcome::Fatal, _) => Err(WriteError::Fatal),
            (Outcome::Unknown, _) => Err(WriteError::Unknown),
        };
        // Whoever asked may have gone; what was written stays written.
        drop(self.answer.send(answer));
    }
}

/// The same error, seen by whoever asked for the write.
fn unavailable(error: Error) -> Unavailable {
    match error {
        Error::Busy => Unavailable::Busy,
        Error::DiskFull => Unavailable::DiskFull,
        Error::ReadOnly => Unavailable::ReadOnly,
        Error::Closed => Unavailable::Closed,
        other => Unavailable::Failed(other),
    }
}

/// The state of the writer thread.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    connection: Connection,
    wal: PathBuf,
    registry: RefCell<Registry>,
    publications: Vec<Publication>,
    /// Whether anything was committed since the log was last emptied.
    log_used: bool,
    commits_since_look: u32,
    housekept_ms: u64,
    /// The disk failed: nothing is written any more.
    stopped: bool,
}

/// A closure that ran, and how.
struct Ran {
    job: Box<dyn Job>,
    outcome: Outcome,
}

/// How a transaction failed.
enum Failure {
    /// Nothing of it is there, for a reason that all its closures share.
    Undone(Error),
    /// A constraint that is checked only at COMMIT was broken by one of its closures.
    Blame(Error),
    /// A closure failed after it had changed something: each needs a savepoint.
    Entangled,
    /// COMMIT failed in a way that leaves open what is on the disk.
    Unknown(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Undone(error)
    }
}

/// What keeps the closures of a transaction apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Apart {
    /// Nothing: what one has changed can be undone with the whole only.
    No,
    Savepoints,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, connection: Connection, database: &Path) -> Self {
        let mut wal = database.as_os_str().to_owned();
        wal.push("-wal");
        let housekept_ms = shared.clock.now_ms();
        Self {
            shared,
            connection,
            wal: wal.into(),
            registry: RefCell::default(),
            publications: Vec::new(),
            log_used: true,
            commits_since_look: 0,
            housekept_ms,
            stopped: false,
        }
    }

    /// Runs closures until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        let guard = StopGuard(Arc::clone(&self.shared));
        let mut waiting = VecDeque::new();
        let mut taken = Vec::new();
        loop {
            let room = BATCH_CLOSURES_MAX - waiting.len().min(BATCH_CLOSURES_MAX);
            let wait = if waiting.is_empty() { IDLE_MS } else { 0 };
            let wait = Some(Duration::from_millis(wait));
            let state = match room {
                0 => Taken::Jobs,
                room => self.shared.writes.take(&mut taken, room, wait),
            };
            waiting.extend(taken.drain(..));
            if waiting.is_empty() {
                match state {
                    Taken::Closed => break,
                    Taken::Idle | Taken::Jobs => self.idle(),
                }
                continue;
            }
            self.batch(&mut waiting, true);
            self.look_after_log();
            self.keep_house();
        }
        self.empty_log();
        drop(guard);
    }

    /// Runs as many closures as fit one commit, and answers them. An `open` batch takes in what is
    /// written meanwhile.
    fn batch(&mut self, waiting: &mut VecDeque<Box<dyn Job>>, open: bool) {
        if self.stopped {
            for job in waiting.drain(..) {
                job.answer(Outcome::Fatal);
            }
            return;
        }
        let mut ran = Vec::with_capacity(waiting.len().min(BATCH_CLOSURES_MAX));
        let mut failed = self.transact(waiting, &mut ran, Apart::No, open);
        if let Err(Failure::Entangled) = failed {
            for Ran { job, .. } in ran.drain(..).rev() {
                waiting.push_front(job);
            }
            failed = self.transact(waiting, &mut ran, Apart::Savepoints, open);
        }
        if let Err(Failure::Blame(error)) = failed {
            if ran.len() == 1 {
                failed = Err(Failure::Undone(error));
            } else {
                // Each in a transaction of its own: only the one to blame fails.
                self.one_by_one(ran);
                return;
            }
        }
        match failed {
            Ok(()) => {
                self.publish();
                for Ran { job, outcome } in ran {
                    self.shared.counters.answered(&outcome);
                    job.answer(outcome);
                }
            }
            Err(failure) => self.fail(ran, failure),
        }
    }

    fn one_by_one(&mut self, ran: Vec<Ran>) {
        for Ran { job, .. } in ran {
            self.batch(&mut VecDeque::from([job]), false);
        }
    }

    /// One transaction. On error everything is undone, here and in the database.
    fn transact(
        &mut self,
        waiting: &mut VecDeque<Box<dyn Job>>,
        ran: &mut Vec<Ran>,
        apart: Apart,
        open: bool,
    ) -> Result<(), Failure> {
        let result = self.run_all(waiting, ran, apart, open).and_then(|()| {
            match self.statement("COMMIT") {
                Ok(()) => Ok(()),
                Err(error @ Error::Constraint(_)) => Err(Failure::Blame(error)),
                // These say that the last frame of the log, the one that counts, is not there.
                Err(error @ (Error::DiskFull | Error::Busy | Error::ReadOnly)) => {
                    Err(Failure::Undone(error))
                }
                Err(error) => Err(Failure::Unknown(error)),
            }
        });
        if result.is_ok() {
            self.registry.get_mut().committed();
            self.log_used = true;
            self.shared.counters.committed(ran.len());
            return Ok(());
        }
        self.registry.get_mut().forget();
        self.publications.clear();
        // SQLite may have rolled back by itself.
        if !self.connection.is_autocommit()
            && let Err(error) = self.statement("ROLLBACK")
        {
            tracing::warn!(%error, "a rollback failed");
        }
        result
    }

    fn run_all(
        &mut self,
        waiting: &mut VecDeque<Box<dyn Job>>,
        ran: &mut Vec<Ran>,
        apart: Apart,
        open: bool,
    ) -> Result<(), Failure> {
        self.begin(waiting, ran)?;
        let changes = self.connection.total_changes();
        let mut bytes = 0;
        while ran.len() < BATCH_CLOSURES_MAX && bytes < BATCH_BYTES_MAX {
            if open && waiting.is_empty() {
                self.take_in(waiting, BATCH_CLOSURES_MAX - ran.len());
            }
            let Some(mut job) = waiting.pop_front() else { break };
            let (outcome, failed) = match self.run_one(&mut *job, apart, &mut bytes) {
                Ok(outcome) => (outcome, None),
                Err(failure) => (Outcome::Unknown, Some(failure)),
            };
            ran.push(Ran { job, outcome });
            if let Some(failure) = failed {
                return Err(failure);
            }
        }
        // With nothing to write, the commit does not touch the disk.
        if self.connection.total_changes() == changes && self.registry.get_mut().is_clean() {
            return Ok(());
        }
        let commits = self.shared.commits.load(Ordering::Relaxed);
        let flushed = self.registry.get_mut().flush(&self.connection).and_then(|()| {
            let mut update = self
                .connection
                .prepare_cached("UPDATE topics_counter SET value = ?1 WHERE name = 'commit'")?;
            update.execute([commits.cast_signed()])
        });
        flushed.map(|_| ()).map_err(|error| Error::sqlite(&error).into())
    }

    /// Lets others run, and takes up to so many closures that they wrote. Costs nothing on a
    /// processor that nobody else wants.
    fn take_in(&self, waiting: &mut VecDeque<Box<dyn Job>>, room: usize) {
        thread::yield_now();
        let mut taken = Vec::new();
        self.shared.writes.take(&mut taken, room, Some(Duration::ZERO));
        waiting.extend(taken);
    }

    /// Begins a transaction. When that fails, nobody's closure ran, but they all learn of it.
    fn begin(&self, waiting: &mut VecDeque<Box<dyn Job>>, ran: &mut Vec<Ran>) -> Result<(), Error> {
        self.statement("BEGIN IMMEDIATE").inspect_err(|_| {
            ran.extend(waiting.drain(..).map(|job| Ran { job, outcome: Outcome::Unknown }));
        })
    }

    /// Runs one closure. A failure ends the whole transaction.
    fn run_one(
        &mut self,
        job: &mut dyn Job,
        apart: Apart,
        bytes: &mut usize,
    ) -> Result<Outcome, Failure> {
        if apart == Apart::Savepoints {
            self.statement("SAVEPOINT closure")?;
        }
        let commit = self.shared.commits.fetch_add(1, Ordering::Relaxed) + 1;
        let (published, changes) = (self.publications.len(), self.connection.total_changes());
        let now_ms = self.shared.clock.now_ms();
        let snapshot = Snapshot::writing(&self.connection, &self.registry, now_ms);
        let mut tx = Tx::new(snapshot, commit, &mut self.publications);
        let kept = catch_unwind(AssertUnwindSafe(|| job.run(&mut tx)));
        *bytes += tx.bytes();
        // A closure may overlook an error that has ended the transaction; the writer does not.
        if let Some(error) = tx.ended() {
            return Err(error.into());
        }
        drop(tx);
        if self.connection.is_autocommit() {
            return Err(Error::Io("the transaction was ended by a statement".into()).into());
        }
        if let Ok(true) = kept {
            self.registry.get_mut().keep();
            if apart == Apart::Savepoints {
                self.statement("RELEASE closure")?;
            }
            return Ok(Outcome::Done { commit });
        }
        if apart == Apart::Savepoints {
            self.publications.truncate(published);
            self.registry.get_mut().undo();
            self.statement("ROLLBACK TO closure")?;
            self.statement("RELEASE closure")?;
        } else if self.connection.total_changes() != changes
            || self.publications.len() != published
            || !self.registry.get_mut().is_as_before()
        {
            return Err(Failure::Entangled);
        }
        if kept.is_err() {
            tracing::error!("a closure panicked; what it did was undone");
            return Ok(Outcome::Panicked);
        }
        Ok(Outcome::Done { commit })
    }

    fn publish(&mut self) {
        self.shared.counters.published(&self.publications);
        self.shared.fanout.publish(&mut self.publications);
        if self.publications.capacity() > 4 * BATCH_CLOSURES_MAX {
            self.publications = Vec::new();
        }
    }

    /// Tells everybody that the batch failed, and stops if nobody knows what the disk holds.
    fn fail(&mut self, ran: Vec<Ran>, failure: Failure) {
        let (outcome, error) = match failure {
            Failure::Undone(error) | Failure::Blame(error) if error.stops_store() => {
                (Outcome::Fatal, error)
            }
            Failure::Undone(error) | Failure::Blame(error) => {
                (Outcome::Unavailable(unavailable(error.clone())), error)
            }
            Failure::Unknown(error) => {
                self.stop(&error);
                (Outcome::Unknown, error)
            }
            Failure::Entangled => unreachable!("savepoints keep them apart"),
        };
        if error.stops_store() {
            self.stop(&error);
        } else {
            tracing::warn!(%error, closures = ran.len(), "a commit failed");
        }
        for Ran { job, outcome: own } in ran {
            // A panic is told as such: it says nothing about the disk.
            let outcome = match own {
                Outcome::Panicked => Outcome::Panicked,
                _ => outcome.clone(),
            };
            self.shared.counters.answered(&outcome);
            job.answer(outcome);
        }
    }

    fn stop(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.stopped, true) {
            tracing::error!(%error, "the disk failed: the store has stopped writing");
        }
    }

    /// Nobody has written for a while.
    fn idle(&mut self) {
        self.keep_house();
        if self.log_used && !self.stopped {
            self.empty_log();
        }
    }

    fn keep_house(&mut self) {
        let now_ms = self.shared.clock.now_ms();
        if now_ms.abs_diff(self.housekept_ms) < HOUSEKEEPING_MS || self.stopped {
            return;
        }
        let (answer, mut more) = oneshot::channel::<Result<Committed<bool>, WriteError<()>>>();
        let f = |tx: &mut Tx<'_>| retention::housekeep(tx).map_err(Abort::Store);
        let job = Box::new(WriteJob { f, result: None, answer });
        self.batch(&mut VecDeque::from([job as _]), false);
        match more.try_recv() {
            Ok(Ok(Committed { value: true, .. })) => {}
            Ok(Ok(Committed { value: false, .. })) => self.housekept_ms = now_ms,
            other => {
                tracing::warn!(?other, "old events could not be removed");
                self.housekept_ms = now_ms;
            }
        }
    }

    /// Moves the log into the database before it grows long. What that costs is paid here,
    /// between commits, and not by whoever happens to commit next.
    fn look_after_log(&mut self) {
        self.commits_since_look += 1;
        if self.commits_since_look < 8 || self.stopped {
            return;
        }
        self.commits_since_look = 0;
        let Some(log) = self.checkpoint("NOOP") else { return };
        self.shared.counters.wal(log.bytes);
        if log.bytes > WAL_BYTES_HARD {
            self.empty_log();
        } else if log.bytes > WAL_BYTES_SOFT && log.bytes - log.moved > WAL_BYTES_SOFT / 4 {
            self.checkpoint("PASSIVE");
        }
    }

    /// Moves the whole log and empties it, if no reader holds it for long.
    fn empty_log(&mut self) {
        if self.stopped {
            return;
        }
        let wait = |ms| self.connection.busy_timeout(Duration::from_millis(ms));
        if let Err(error) = wait(WAL_TRUNCATE_WAIT_MS) {
            tracing::warn!(%error, "the wait for readers cannot be set");
        }
        let log = self.checkpoint("TRUNCATE");
        let wait = |ms| self.connection.busy_timeout(Duration::from_millis(ms));
        if let Err(error) = wait(LOCK_WAIT_MS) {
            tracing::warn!(%error, "the wait for locks cannot be set");
        }
        if log.is_some_and(|log| !log.held) {
            self.log_used = false;
            self.shared.counters.wal(0);
        }
    }

    /// Runs a checkpoint and says how the log stands after it.
    fn checkpoint(&mut self, mode: &str) -> Option<Log> {
        let result = self
            .connection
            .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))
            .and_then(|mut checkpoint| {
                checkpoint.query_row([], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
                })
            });
        match result {
            Ok((held, frames, moved)) => {
                if mode != "NOOP" {
                    self.shared.counters.checkpointed();
                }
                let bytes = |frames: i64| u64::try_from(frames).unwrap_or(0) * FRAME_BYTES;
                Some(Log { held: held != 0, bytes: bytes(frames), moved: bytes(moved) })
            }
            Err(error) => {
                let error = Error::sqlite(&error);
                tracing::warn!(%error, log = %self.wal.display(), "a checkpoint failed");
                // The log is whole, but a sync that failed once is not to be trusted again.
                if error.stops_store() {
                    self.stop(&error);
                }
                None
            }
        }
    }

    fn statement(&self, sql: &str) -> Result<(), Error> {
        let run = self.connection.prepare_cached(sql).and_then(|mut run| run.execute([]));
        run.map(|_| ()).map_err(|error| Error::sqlite(&error))
    }
}

/// How the write-ahead log stands.
#[derive(Clone, Copy)]
struct Log {
    /// A reader held on to it.
    held: bool,
    bytes: u64,
    /// How much of it is in the database already.
    moved: u64,
}

/// If the writer itself fails, nobody must wait for it for ever.
struct StopGuard(Arc<Shared>);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.writes.close();
        let mut left = Vec::new();
        while self.0.writes.take(&mut left, usize::MAX, Some(Duration::ZERO)) == Taken::Jobs {}
        for job in left {
            job.answer(Outcome::Unavailable(Unavailable::Closed));
        }
    }
}
