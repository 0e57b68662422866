//! `parlor user …`: accounts, through the running server or, when none runs, on the directory itself.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use parlor_chat::ChatOptions;
use parlor_hub::{Hashing, HubOptions, Registration};

use crate::admin::{self, Answer, Request};
use crate::cli::{Password, User};
use crate::exit::Problem;
use crate::instance::Instance;

/// Does what was asked and says so.
#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
pub(crate) fn run(user: User) -> anyhow::Result<()> {
    let (data, request, told) = match user {
        User::Add { data, name, password, admin } => {
            let password = read_password(&password)?;
            let told = format!("added {name}");
            (data, Request::AddAccount { name, password, admin }, told)
        }
        User::Passwd { data, name, password } => {
            let password = read_password(&password)?;
            let told = format!("{name} has a new password");
            (data, Request::SetPassword { name, password }, told)
        }
        User::Remove { data, name } => {
            let told = format!("removed {name}");
            (data, Request::RemoveAccount { name }, told)
        }
        User::List { data } => (data, Request::ListAccounts, String::new()),
    };
    match carry_out(&data.data, request)? {
        Answer::Accounts { accounts } if accounts.is_empty() => println!("no accounts yet"),
        Answer::Accounts { accounts } => {
            for account in accounts {
                println!(
                    "{}{}",
                    account.name,
                    if account.admin { "  (administrator)" } else { "" }
                );
            }
        }
        _ => println!("{told}"),
    }
    Ok(())
}

/// Asks the running server, or does it here when none runs.
pub(super) fn carry_out(data: &Path, request: Request) -> anyhow::Result<Answer> {
    let answer = match admin::ask(data, &request)? {
        Some(answer) => answer,
        None => on_the_directory(data, request)?,
    };
    match answer {
        Answer::Refused { why } => Err(Problem::Refused(why).into()),
        Answer::Failed { why } => Err(anyhow::anyhow!(why)),
        answer => Ok(answer),
    }
}

fn on_the_directory(data: &Path, request: Request) -> anyhow::Result<Answer> {
    let hub = HubOptions {
        registration: Registration::Closed,
        hashing: Hashing::Standard,
        attempts: false,
    };
    let instance = Instance::open(data, hub, ChatOptions { lobby: None })?;
    let answer = parlor_engine::block_on(admin::perform(&instance.link, None, request));
    instance.close();
    Ok(answer)
}

/// Reads a password from standard input, or asks for it twice on the terminal without showing it.
fn read_password(from: &Password) -> anyhow::Result<String> {
    if from.password_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("could not read the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !io::stdin().is_terminal() {
        return Err(Problem::Usage(
            "standard input is no terminal: give the password with --password-stdin".to_owned(),
        )
        .into());
    }
    let password = ask_hidden("Password: ")?;
    if ask_hidden("Again: ")? != password {
        return Err(Problem::Usage("the two passwords differ".to_owned()).into());
    }
    Ok(password)
}

/// Asks on the terminal with echo switched off, and switches it on again whatever happens.
#[expect(clippy::print_stderr, reason = "a prompt belongs on the terminal, not in the output")]
fn ask_hidden(prompt: &str) -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = io::stdin();
    let before = tcgetattr(&input).context("could not read the terminal's settings")?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &hidden).context("could not hide the typing")?;
    eprint!("{prompt}");
    let shown = io::stderr().flush();
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    tcsetattr(&input, OptionalActions::Now, &before).context("could not restore the terminal")?;
    eprintln!();
    shown.and(read.map(drop)).context("could not read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
