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
    if !from.password_stdin {
        return ask_hidden("Password: ");
    }
    let line = line_of_stdin()?;
    if line.is_empty() {
        // It would count as a wrong one, of which there are few.
        let why = "there is no password on standard input".to_owned();
        return Err(Problem::Usage(why).into());
    }
    Ok(line)
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

/// Asks on the terminal with echo switched off, and switches it on again whatever is typed: Ctrl-C
/// would otherwise end the program and leave a shell that shows nothing.
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
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(&input, OptionalActions::Flush, &hidden).context("could not hide the typing")?;
    eprint!("{prompt}");
    let shown = io::stderr().flush();
    let read = hidden_line(input.lock());
    tcsetattr(&input, OptionalActions::Now, &before).context("could not restore the terminal")?;
    eprintln!();
    let line = shown.and(read).context("could not read the password")?;
    line.ok_or_else(|| anyhow::anyhow!("given up"))
}

/// A line as it is typed, with the keys that correct it; nothing when it was given up.
fn hidden_line(input: impl BufRead) -> io::Result<Option<String>> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const BACKSPACE: u8 = 8;
    const KILL: u8 = 21;
    const QUIT: u8 = 28;
    const DELETE: u8 = 127;
    let mut line = Vec::new();
    for byte in input.bytes() {
        match byte? {
            INTERRUPT | QUIT => return Ok(None),
            b'\n' | b'\r' | END => break,
            BACKSPACE | DELETE => {
                // A letter may be of several bytes.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            KILL => line.clear(),
            byte => line.push(byte),
        }
    }
    String::from_utf8(line).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_line_is_corrected_ended_and_given_up() {
        for (typed, line) in [
            ("secret\nmore", Some("secret")),
            ("secret\r", Some("secret")),
            ("secrét\u{7f}\u{8}et\n", Some("secret")),
            ("\u{7f}wrong\u{15}secret\u{4}", Some("secret")),
            ("secret", Some("secret")),
            ("secr\u{3}et\n", None),
            ("\u{1c}", None),
        ] {
            assert_eq!(hidden_line(typed.as_bytes()).unwrap().as_deref(), line, "{typed:?}");
        }
    }
}
