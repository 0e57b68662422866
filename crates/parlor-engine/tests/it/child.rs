//! Runs one test alone in a process of its own, where it may count descriptors and threads, lower
//! limits and be traced.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

const ALONE: &str = "PARLOR_TEST_ALONE";
const ANSWER: &str = "answer";

/// The model that this process is to test, if it is a child of [`run`].
pub(crate) fn model() -> Option<String> {
    std::env::var(ALONE).ok()
}

/// The command that runs the named test of this binary for one model, under `wrapper` if not empty.
pub(crate) fn command(test: &str, model: &str, wrapper: &[OsString]) -> Command {
    let this = std::env::current_exe().unwrap().into_os_string();
    let mut words = wrapper.iter().cloned().chain([this]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(ALONE, model).stdin(Stdio::null());
    command
}

/// Runs the named test for one model and passes its failure on.
pub(crate) fn run(test: &str, model: &str) {
    run_in(tempfile::tempdir().unwrap().path(), test, model);
}

/// Does the same, and returns what the child has given to [`answer`].
pub(crate) fn ask(test: &str, model: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), test, model);
    std::fs::read(folder.path().join(ANSWER)).unwrap()
}

/// Leaves something for who has asked.
pub(crate) fn answer(bytes: &[u8]) {
    std::fs::write(std::env::temp_dir().join(ANSWER), bytes).unwrap();
}

/// The folder of temporary files is the child's own, and its workers'.
fn run_in(folder: &Path, test: &str, model: &str) {
    let output = command(test, model, &[]).env("TMPDIR", folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test} on {model}:\n{text}\n{errors}");
    assert!(text.contains("1 passed"), "{test} is no test of this binary:\n{text}");
}
