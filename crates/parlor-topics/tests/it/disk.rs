//! The disk: full, read-only, damaged. Honest answers, no wrong data, and on again when it can.

use std::fs;
use std::process::Command;

use parlor_testkit::seed::Seed;
use parlor_testkit::tmpfs::Tmpfs;
use parlor_topics::{Abort, Error, OpenError, Options, Retention, Store, Unavailable, WriteError};
use tempfile::TempDir;

use crate::support::{
    append, block_on, bodies, event, events, open, options, temporary, topic, try_write, write,
};

/// A small disk, or why there is none.
fn disk(bytes: u64) -> Option<Tmpfs> {
    if rustix::process::geteuid().is_root() {
        return Some(Tmpfs::mount(bytes));
    }
    println!("skipped: only root may mount the small file system this test fills");
    None
}

#[test]
fn a_full_disk_refuses_writes_and_nothing_else_and_is_lived_through() {
    let Some(disk) = disk(8 << 20) else { return };
    let store = Store::open(Options::new(disk.path().join("data"))).unwrap();
    let room = topic(&store, "room");
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let mut say = |body: String| {
            let text = body.clone();
            let result = block_on(try_write(&store, move |tx| tx.append(room, event(&text))));
            if result.is_ok() {
                acknowledged.push(body);
            }
            result
        };
        say(format!("{round} before")).expect("there is room");
        let ballast = disk.fill();
        // What is left of the log's last block may still take something small.
        let refused = (0..10_000).find_map(|number| say(format!("{round} full {number}")).err());
        assert_eq!(refused, Some(WriteError::Unavailable(Unavailable::DiskFull)));
        assert_eq!(say("still".repeat(10_000)).unwrap_err(), refused.unwrap());
        assert_eq!(bodies(&events(&store, room)), acknowledged, "reads go on");
        drop(ballast);
        let mut say = |body: String| {
            let text = body.clone();
            let result = block_on(try_write(&store, move |tx| tx.append(room, event(&text))));
            if result.is_ok() {
                acknowledged.push(body);
            }
            result
        };
        say(format!("{round} after")).expect("there is room again");
        assert_eq!(bodies(&events(&store, room)), acknowledged);
    }
    store.close();
    drop(store);
    let store = Store::open(Options::new(disk.path().join("data"))).unwrap();
    assert_eq!(bodies(&events(&store, room)), acknowledged);
    assert_eq!(block_on(store.check()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_disk_that_fills_up_under_many_writers_loses_nothing_acknowledged() {
    let Some(disk) = disk(4 << 20) else { return };
    let store = Store::open(Options::new(disk.path().join("data"))).unwrap();
    let room = topic(&store, "room");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            std::thread::spawn(move || {
                let mut acknowledged = Vec::new();
                for number in 0.. {
                    let body = format!("{writer}:{number} {}", "x".repeat(2_000));
                    let text = body.clone();
                    let said = block_on(try_write(&store, move |tx| tx.append(room, event(&text))));
                    match said {
                        Ok(offset) => acknowledged.push((offset, body)),
                        Err(error) => {
                            assert_eq!(error, WriteError::Unavailable(Unavailable::DiskFull));
                            break;
                        }
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged: Vec<_> =
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    acknowledged.sort();
    let there: Vec<_> = (1_u64..).zip(bodies(&events(&store, room))).collect();
    assert_eq!(acknowledged, there);
    assert!(there.len() > 100);
}

#[test]
fn a_read_only_disk_is_refused_in_words() {
    let Some(disk) = disk(8 << 20) else { return };
    let dir = disk.path().join("data");
    Store::open(Options::new(&dir)).unwrap().close();
    let remount = |how: &str| {
        let status = Command::new("mount").args(["-o", how]).arg(disk.path()).status().unwrap();
        assert!(status.success());
    };
    remount("remount,ro");
    let error = Store::open(Options::new(&dir)).err().unwrap();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("mounted read-only"), "{error}");
    remount("remount,rw");
    Store::open(Options::new(&dir)).unwrap();
}

#[test]
fn two_processes_cannot_have_one_directory() {
    let (dir, store) = temporary();
    let error = Store::open(options(&dir)).err().unwrap();
    let OpenError::Locked { holder, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*holder, Some(std::process::id()));
    assert!(error.to_string().contains("stop that one first"), "{error}");
    store.close();
    open(&dir);
}

fn refusal(dir: &TempDir) -> OpenError {
    Store::open(options(dir)).err().expect("this directory must be refused")
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "years of work").unwrap();
    assert!(matches!(refusal(&dir), OpenError::NotOurs { .. }));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("VERSION"), "3.2.1\n").unwrap();
    assert!(matches!(refusal(&dir), OpenError::NotOurs { .. }));

    let dir = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(dir.path().join("parlor.db")).unwrap();
    other.execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    drop(other);
    assert!(matches!(refusal(&dir), OpenError::NotOurs { .. }));

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("parlor.toml"), "[irc]\n").unwrap();
    open(&dir);
}

#[test]
fn data_of_a_newer_version_is_refused() {
    let (dir, store) = temporary();
    store.close();
    drop(store);
    fs::write(dir.path().join("VERSION"), "parlor 99\n").unwrap();
    let error = refusal(&dir);
    assert!(matches!(error, OpenError::Newer { found: 99, known: 1, .. }), "{error:?}");
    fs::write(dir.path().join("VERSION"), "parlor 1\n").unwrap();

    let database = rusqlite::Connection::open(dir.path().join("parlor.db")).unwrap();
    database.execute("UPDATE topics_schema SET version = 7 WHERE name = 'note'", []).unwrap();
    let error = refusal(&dir);
    assert!(matches!(&error, OpenError::Newer { what, found: 7, .. } if what == "note"));
    database.execute("UPDATE topics_schema SET version = 1 WHERE name = 'note'", []).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(refusal(&dir), OpenError::Newer { found: 99, .. }));
    database.pragma_update(None, "user_version", 1).unwrap();
    drop(database);
    open(&dir);
}

#[test]
fn a_missing_truncated_or_foreign_database_is_refused() {
    let (dir, store) = temporary();
    append(&store, topic(&store, "room"), &["x"]);
    store.close();
    drop(store);
    let database = dir.path().join("parlor.db");
    let whole = fs::read(&database).unwrap();
    let damaged = |found: OpenError| {
        let damage = matches!(
            found,
            OpenError::Damaged { .. } | OpenError::NotOurs { .. } | OpenError::Sqlite(_)
        );
        assert!(damage, "{found:?}");
    };
    fs::write(&database, b"").unwrap();
    damaged(refusal(&dir));
    fs::write(&database, "not a database, but long enough to look at".repeat(100)).unwrap();
    damaged(refusal(&dir));
    fs::write(&database, &whole[..whole.len() / 3]).unwrap();
    damaged(refusal(&dir));
    fs::remove_file(&database).unwrap();
    damaged(refusal(&dir));
    assert!(!database.exists(), "a refusal changes nothing");
    fs::write(&database, &whole).unwrap();
    open(&dir);
}

#[test]
fn a_migration_that_fails_leaves_everything_as_it_was() {
    let (dir, store) = temporary();
    store.close();
    drop(store);
    let app = |migrations| parlor_topics::Schema { name: "app", migrations };
    let with = |schema| {
        let mut options = options(&dir);
        options.schemas.push(schema);
        Store::open(options)
    };
    let half = app(&["CREATE TABLE app (id INTEGER PRIMARY KEY) STRICT", "CREATE GARBAGE"]);
    assert!(matches!(with(half), Err(OpenError::Sqlite(_))));
    let loose = app(&["CREATE TABLE app (id INTEGER PRIMARY KEY)"]);
    let error = with(loose).err().unwrap().to_string();
    assert!(error.contains("not STRICT"), "{error}");
    let good = app(&["CREATE TABLE app (id INTEGER PRIMARY KEY) STRICT"]);
    with(good).unwrap().close();
    let next = app(&[
        "CREATE TABLE app (id INTEGER PRIMARY KEY) STRICT",
        "ALTER TABLE app ADD COLUMN name TEXT",
    ]);
    let store = with(next).unwrap();
    write(&store, |tx| tx.execute("INSERT INTO app (name) VALUES ('n')", &[]));
}

#[test]
fn a_log_that_vanished_after_a_crash_gives_new_epochs() {
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    let epoch = |store: &Store| {
        block_on(store.read(move |snapshot| snapshot.position(room))).unwrap().epoch
    };
    let before = epoch(&store);
    store.close();
    drop(store);
    let store = open(&dir);
    assert_eq!(epoch(&store), before);
    store.close();
    drop(store);
    // A process that was killed leaves its number; the log it had is gone.
    fs::write(dir.path().join("LOCK"), "1\n").unwrap();
    let store = open(&dir);
    assert_ne!(epoch(&store), before);
}

/// Changes one byte of a stored event behind the store's back.
#[test]
fn a_flipped_bit_in_an_event_is_found_and_never_served() {
    let mut seed = Seed::announced("bit flips");
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    let said: Vec<String> = (0..40).map(|number| format!("message number {number}")).collect();
    append(&store, room, &said.iter().map(String::as_str).collect::<Vec<_>>());
    let database = rusqlite::Connection::open(dir.path().join("parlor.db")).unwrap();
    for _ in 0..100 {
        let victim = 1 + seed.below(40);
        let (column, flipped) = match seed.below(4) {
            0 => ("at_ms", "at_ms ^ 1"),
            1 => ("actor", "actor ^ 8"),
            2 => ("kind", "kind || 'x'"),
            _ => ("body", "CAST(replace(CAST(body AS TEXT), 'message', 'massage') AS BLOB)"),
        };
        let flipped = flipped.replace('^', "+");
        let select = format!("SELECT {column} FROM topics_event WHERE seq = {victim}");
        let before: rusqlite::types::Value =
            database.query_row(&select, [], |row| row.get(0)).unwrap();
        let update = format!("UPDATE topics_event SET {column} = {flipped} WHERE seq = {victim}");
        database.execute(&update, []).unwrap();
        let read = block_on(store.read(move |snapshot| snapshot.events(room, 0, 100)));
        assert_eq!(read, Err(Error::Corrupt { topic: room, offset: victim }));
        let before_it = usize::try_from(victim).unwrap() - 1;
        let read = block_on(store.read(move |snapshot| snapshot.events(room, 0, before_it)));
        assert_eq!(bodies(&read.unwrap()), said[..before_it]);
        assert_eq!(block_on(store.check()).unwrap().len(), 1);
        let update = format!("UPDATE topics_event SET {column} = ?1 WHERE seq = {victim}");
        database.execute(&update, [before]).unwrap();
    }
    database.execute("DELETE FROM topics_event WHERE seq = 7", []).unwrap();
    let read = block_on(store.read(move |snapshot| snapshot.events(room, 3, 100)));
    assert_eq!(read, Err(Error::Corrupt { topic: room, offset: 7 }));
    // A subscriber gets what stands before the damage, then the error.
    let mut reader = store.local().reader();
    let head = block_on(store.read(move |snapshot| snapshot.position(room))).unwrap();
    let start = parlor_topics::Position { offset: 0, ..head };
    block_on(async {
        reader.subscribe(room, Some(start)).await.unwrap();
        assert_eq!(crate::support::next_bodies(&mut reader, 6).await, said[..6]);
        let error = reader.next().await.unwrap_err();
        assert_eq!(error, Error::Corrupt { topic: room, offset: 7 });
        assert_eq!(reader.position(room), None);
        // One that is past the damage is not harmed by it.
        reader.subscribe(room, Some(parlor_topics::Position { offset: 7, ..head })).await.unwrap();
        assert_eq!(crate::support::next_bodies(&mut reader, 33).await, said[7..]);
    });
}

#[test]
fn a_damaged_database_stops_the_store() {
    let (dir, store) = temporary();
    let room = topic(&store, "room");
    for _ in 0..50 {
        let body = "x".repeat(5_000);
        write(&store, move |tx| tx.append(room, event(&body)));
    }
    store.close();
    drop(store);
    // Wreck every page but the first ones, as a failing disk might.
    let database = dir.path().join("parlor.db");
    let mut bytes = fs::read(&database).unwrap();
    let events_from = bytes.len() / 4;
    bytes[events_from..].fill(0xA5);
    fs::write(&database, bytes).unwrap();
    let Ok(store) = Store::open(options(&dir)) else { return };
    let result = block_on(store.write(move |tx| {
        tx.topic("another", Retention::Forever)?;
        tx.append(room, event("x"))?;
        Ok::<_, Abort<()>>(())
    }));
    if result.is_err() {
        assert_eq!(result, Err(WriteError::Fatal));
        let later = block_on(store.write(|_| Ok::<_, Abort<()>>(())));
        assert_eq!(later, Err(WriteError::Fatal));
    }
    let read = block_on(store.read(move |snapshot| snapshot.events(room, 0, 100)));
    assert!(read.is_err(), "damage is never served");
}

/// A child that is being started has copies of all files until it runs its program.
#[test]
fn a_store_opens_again_while_processes_are_started() {
    let running = std::thread::spawn(|| {
        for _ in 0..200 {
            assert!(Command::new("true").status().unwrap().success());
        }
    });
    let (dir, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open(&broken).close();
    fs::remove_file(broken.path().join("parlor.db")).unwrap();
    while !running.is_finished() {
        open(&dir).close();
        // What is refused is let go of, too.
        for _ in 0..100 {
            let refusal = refusal(&broken);
            assert!(matches!(refusal, OpenError::Damaged { .. }), "{refusal:?}");
        }
    }
    running.join().unwrap();
}
