//! Exit codes: the one place that gives them a meaning.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | it failed: the message says what, why and what to do |
//! | 2 | the command line or the configuration is wrong |
//! | 3 | the data directory is in use, not ours, or from a newer version |
//! | 4 | refused: a name that is taken, a password that is too short, … |

use std::process::ExitCode;

use thiserror::Error;

/// What went wrong, by who can mend it; anything else is a plain failure.
#[derive(Debug, Error)]
pub(crate) enum Problem {
    /// The command line or the configuration file is wrong.
    #[error("{0}")]
    Usage(String),
    /// The data directory can't be used.
    #[error("{0}")]
    Data(String),
    /// The server understood and said no.
    #[error("{0}")]
    Refused(String),
}

/// Prints the error with its causes and gives the process's exit code.
#[expect(clippy::print_stderr, reason = "the last words of a command belong on standard error")]
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprint!("parlor: {error}");
    for cause in error.chain().skip(1) {
        eprint!(": {cause}");
    }
    eprintln!();
    ExitCode::from(match error.downcast_ref::<Problem>() {
        None => 1,
        Some(Problem::Usage(_)) => 2,
        Some(Problem::Data(_)) => 3,
        Some(Problem::Refused(_)) => 4,
    })
}
