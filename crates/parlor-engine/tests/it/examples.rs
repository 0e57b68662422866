//! The examples of the lecture say what the lecture says.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example, which Cargo has built beside the tests.
fn output_of(example: &str) -> String {
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().find(|folder| folder.join("examples").is_dir()).unwrap();
    let program: PathBuf = folder.join("examples").join(example);
    let output = Command::new(&program).output().unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo test` builds the examples too", program.display())
    });
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn generators() {
    let expected = "\
        next Some(0)\nnext Some(1)\nnext None\n\
        sum 499999500000\n\
        odd 1\nodd 3\nodd 5\nodd 7\nodd 9\n\
        every second odd 1\nevery second odd 5\nevery second odd 9\n";
    assert_eq!(output_of("generators"), expected);
}

#[test]
fn is_divisor() {
    let expected = "\
        2: no\n5: yes\n11: yes\n\
        2: (no, 0) of 55, (yes, 1) of 12\n\
        5: (yes, 1) of 55, (no, 1) of 12\n\
        11: (yes, 2) of 55, (no, 1) of 12\n";
    assert_eq!(output_of("is_divisor"), expected);
}
