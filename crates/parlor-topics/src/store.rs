//! The handle: open, write, read, announce, close.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::check::check;
use crate::connection;
use crate::directory::Directory;
use crate::fanout::Fanout;
use crate::limits::{READER_THREADS, READS_WAITING_MAX, WRITES_WAITING_MAX};
use crate::queue::{Full, Queue};
use crate::readers::{ReadJob, ReaderThread};
use crate::schema;
use crate::stats::{Counters, Stats};
use crate::writer::{Job, WriteJob, Writer};
use crate::{
    Abort, Announcement, Clock, Error, Local, OpenError, Schema, Snapshot, TopicId, Tx,
    Unavailable, WriteError,
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

/// The store; clones are the same store. It closes when the last clone is dropped, or before by
/// [`close`](Self::close).
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    threads: Arc<Threads>,
    dir: Arc<Path>,
}

/// A committed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the closure returned.
    pub value: T,
    /// The number of the transaction; its events carry it.
    pub commit: u64,
}

/// What the handles, the threads and the workers share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) writes: Queue<Box<dyn Job>>,
    pub(crate) reads: Queue<ReadJob>,
    pub(crate) fanout: Fanout,
    /// The last number given to a transaction or an announcement.
    pub(crate) commits: AtomicU64,
    pub(crate) counters: Counters,
}

/// The threads of a store, and the directory they work in.
struct Threads {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

struct Running {
    writer: JoinHandle<()>,
    readers: Vec<JoinHandle<()>>,
    directory: Directory,
}

impl Store {
    /// Opens the store, creates its directory when missing, and brings the tables up to date.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let Options { dir, schemas, clock } = options;
        let own_dir = Arc::from(dir.as_path());
        let directory = Directory::open(&dir)?;
        let database = directory.database();
        let (connection, epochs) = connection::open_for_writing(&directory)?;
        schema::migrate(&connection, &schemas, epochs)?;
        directory.finish()?;
        let shared = Arc::new(Shared {
            clock,
            writes: Queue::new(WRITES_WAITING_MAX),
            reads: Queue::new(READS_WAITING_MAX),
            fanout: Fanout::default(),
            commits: AtomicU64::new(last_commit(&connection)?),
            counters: Counters::default(),
        });
        let readers = (0..READER_THREADS)
            .map(|_| ReaderThread::open(Arc::clone(&shared), &database))
            .collect::<Result<Vec<_>, _>>()?;
        let writer = Writer::new(Arc::clone(&shared), connection, &database);
        let running = Running::start(writer, readers, directory)
            .map_err(|source| OpenError::Io { dir, source })?;
        let running = Mutex::new(Some(running));
        let threads = Arc::new(Threads { shared: Arc::clone(&shared), running });
        Ok(Self { shared, threads, dir: own_dir })
    }

    /// The data directory: what belongs beside the tables has its folder there.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The time by the store's clock.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
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
        let (answer, waiting) = oneshot::channel();
        let refused = match self.shared.writes.push(Box::new(WriteJob { f, result: None, answer }))
        {
            Ok(()) => None,
            Err(Full::Busy) => Some(Unavailable::Busy),
            Err(Full::Closed) => Some(Unavailable::Closed),
        };
        self.shared.counters.asked(refused.is_none());
        WriteAnswer { waiting, refused }
    }

    /// Calls `f`, in which several writes are asked for that had better share a commit: the writer
    /// is woken when it has returned. On a processor that both threads want, the first of them would
    /// otherwise often be committed alone.
    pub fn together<T>(&self, f: impl FnOnce() -> T) -> T {
        let _hold = self.shared.writes.hold();
        f()
    }

    /// Runs a closure on a snapshot, on a reader thread. Keep it short: while it runs, the
    /// write-ahead log cannot shrink.
    pub fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Snapshot<'_>) -> Result<T, Error> + Send + 'static,
    ) -> ReadAnswer<T> {
        self.shared.read(f)
    }

    /// Hands an ephemeral event to whoever is subscribed now. Never blocks, never on disk. All
    /// topics get it under one commit number.
    pub fn announce(&self, topics: &[TopicId], what: Announcement) {
        let commit = self.shared.commits.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared.fanout.announce(topics, &what, self.now_ms(), commit);
    }

    /// The delivery worker of the calling thread.
    pub fn local(&self) -> Local {
        Local::of(&self.shared)
    }

    /// Finishes what is queued, checkpoints, and stops the threads; blocks until that is done.
    /// Readers get what has been handed to them, then `Closed`. Later calls do nothing.
    pub fn close(&self) {
        self.threads.close();
    }

    /// Looks at everything on the disk and says in words what is wrong with it; nothing is, when
    /// the list is empty. Long for a big store: not for requests.
    pub fn check(&self) -> ReadAnswer<Vec<String>> {
        self.read(check)
    }

    /// What the store did so far.
    pub fn stats(&self) -> Stats {
        let (workers, topics) = self.shared.fanout.counts();
        Stats { workers, topics_subscribed: topics, ..self.shared.counters.stats() }
    }
}

impl Shared {
    pub(crate) fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Snapshot<'_>) -> Result<T, Error> + Send + 'static,
    ) -> ReadAnswer<T> {
        let (answer, waiting) = oneshot::channel();
        let pushed = self.reads.push(ReadJob::new(move |snapshot| {
            // Whoever asked may have gone.
            drop(answer.send(snapshot.and_then(f)));
        }));
        ReadAnswer { waiting, refused: pushed.err().map(refused) }
    }

    /// A read of a worker: not counted among those that may wait, because each worker has only
    /// one per topic it opens and `PAGE_READS_MAX` pages under way.
    pub(crate) fn read_for_worker(
        &self,
        f: impl FnOnce(Result<&Snapshot<'_>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.counters.worker_read();
        self.reads.push_anyway(ReadJob::new(f)).map_err(refused)
    }
}

fn refused(full: Full) -> Error {
    match full {
        Full::Busy => Error::Busy,
        Full::Closed => Error::Closed,
    }
}

impl Running {
    fn start(
        writer: Writer,
        readers: Vec<ReaderThread>,
        directory: Directory,
    ) -> std::io::Result<Self> {
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let readers = readers
            .into_iter()
            .map(|reader| named("store-read").spawn(move || reader.run()))
            .collect::<Result<_, _>>()?;
        let writer = named("store-write").spawn(move || writer.run())?;
        Ok(Self { writer, readers, directory })
    }

    fn is_on(&self, thread: thread::ThreadId) -> bool {
        let mut all = self.readers.iter().chain([&self.writer]);
        all.any(|handle| handle.thread().id() == thread)
    }

    fn close(self, shared: &Shared) {
        shared.writes.close();
        shared.reads.close();
        let Self { writer, readers, directory } = self;
        // The readers end first, so that the writer's connection is the last and empties the log.
        let mut clean = true;
        for thread in readers.into_iter().chain([writer]) {
            clean &= thread.join().is_ok();
        }
        shared.fanout.close();
        if clean {
            directory.close();
        }
    }
}

impl Threads {
    fn close(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = running.take() else { return };
        if !running.is_on(thread::current().id()) {
            return running.close(&self.shared);
        }
        // A closure held the last handle: its thread cannot wait for itself to end.
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || running.close(&shared));
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.close();
    }
}

/// The number the last transaction of the last run had.
fn last_commit(connection: &Connection) -> Result<u64, OpenError> {
    let read =
        connection.query_row("SELECT value FROM topics_counter WHERE name = 'commit'", [], |row| {
            row.get::<_, i64>(0)
        });
    let number = read.map_err(|error| OpenError::Sqlite(Error::sqlite(&error)))?;
    Ok(number.cast_unsigned())
}

/// The answer to a write; a future that needs no runtime.
#[must_use = "the answer says whether it was written"]
pub struct WriteAnswer<T, R> {
    waiting: oneshot::Receiver<Result<Committed<T>, WriteError<R>>>,
    refused: Option<Unavailable>,
}

impl<T: Send + 'static, R: Send + 'static> Future for WriteAnswer<T, R> {
    type Output = Result<Committed<T>, WriteError<R>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(why) = self.refused.take() {
            return Poll::Ready(Err(WriteError::Unavailable(why)));
        }
        // The writer answers every job it takes; one that vanished fell to a bug in the writer.
        Pin::new(&mut self.waiting)
            .poll(cx)
            .map(|answer| answer.unwrap_or(Err(WriteError::Unknown)))
    }
}

impl<T: Send + 'static, R: Send + 'static> WriteAnswer<T, R> {
    /// Blocks until the answer is there: for threads that serve nobody.
    pub fn wait(mut self) -> Result<Committed<T>, WriteError<R>> {
        if let Some(why) = self.refused.take() {
            return Err(WriteError::Unavailable(why));
        }
        self.waiting.blocking_recv().unwrap_or(Err(WriteError::Unknown))
    }
}

/// The answer to a read; a future that needs no runtime.
#[must_use = "a read has no effect but its answer"]
pub struct ReadAnswer<T> {
    waiting: oneshot::Receiver<Result<T, Error>>,
    refused: Option<Error>,
}

impl<T: Send + 'static> Future for ReadAnswer<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(why) = self.refused.take() {
            return Poll::Ready(Err(why));
        }
        // Reads that are taken in are run, also while the store closes; only a panic drops one.
        Pin::new(&mut self.waiting).poll(cx).map(|answer| answer.unwrap_or(Err(Error::Panicked)))
    }
}

impl<T: Send + 'static> ReadAnswer<T> {
    /// Blocks until the answer is there: for threads that serve nobody.
    pub fn wait(mut self) -> Result<T, Error> {
        if let Some(why) = self.refused.take() {
            return Err(why);
        }
        self.waiting.blocking_recv().unwrap_or(Err(Error::Panicked))
    }
}
