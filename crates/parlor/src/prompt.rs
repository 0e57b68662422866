//! Asking the person at the terminal: names and passwords, the latter without showing them.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Context;

use crate::cli::Password;
use crate::exit::Problem;

/// A password for an account: from standard input, or asked for twice.
pub(crate) fn new_password(from: &Password) -> anyhow::Result<String> {
    if from.password_stdin {
        return line_of_stdin();
    }
    let password = ask_hidden("Password: ")?;
    if ask_hidden("Again: ")? != password {
        return Err(Problem::Usage("the two passwords differ".to_owned()).into());
    }
    Ok(password)
}

/// The password of an account that is there: from standard input, or asked for once.
pub(crate) fn password(from: &Password) -> anyhow::Result<String> {
    if from.password_stdin { line_of_stdin() } else { ask_hidden("Password: ") }
}

/// Asks for something that may be seen.
#[expect(clippy::print_stderr, reason = "a prompt belongs on the terminal, not in the output")]
pub(crate) fn ask(prompt: &str) -> anyhow::Result<String> {
    eprint!("{prompt}");
    io::stderr().flush().context("could not ask")?;
    line_of_stdin()
}

fn line_of_stdin() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("could not read standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks on the terminal with echo switched off, and switches it on again whatever happens.
#[expect(clippy::print_stderr, reason = "a prompt belongs on the terminal, not in the output")]
fn ask_hidden(prompt: &str) -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Problem::Usage(
            "standard input is no terminal: give the password with --password-stdin".to_owned(),
        )
        .into());
    }
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
