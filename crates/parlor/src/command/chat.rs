//! `parlor chat`: signs in, once for each server, and gives the terminal to the chat.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use parlor_terminal::{Ended, Error, Memory, ServerUrl, Session};

use crate::cli::Chat;
use crate::exit::Problem;
use crate::prompt;

/// Chats until the person quits.
#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
pub(crate) fn run(options: &Chat) -> anyhow::Result<()> {
    let server: ServerUrl = options.server.parse().map_err(problem)?;
    let memory = Memory::at(memory_path()?);
    if options.sign_out {
        let session = memory.session(&server, None);
        if let Some(session) = &session {
            parlor_terminal::sign_out(session).map_err(problem)?;
            memory.forget(&server)?;
        }
        println!("{}", if session.is_some() { "signed out" } else { "nobody was signed in" });
        return Ok(());
    }
    // Nobody is asked for a password in vain.
    parlor_terminal::look_for_terminal(env::var_os("TERM").as_deref()).map_err(problem)?;
    let session = session(options, &server, &memory)?;
    if options.password.password_stdin {
        back_to_the_terminal()?;
    }
    let room = options.room.as_ref().map(|room| format!("#{}", room.trim_start_matches('#')));
    match parlor_terminal::run(session, room).map_err(problem)? {
        Ended::Quit => Ok(()),
        Ended::SignedOut => {
            memory.forget(&server)?;
            Err(Problem::Refused("you were signed out; start again to sign in".to_owned()).into())
        }
    }
}

/// The remembered session if it still works, or a new one.
fn session(options: &Chat, server: &ServerUrl, memory: &Memory) -> anyhow::Result<Session> {
    if let Some(session) = memory.session(server, options.name.as_deref())
        && parlor_terminal::is_signed_in(&session).map_err(problem)?
    {
        return Ok(session);
    }
    let name = match &options.name {
        Some(name) => name.clone(),
        None if io::stdin().is_terminal() => prompt::ask("Name: ")?,
        None => return Err(Problem::Usage("say who signs in with --name".to_owned()).into()),
    };
    let password = prompt::password(&options.password)?;
    let session = parlor_terminal::sign_in(server, name.trim(), &password).map_err(problem)?;
    memory.keep(&session)?;
    Ok(session)
}

/// After the password has come through standard input, keys come from the terminal itself.
fn back_to_the_terminal() -> anyhow::Result<()> {
    let terminal = File::open("/dev/tty").context("could not open the terminal")?;
    rustix::stdio::dup2_stdin(&terminal).context("could not read keys from the terminal")
}

/// Where sign-ins are remembered: a place for state, not for configuration.
fn memory_path() -> anyhow::Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    let folder = folder.context("neither XDG_STATE_HOME nor HOME is set")?;
    Ok(folder.join("parlor/sessions.json"))
}

/// What went wrong, by who can mend it.
fn problem(error: Error) -> anyhow::Error {
    match error {
        Error::Address { .. } | Error::NoTerminal | Error::DumbTerminal => {
            Problem::Usage(error.to_string()).into()
        }
        Error::Refused(why) => Problem::Refused(why).into(),
        error => error.into(),
    }
}
