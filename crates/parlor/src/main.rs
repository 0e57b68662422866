//! The one binary: command line, configuration, wiring.
//!
//! Everything below `main` is told what it needs: this crate alone reads the environment, the
//! configuration file, the clock and the signals. It holds no rules of its own; a command is a file
//! in `command/`, and what several of them need (settings, the hub opened on a data directory, the
//! admin socket) stands beside it.

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod command;
mod config;
mod settings;
mod instance;
mod irc_socket;
mod admin;
mod prompt;
mod signals;
mod system;
mod logging;
mod exit;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    logging::start(arguments.verbose);
    match command::run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}
