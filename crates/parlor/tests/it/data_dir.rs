//! The data directory: one that can't be used is refused in words, a full disk is lived through.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use parlor_testkit::deadline::Deadline;
use parlor_testkit::http_client::{HttpClient, Response};
use parlor_testkit::program::Server;
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
    assert!(refused.body.contains("disk is full; nothing was changed"), "{refused:?}");
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

/// An image that fits on a disk when little else does; `mark` tells it from others.
fn image(bytes: usize, mark: &str) -> String {
    format!("GIF89a\x08\0\x08\0{mark}{}", "x".repeat(bytes))
}

fn upload(page: &mut HttpClient, image: &str) -> Response {
    page.send("POST", "/api/v1/files?name=a.gif", "image/gif", image)
}

/// All that lies where the contents of images do, the unfinished ones, too.
fn contents(server: &Server) -> Vec<PathBuf> {
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries(server.directory().join("attachments")).map(|entry| entry.path());
    let mut files: Vec<_> = folders.flat_map(entries).map(|entry| entry.path()).collect();
    files.sort_unstable();
    files
}

#[test]
fn a_full_disk_refuses_images_and_keeps_no_part_of_one() {
    let disk = Tmpfs::mount(DISK_BYTES);
    let mut server = launch().data(disk.path().join("data")).start();
    add_member(&server, "ann");
    let (mut page, _) = sign_in(&server, "ann", SECRET);
    let room = room_id(&mut page, LOBBY);
    assert_eq!(page.post_json("/api/v1/rooms", &json!({ "name": LOBBY })).status, 200);
    assert_eq!(upload(&mut page, &image(1_000, "before")).status, 201);
    let mut kept = contents(&server);
    assert_eq!(kept.len(), 1);

    // The database is full to the last block, and so is the disk: the content has no place.
    let ballast = disk.fill();
    let path = format!("/api/v1/rooms/{room}/messages");
    let filler = "x".repeat(300);
    let full = (0..2_000).find_map(|number| {
        let posted = page.post_json(&path, &json!({ "text": format!("{number} {filler}") }));
        (posted.status != 201).then_some(posted)
    });
    assert_eq!(full.expect("a full disk refuses writes at last").json()["error"], "disk_full");
    let refused = upload(&mut page, &image(60_000, "no place"));
    assert_eq!((refused.status, refused.json()["error"].as_str()), (503, Some("disk_full")));
    let clear = |kept: &[PathBuf]| (contents(&server) == kept).then_some(());
    Deadline::usual().wait("nothing to be left of it", || clear(&kept));

    // There is a place for the content, and then none for the row that says whose it is.
    ballast.shrink(2 * 4_096);
    let refused = (0..100).find_map(|number| {
        let answer = upload(&mut page, &image(1_000, &format!("no row {number}")));
        (answer.status != 201).then_some(answer)
    });
    let refused = refused.expect("a full database refuses images at last");
    assert_eq!((refused.status, refused.json()["error"].as_str()), (503, Some("disk_full")));
    assert!(refused.body.contains("nothing was changed"), "{refused:?}");
    kept.retain(|path| path.exists());
    assert_eq!(kept.len(), 1, "what was there before stays");
    Deadline::usual().wait("nothing to be left on its way", || {
        let unfinished = |path: &PathBuf| path.to_string_lossy().contains("incoming");
        (!contents(&server).iter().any(unfinished)).then_some(())
    });
    let after_refusals = contents(&server);

    // With room again images are taken, and a start finds nothing to clear away.
    drop(ballast);
    Deadline::usual().wait("an image to be taken", || {
        (upload(&mut page, &image(1_000, "after")).status == 201).then_some(())
    });
    assert_eq!(contents(&server).len(), after_refusals.len() + 1);
    server.kill();
    server.restart();
    room_id(&mut page, LOBBY);
    assert_eq!(contents(&server).len(), after_refusals.len() + 1);
}

#[test]
fn a_directory_that_is_not_there_is_made_for_a_first_account_and_for_nothing_else() {
    let mut server = launch().start();
    server.terminate();
    let missing = server.directory().to_owned();
    fs::remove_dir_all(&missing).unwrap();
    for command in [
        &["invite"][..],
        &["user", "list"],
        &["user", "remove", "ann"],
        &["user", "token", "ann"],
        &["user", "passwd", "ann", "--password-stdin"],
    ] {
        refused(&server.command(command, SECRET), &[&missing.display().to_string(), "--data"]);
        assert!(!missing.exists(), "{command:?}");
    }
    let added = server.command(&["user", "add", "ann", "--password-stdin"], SECRET);
    assert!(added.status.success() && missing.exists(), "{added:?}");
}
