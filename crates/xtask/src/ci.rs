//! `cargo xtask ci`: everything that a change has to pass, cheapest first.

use anyhow::Result;

use crate::step::{self, step};
use crate::workspace::cargo;
use crate::{test, tidy};

/// Runs every step; the first failure ends the run.
pub(crate) fn run() -> Result<()> {
    step("formatting", || step::run(cargo().args(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::run)?;
    step("lints", || {
        step::run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    step("documentation", || {
        let mut command = cargo();
        command.env("RUSTDOCFLAGS", "-D warnings");
        step::run(command.args(["doc", "--workspace", "--no-deps"]))
    })?;
    test::run(None)
}
