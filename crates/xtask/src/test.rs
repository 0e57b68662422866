//! `cargo xtask test`: prepares the machine, then runs every test there is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::prepare;
use crate::step::{self, step};
use crate::workspace::{cargo, root};

/// Where the page's own tests live, which Node runs.
const PAGE_TESTS: &str = "crates/parlor-web/assets_tests";

/// Prepares the machine and runs the tests whose name contains the filter, or all.
pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    step("what the tests need", prepare::run)?;
    step("tests of the page", || page_tests(filter))?;
    step("tests", || {
        let mut command = cargo();
        // All tests run even when one fails: the list of failures is what one wants to read.
        command.args(["test", "--workspace", "--no-fail-fast"]).args(filter);
        step::run(command.env("PARLOR_NODE_MODULES", prepare::node_modules()))
    })
}

fn page_tests(filter: Option<&str>) -> Result<()> {
    let files = test_files(&root().join(PAGE_TESTS));
    if files.is_empty() {
        println!("there are none in {PAGE_TESTS}");
        return Ok(());
    }
    let mut command = Command::new("node");
    command.arg("--test").current_dir(root());
    if let Some(filter) = filter {
        command.arg("--test-name-pattern").arg(filter);
    }
    step::run(command.args(files).env("PARLOR_NODE_MODULES", prepare::node_modules()))
}

/// The files that hold tests. They are named one by one, since what Node makes of a folder has
/// changed between its versions.
fn test_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".test.js") || name.ends_with(".test.mjs")
        })
        .collect();
    files.sort();
    files
}
