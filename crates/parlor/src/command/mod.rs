//! One file per command of the command line; each has a `run` that takes the command's own options.

mod serve;
mod echo;
mod lab;
mod user;
mod invite;
mod chat;

use crate::cli::Command;

/// Runs the command that was asked for.
pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => serve::run(&options),
        Command::Echo(options) => echo::run(&options),
        Command::Lab(options) => lab::run(options),
        Command::User(options) => user::run(options),
        Command::Invite(options) => invite::run(&options),
        Command::Chat(options) => chat::run(&options),
    }
}
