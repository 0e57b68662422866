//! What can go wrong, and who is at fault: the closure, the disk, or the store itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::TopicId;

/// A statement, a read or a subscription failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller named a topic that does not exist (any more).
    #[error("there is no topic {0}")]
    NoSuchTopic(TopicId),
    /// The caller named an event that is not there (any more).
    #[error("topic {topic} has no event {offset}")]
    NoSuchEvent {
        /// The topic.
        topic: TopicId,
        /// The event's offset.
        offset: u64,
    },
    /// The caller gave something longer than its limit in `limits`.
    #[error("{what} has {bytes} bytes, more than {max}")]
    TooLarge {
        /// What is too long.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        max: usize,
    },
    /// A constraint of the tables forbids it: unique, foreign key, check or not null.
    #[error("a constraint of the tables forbids it: {0}")]
    Constraint(Arc<str>),
    /// The statement cannot run: a mistake in the SQL or its parameters.
    #[error("the statement cannot run: {0}")]
    Statement(Arc<str>),
    /// A column does not hold what the caller asked for.
    #[error("column {index} is not {expected}")]
    Column {
        /// The column, from 0.
        index: usize,
        /// What was asked for.
        expected: &'static str,
    },
    /// An event on the disk is not what was written there; it is not served.
    #[error("event {offset} of topic {topic} is damaged on the disk")]
    Corrupt {
        /// The topic.
        topic: TopicId,
        /// The event's offset.
        offset: u64,
    },
    /// The database file is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(Arc<str>),
    /// The disk reported an error.
    #[error("the disk reported an error: {0}")]
    Io(Arc<str>),
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// Too many are waiting; nothing was done.
    #[error("the store is busy")]
    Busy,
    /// The disk or the data directory cannot be written.
    #[error("the store cannot be written")]
    ReadOnly,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The closure panicked; what it did was undone.
    #[error("the closure panicked")]
    Panicked,
}

/// How a closure given to `Store::write` ends without committing anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Abort<R> {
    /// The app says no.
    Refused(R),
    /// The store could not do it.
    Store(Error),
}

impl<R> From<Error> for Abort<R> {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Why a write has no `Committed`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<R> {
    /// The closure refused: certainly not committed.
    #[error("refused")]
    Refused(R),
    /// Certainly not committed; trying again later may work.
    #[error("not written: {0}")]
    Unavailable(Unavailable),
    /// It may be committed or not; a retry with the same idempotency key is safe.
    #[error("nobody knows whether it was written; a retry with the same key is safe")]
    Unknown,
    /// Not committed: the store has stopped itself because the disk failed.
    #[error("the store has stopped itself because its disk failed")]
    Fatal,
}

/// Why a write was certainly not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// Too many writes are waiting.
    #[error("the store is busy")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The disk or the data directory cannot be written.
    #[error("the store cannot be written")]
    ReadOnly,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The closure itself failed: a statement could not run, or it panicked.
    #[error("{0}")]
    Failed(Error),
}

/// Why the store does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "another Parlor{} uses the data directory {}: stop that one first, or choose another \
         directory with --data", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        dir.display()
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// The process that has it, when it says so.
        holder: Option<u32>,
    },
    /// The directory holds something else.
    #[error(
        "{} is not a Parlor data directory ({why}): choose an empty or new directory with --data",
        dir.display()
    )]
    NotOurs {
        /// The directory.
        dir: PathBuf,
        /// What was found there.
        why: String,
    },
    /// The data was written by a newer version.
    #[error(
        "the data of {what} has format {found}, but this Parlor knows formats up to {known}: \
         install the newer version again, or restore a backup made by this one"
    )]
    Newer {
        /// Which part: the store, or an app's tables.
        what: String,
        /// The format found.
        found: u32,
        /// The newest this version knows.
        known: u32,
    },
    /// The data is damaged or partly missing.
    #[error("the data directory {} is damaged ({why}): restore a backup", dir.display())]
    Damaged {
        /// The data directory.
        dir: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The directory cannot be written.
    #[error(
        "the data directory {} cannot be written: check its owner, its permissions and whether \
         the disk is mounted read-only", dir.display()
    )]
    NotWritable {
        /// The data directory.
        dir: PathBuf,
    },
    /// The disk or the system reported an error.
    #[error("the data directory {} cannot be used", dir.display())]
    Io {
        /// The data directory.
        dir: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// SQLite reported an error.
    #[error("the database cannot be opened: {0}")]
    Sqlite(Error),
}

impl Error {
    /// What SQLite said, in the store's words.
    pub(crate) fn sqlite(error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = || Arc::<str>::from(error.to_string());
        let Some(code) = error.sqlite_error_code() else {
            return Self::Statement(text());
        };
        match code {
            Code::ConstraintViolation => Self::Constraint(text()),
            Code::DiskFull => Self::DiskFull,
            Code::DatabaseBusy | Code::DatabaseLocked => Self::Busy,
            Code::ReadOnly => Self::ReadOnly,
            Code::DatabaseCorrupt | Code::NotADatabase => Self::Damaged(text()),
            Code::SystemIoFailure | Code::CannotOpen | Code::OutOfMemory => Self::Io(text()),
            _ => Self::Statement(text()),
        }
    }

    /// Whether the whole transaction is over, not only the statement that failed.
    pub(crate) fn ends_transaction(&self) -> bool {
        matches!(
            self,
            Self::DiskFull | Self::Busy | Self::ReadOnly | Self::Io(_) | Self::Damaged(_)
        )
    }

    /// Whether the store must stop: what the disk holds is no longer known.
    pub(crate) fn stops_store(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Damaged(_))
    }
}
