//! What can go wrong outside a conversation, by who can mend it.

use std::io;

/// Why the terminal client could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the server is not one.
    #[error("`{given}` is no address of a server: {why}")]
    Address {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server can't be reached, or does not answer as one.
    #[error("could not reach {server}: {why}")]
    Unreachable {
        /// Its address.
        server: String,
        /// What the attempt ended with.
        why: String,
    },
    /// The server said no.
    #[error("{0}")]
    Refused(String),
    /// Nobody is at a terminal.
    #[error("this needs a terminal: standard input and output have to be one")]
    NoTerminal,
    /// The terminal can't be drawn on.
    #[error("this terminal cannot move its cursor (TERM is `dumb`)")]
    DumbTerminal,
    /// The terminal could not be read or written.
    #[error("the terminal failed")]
    Terminal(#[source] io::Error),
    /// What is remembered of earlier sign-ins could not be kept.
    #[error("could not remember the sign-in in {path}")]
    Memory {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}
