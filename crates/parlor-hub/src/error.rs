//! What can go wrong below the hub, and how a refusal and a failure travel together.

use parlor_topics::{Unavailable, WriteError};

/// Why the hub could not answer: never the asker's fault.
#[derive(Debug, thiserror::Error)]
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
    /// The store is broken and must be restarted.
    #[error("the store has failed and must be restarted")]
    Fatal,
    /// The hub has been stopped.
    #[error("the hub has been stopped")]
    Stopped,
    /// The operating system gave no randomness or no thread.
    #[error("the operating system refused {what}")]
    System {
        /// What was asked for.
        what: &'static str,
    },
}

/// Why a command did nothing: refused for a reason the asker can understand, or not possible now.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
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
