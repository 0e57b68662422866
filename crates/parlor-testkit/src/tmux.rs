//! Terminal programs in tmux: keys are typed, the screen is read.
//!
//! Each [`Terminal`] is a tmux server of its own (its own socket in a directory of its own), so
//! that tests don't meet each other or a developer's own session, and dropping one ends it.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::deadline::{Deadline, PATIENCE};
use crate::{program, tool};

/// A program on a terminal of its own.
#[derive(Debug)]
pub struct Terminal {
    tmux: PathBuf,
    folder: TempDir,
}

impl Terminal {
    /// Starts a program on a terminal of 160 columns and 50 lines.
    ///
    /// # Panics
    ///
    /// When tmux isn't installed or can't start it.
    #[track_caller]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("parlor-tmux-").tempdir();
        let folder = folder.expect("a temporary directory can be made");
        let terminal = Self { tmux: tool::find("tmux"), folder };
        let program = tool::find(program);
        let mut command = terminal.command(&["-f", "/dev/null", "new-session", "-d"]);
        command.args(["-x", "160", "-y", "50", "--"]).arg(program).args(arguments);
        let output = program::run(&mut command, b"", PATIENCE);
        assert!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr));
        terminal
    }

    /// Types this text, and Enter.
    #[track_caller]
    pub fn line(&self, text: &str) {
        self.tell(&["send-keys", "-l", "--", text]);
        self.keys(&["Enter"]);
    }

    /// Presses keys by their tmux names, such as `Enter`, `PageUp`, `C-c`.
    #[track_caller]
    pub fn keys(&self, names: &[&str]) {
        let mut arguments = vec!["send-keys"];
        arguments.extend(names);
        self.tell(&arguments);
    }

    /// What the screen shows now.
    #[track_caller]
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tell(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until the screen shows this text.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        self.expect_that(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as wanted; `what` names it in the failure.
    #[track_caller]
    pub fn expect_that(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let found = Deadline::after(PATIENCE).poll(|| wanted(&self.screen()).then_some(()));
        assert!(found.is_some(), "the terminal does not show {what:?}, but\n{}", self.screen());
    }

    #[track_caller]
    fn tell(&self, arguments: &[&str]) -> Output {
        let output = program::run(&mut self.command(arguments), b"", PATIENCE);
        assert!(
            output.status.success(),
            "tmux {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tmux);
        command.arg("-S").arg(self.folder.path().join("tmux")).args(arguments);
        // A terminal that can show everything, whatever this process itself runs on.
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env_remove("TMUX");
        // The program's own files go away with the terminal.
        command.env("HOME", self.folder.path());
        command
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails when the program has ended and tmux with it, which is as good.
        self.command(&["kill-server"]).output().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_shown() {
        let terminal = Terminal::start("cat", &[]);
        terminal.line("grüße; #{nothing} 'quoted'");
        terminal.expect_that("the line and its copy", |screen| {
            screen.matches("grüße; #{nothing} 'quoted'").count() == 2
        });
    }
}
