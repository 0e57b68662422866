//! The handle: open, write, read, announce, close.

use std::future::Future;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::{
    Abort, Announcement, Clock, Error, Local, OpenError, Schema, Snapshot, TopicId, Tx, WriteError,
};

/// What a store is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory; created when it is missing.
    pub dir: PathBuf,
    /// The tables of the apps.
    pub schemas: Vec<Schema>,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Options {
    /// No app tables, the clock of the machine.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), schemas: Vec::new(), clock: Clock::system() }
    }
}

/// The store; clones are the same store.
#[derive(Clone)]
pub struct Store {
    _inner: Arc<()>,
}

/// A committed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the closure returned.
    pub value: T,
    /// The number of the transaction; its events carry it.
    pub commit: u64,
}

/// What the store did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Commits (each one flush of the disk).
    pub commits: u64,
}

impl Store {
    /// Opens the store, creates its directory when missing, and brings the tables up to date.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let _ = options;
        todo!()
    }

    /// The time by the store's clock.
    pub fn now_ms(&self) -> u64 {
        todo!()
    }

    /// Runs a closure in a transaction. It is queued now, not when the answer is polled; dropping
    /// the answer does not undo it. The closure may run more than once and must have no effect
    /// outside its transaction.
    pub fn write<T, R>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, Abort<R>> + Send + 'static,
    ) -> WriteAnswer<T, R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let _ = f;
        todo!()
    }

    /// Runs a closure on a snapshot, on a reader thread. Keep it short.
    pub fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Snapshot<'_>) -> Result<T, Error> + Send + 'static,
    ) -> ReadAnswer<T> {
        let _ = f;
        todo!()
    }

    /// Hands an ephemeral event to whoever is subscribed now. Never blocks, never on disk.
    pub fn announce(&self, topics: &[TopicId], what: Announcement) {
        let _ = (topics, what);
        todo!()
    }

    /// The delivery worker of the calling thread.
    pub fn local(&self) -> Local {
        todo!()
    }

    /// Finishes what is queued, checkpoints, and stops the threads. Later calls do nothing.
    pub fn close(&self) {
        todo!()
    }

    /// What the store did so far.
    pub fn stats(&self) -> Stats {
        todo!()
    }
}

/// The answer to a write; a future that needs no runtime.
#[must_use = "the answer says whether it was written"]
pub struct WriteAnswer<T, R> {
    _answer: PhantomData<fn() -> (T, R)>,
}

impl<T: Send + 'static, R: Send + 'static> Future for WriteAnswer<T, R> {
    type Output = Result<Committed<T>, WriteError<R>>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        todo!()
    }
}

/// The answer to a read; a future that needs no runtime.
#[must_use = "a read has no effect but its answer"]
pub struct ReadAnswer<T> {
    _answer: PhantomData<fn() -> T>,
}

impl<T: Send + 'static> Future for ReadAnswer<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        todo!()
    }
}
