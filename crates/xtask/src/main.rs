//! The project's automation, in one place and in Rust: ci, test, tidy, vendor.
//!
//! `cargo xtask ci` is what continuous integration runs, and nothing else is: a green run here is a
//! green run there. Scripts hold no logic of their own.

#![expect(clippy::print_stdout, reason = "an automation tool talks to the person who started it")]

use std::env;
use std::process::ExitCode;

use anyhow::bail;

mod workspace;
mod step;
mod ci;
mod test;
mod prepare;
mod tidy;
mod vendor;
mod digest;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [FILTER]      install what the tests need when it is missing, then run every test
                     (or those whose name contains FILTER)
  ci                 formatting, lints, tidy, documentation, then all tests: what CI runs
  tidy [--sizes]     check the structure of the tree; --sizes prints the longest files and functions
  vendor [--check]   refresh the vendored files of the web page from their npm packages;
                     --check changes nothing and says what differs
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["ci"] => ci::run(),
        ["test"] => test::run(None),
        ["test", filter] => test::run(Some(filter)),
        ["tidy"] => tidy::run(),
        ["tidy", "--sizes"] => tidy::sizes::run(),
        ["vendor"] => vendor::refresh(),
        ["vendor", "--check"] => vendor::check(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => usage(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage(arguments: &[&str]) -> anyhow::Result<()> {
    println!("{USAGE}");
    bail!("there is no command `{}`", arguments.join(" "))
}
