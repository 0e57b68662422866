//! Steps: each is announced, timed, and stops the run when it fails.

#![expect(clippy::disallowed_methods, reason = "a step says how long it took")]

use std::io::{Write as _, stdout};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// Runs one step under a heading.
pub(crate) fn step(name: &str, action: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("==> {name}");
    // The step's own programs write to the same stream.
    stdout().flush().context("standard output is gone")?;
    let started = Instant::now();
    let done = action();
    let seconds = started.elapsed().as_secs_f64();
    match &done {
        Ok(()) => println!("==> {name}: done in {seconds:.1} s"),
        Err(_) => println!("==> {name}: failed after {seconds:.1} s"),
    }
    done
}

/// Runs a program to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} does not start", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once(program).chain(arguments).collect();
    format!("`{}`", words.join(" "))
}
