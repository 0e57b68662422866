//! Logs: lines on standard error, filtered by `PARLOR_LOG` (for example `parlor_irc=debug`).
//!
//! Levels as everywhere in Parlor: error = an operator must act, warn = we coped, info = life cycle,
//! debug = per command, trace = per read and write. Secrets and message bodies are never logged.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts logging; `verbose` counts the `-v` flags.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("PARLOR_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
