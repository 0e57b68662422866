//! What can go wrong below the hub, and how a refusal and a failure travel together.

use parlor_topics::{Unavailable, WriteError};

/// Why the hub could not answer: never the asker's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store could not be read.
    #[error("the store could not be read")]
    Store(#[from] parlor_topics::Error),
    /// The store could not be written; nothing was changed.
    #[error("the store could not be written; nothing was changed")]
    Unavailable(Unavailable),
    /// The store does not know whether it has written.
    #[error("the store does not know whether the change was written")]
    Unknown,
    /// The store has failed and must be restarted.
    #[error("the store has failed and must be restarted")]
    Fatal,
    /// The hub has been stopped.
    #[error("the hub has been stopped")]
    Stopped,
    /// The session was detached before it asked.
    #[error("the session has been detached")]
    Detached,
    /// The session is in as many topics as it may be.
    #[error("the session is in too many topics")]
    TooManyTopics,
    /// The operating system gave no randomness or no thread.
    #[error("the operating system refused {what}")]
    System {
        /// What was asked for.
        what: &'static str,
    },
}

/// What a closure that never refuses is refused with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Never {}

impl From<WriteError<Never>> for Error {
    fn from(error: WriteError<Never>) -> Self {
        match error {
            WriteError::Refused(never) => match never {},
            WriteError::Unavailable(why) => Self::Unavailable(why),
            WriteError::Unknown => Self::Unknown,
            WriteError::Fatal => Self::Fatal,
        }
    }
}

/// Why a command did nothing: refused for a reason the asker can understand, or not possible now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure<R> {
    /// The answer is no; the reason says why.
    #[error("refused")]
    Refused(R),
    /// Not possible now; nothing was changed.
    #[error("not possible now; nothing was changed")]
    Unavailable(Unavailable),
    /// It is not known whether it was done; asking again with the same key is safe.
    #[error("not known whether it was done")]
    Unknown,
    /// The store has failed and must be restarted.
    #[error("the store has failed and must be restarted")]
    Fatal,
}

impl<R> Failure<R> {
    /// Translates the refusal and keeps everything else.
    pub fn map<S>(self, f: impl FnOnce(R) -> S) -> Failure<S> {
        match self {
            Self::Refused(refusal) => Failure::Refused(f(refusal)),
            Self::Unavailable(why) => Failure::Unavailable(why),
            Self::Unknown => Failure::Unknown,
            Self::Fatal => Failure::Fatal,
        }
    }
}

impl<R> From<WriteError<R>> for Failure<R> {
    fn from(error: WriteError<R>) -> Self {
        match error {
            WriteError::Refused(refusal) => Self::Refused(refusal),
            WriteError::Unavailable(why) => Self::Unavailable(why),
            WriteError::Unknown => Self::Unknown,
            WriteError::Fatal => Self::Fatal,
        }
    }
}

impl<R> From<parlor_topics::Error> for Failure<R> {
    /// A read that failed has changed nothing.
    fn from(error: parlor_topics::Error) -> Self {
        Self::Unavailable(match error {
            parlor_topics::Error::Busy => Unavailable::Busy,
            parlor_topics::Error::DiskFull => Unavailable::DiskFull,
            parlor_topics::Error::ReadOnly => Unavailable::ReadOnly,
            parlor_topics::Error::Closed => Unavailable::Closed,
            other => Unavailable::Failed(other),
        })
    }
}

impl<R> From<Error> for Failure<R> {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Unavailable(why) => Self::Unavailable(why),
            Error::Unknown => Self::Unknown,
            Error::Fatal => Self::Fatal,
            Error::Stopped | Error::Detached => Self::Unavailable(Unavailable::Closed),
            Error::TooManyTopics | Error::System { .. } => Self::Unavailable(Unavailable::Busy),
        }
    }
}
