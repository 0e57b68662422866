//! The data directory: one that can't be used is refused in words, a full disk is lived through.

use std::fs;
use std::process::Output;

use parlor_testkit::deadline::Deadline;
use parlor_testkit::http_client::HttpClient;
use parlor_testkit::tmpfs::Tmpfs;
use serde_json::json;

use crate::scene::{
    LOBBY, SECRET, add_member, guest, history, launch, member, room_id, sign_in, texts,
};

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

/// A disk on which a server fits, with little room besides.
const DISK_BYTES: u64 = 24 * 1024 * 1024;

#[test]
fn a_full_disk_refuses_writes_serves_reads_and_recovers() {
    let disk = Tmpfs::mount(DISK_BYTES);
    let mut server = launch().data(disk.path().join("data")).start();
    add_member(&server, "ann");
    let mut ann = member(&server, "ann");
    let mut bob = guest(&server, "bob");
    let (mut page, _) = sign_in(&server, "ann", SECRET);
    let room = room_id(&mut page, LOBBY);
    let path = format!("/api/v1/rooms/{room}/messages");
    let mut shown = Vec::new();
    let mut post = |page: &mut HttpClient, text: &str| {
        let answer = page.post_json(&path, &json!({ "text": text }));
        if (200..300).contains(&answer.status) {
            shown.push(text.to_owned());
        }
        answer
    };
    assert_eq!(post(&mut page, "before").status, 201);
    bob.expect("before");

    // Full: there may be room in the log for a little more, then it is refused in words.
    let ballast = disk.fill();
    let long = "x".repeat(300);
    let refused = (0..2_000).find_map(|number| {
        let answer = post(&mut page, &format!("full {number} {long}"));
        (answer.status != 201).then_some(answer)
    });
    let refused = refused.expect("a full disk refuses writes at last");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("nothing was changed"), "{refused:?}");
    // The operator is told why.
    Deadline::usual().wait("a line in the log", || server.output().contains("full").then_some(()));
    ann.settle();
    ann.send(&format!("PRIVMSG {LOBBY} :not while it is full {long}"));
    let lines = ann.settle();
    assert!(!lines.iter().any(|line| line.contains(&format!("PRIVMSG {LOBBY}"))), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("nothing was done")), "{lines:?}");

    // What is there can be read, over every door.
    assert!(texts(&history(&mut page, room)).contains(&"before"));
    let mut again = member(&server, "ann");
    again.send("LIST");
    again.expect(&format!(" 322 ann {LOBBY}"));
    bob.settle();

    // With room again it goes on, without a restart.
    drop(ballast);
    Deadline::usual().wait("the server to write again", || {
        (post(&mut page, "after").status == 201).then_some(())
    });
    bob.expect(":after");
    server.kill();
    server.restart();
    let kept = history(&mut page, room);
    let kept = texts(&kept);
    for text in &shown {
        assert_eq!(kept.iter().filter(|known| *known == text).count(), 1, "{text:?} was shown");
    }
    assert!(!kept.iter().any(|text| text.contains("not while it is full")), "{kept:?}");
}
