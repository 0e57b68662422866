//! The data directory: one that can't be used is refused in words, a full disk is lived through.

use std::fs;
use std::process::Output;

use crate::scene::{guest, launch};

/// The exit code that says that the data directory is the reason.
const DATA: i32 = 3;

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(DATA), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(said.contains(word), "{said:?} does not say {word:?}");
    }
}

#[test]
fn a_directory_in_use_is_refused_and_its_server_goes_on() {
    let server = launch().start();
    let directory = server.directory().to_owned();
    let output = launch().data(&directory).run_to_end();
    refused(&output, &["--data", &server.id().to_string()]);
    guest(&server, "ann");
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "chapter one").unwrap();
    let output = launch().data(folder.path()).run_to_end();
    refused(&output, &["thesis.txt", "--data"]);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["thesis.txt"]);
}

#[test]
fn a_directory_of_a_newer_version_is_refused_and_left_alone() {
    let mut server = launch().start();
    server.terminate();
    let version = server.directory().join("VERSION");
    let ours = fs::read_to_string(&version).unwrap();
    fs::write(&version, "parlor 9999\n").unwrap();
    let output = launch().data(server.directory()).run_to_end();
    refused(&output, &["9999", "newer"]);
    fs::write(&version, ours).unwrap();
    server.restart();
    guest(&server, "ann");
}

#[test]
fn a_directory_whose_database_is_gone_is_refused() {
    let mut server = launch().start();
    server.terminate();
    fs::remove_file(server.directory().join("parlor.db")).unwrap();
    let output = launch().data(server.directory()).run_to_end();
    refused(&output, &["parlor.db", "backup"]);
}
