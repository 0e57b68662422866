//! Raw damage: one byte of the database or of its log is not what was written. What is served is
//! what was written, or there is an error in words; and what is silently gone has a new epoch.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use parlor_testkit::seed::Seed;
use parlor_topics::{
    Delivery, Error, Event, OpenError, Options, Position, ResetReason, Store, TopicId, Unavailable,
    WriteError, params,
};
use tempfile::TempDir;

use crate::support::{NOTES, append, block_on, event, events, topic, try_write, write};

const DATABASE: &str = "parlor.db";
const LOG: &str = "parlor.db-wal";
const PAGE: u64 = 4_096;
const FRAME: u64 = PAGE + 24;

/// How long one damaged store may take; it needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was written to one topic.
#[derive(Clone, Debug)]
struct Written {
    topic: TopicId,
    epoch: u64,
    events: Vec<Event>,
}

/// A store as it lies on the disk, and what was written there.
struct Image {
    dir: TempDir,
    written: Vec<Written>,
}

/// What became of a damaged store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It does not open.
    Refused,
    /// It opens, and something cannot be read.
    Errors,
    /// Clients load everything afresh.
    Renewed,
    /// Everything is there.
    Whole,
}

fn options(dir: &Path) -> Options {
    Options { schemas: vec![NOTES], ..Options::new(dir) }
}

/// A store that was closed in order, and one that was killed with work in its log.
fn images() -> (Image, Image) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(options(&path)).unwrap();
    let rooms = ["left", "right"].map(|name| topic(&store, name));
    let say = |store: &Store, from: u64, to: u64| {
        for number in from..to {
            let room = rooms[usize::try_from(number % 2).unwrap()];
            // Some do not fit a page.
            let length = usize::try_from(number % 7 * number % 3_000).unwrap();
            let text = format!("{number} {}", "x".repeat(length));
            let row = text.clone();
            append(store, room, &[&text]);
            write(store, move |tx| {
                let insert = "INSERT INTO note (text, topic, seq) VALUES (?1, ?2, ?3)";
                tx.execute(insert, params![&row, room, number])
            });
        }
    };
    say(&store, 0, 120);
    write(&store, move |tx| tx.trim(rooms[0], 5));
    store.close();
    let store = Store::open(options(&path)).unwrap();
    say(&store, 120, 160);
    let written: Vec<_> = rooms
        .iter()
        .map(|&topic| {
            let position = block_on(store.read(move |snapshot| snapshot.position(topic)));
            Written { topic, epoch: position.unwrap().epoch, events: events(&store, topic) }
        })
        .collect();
    let image = |written: &[Written]| {
        let image = tempfile::tempdir().unwrap();
        copy(&path, &image.path().join("data"));
        Image { dir: image, written: written.to_vec() }
    };
    let killed = image(&written);
    store.close();
    drop(store);
    (image(&written), killed)
}

/// Copies a store. One that is open loses its locks by that, but nobody else wants them; and what
/// its processes share of the log is left out, as after a crash of the machine.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        if name != "parlor.db-shm" {
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

/// Picks a byte of a file: half of the time one of those that say how to read the others.
fn pick(seed: &mut Seed, bytes: u64, header: u64, unit: u64) -> u64 {
    match seed.below(4) {
        0 => seed.below(100),
        1 => {
            let unit = header + seed.below((bytes - header) / unit) * unit;
            unit + seed.below(64)
        }
        _ => seed.below(bytes),
    }
}

/// Changes one byte of a file in a fresh copy of an image.
fn damage(image: &Image, file: &str, at: u64, mask: u8) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let to: PathBuf = dir.path().join("data");
    copy(&image.dir.path().join("data"), &to);
    let mut bytes = fs::read(to.join(file)).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= mask;
    fs::write(to.join(file), bytes).unwrap();
    dir
}

#[test]
fn one_wrong_byte_on_the_disk_is_never_served() {
    let mut seed = Seed::announced("raw damage");
    let flips = std::env::var("PARLOR_FLIPS").map_or(200, |flips| flips.parse().unwrap());
    let (closed, killed) = images();
    let length =
        |image: &Image, file| fs::metadata(image.dir.path().join("data").join(file)).unwrap().len();
    let kinds = [
        ("closed", &closed, DATABASE, length(&closed, DATABASE), 0, PAGE),
        ("killed", &killed, DATABASE, length(&killed, DATABASE), 0, PAGE),
        ("killed", &killed, LOG, length(&killed, LOG), 32, FRAME),
    ];
    let mut counts = [0; 4];
    for flip in 0..flips {
        let (how, image, file, bytes, header, unit) = kinds[[0, 0, 1, 2, 2][flip % 5]];
        let at = pick(&mut seed, bytes, header, unit);
        let mask = u8::try_from(1 + seed.below(255)).unwrap();
        let what = format!("flip {flip}: byte {at} of {file} ({how}) by {mask:#04x}");
        let dir = damage(image, file, at, mask);
        let (path, written) = (dir.path().join("data"), image.written.clone());
        let (done, wait) = mpsc::channel();
        let told = what.clone();
        let reader = thread::spawn(move || {
            let fate = examine(&path, &written, &told);
            done.send(fate).expect("somebody waits for it");
        });
        let fate = match wait.recv_timeout(PATIENCE) {
            Ok(fate) => fate,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: the store hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{what}: it panicked"),
        };
        reader.join().unwrap();
        counts[fate as usize] += 1;
    }
    let [refused, errors, renewed, whole] = counts;
    println!("{flips} flips: {refused} refused, {errors} errors, {renewed} renewed, {whole} whole");
}

/// Opens a damaged store and compares everything it serves with what was written.
fn examine(path: &Path, written: &[Written], what: &str) -> Fate {
    let store = match Store::open(options(path)) {
        Ok(store) => store,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return Fate::Refused;
        }
    };
    let mut fate = Fate::Whole;
    for topic in written {
        let read = examine_reads(&store, topic, what);
        examine_deliveries(&store, topic, what);
        fate = if fate == Fate::Errors || read == Fate::Whole { fate } else { read };
    }
    let findings = block_on(store.check());
    assert_ne!(findings, Err(Error::Panicked), "{what}");
    examine_a_write(&store, written[1].topic, what);
    store.close();
    fate
}

/// Whether this is what was written at its place.
fn assert_written(topic: &Written, found: &Event, what: &str) {
    let first = topic.events[0].offset;
    let at = found.offset.checked_sub(first).and_then(|at| usize::try_from(at).ok());
    let expected = at.and_then(|at| topic.events.get(at));
    assert_eq!(Some(found), expected, "{what}: this was never written");
}

fn examine_reads(store: &Store, written: &Written, what: &str) -> Fate {
    let topic = written.topic;
    let read = |after, limit| {
        let read = store.read(move |snapshot| {
            Ok((snapshot.position(topic)?.epoch, snapshot.events(topic, after, limit)?))
        });
        let read = block_on(read);
        assert!(!matches!(read, Err(Error::Panicked)), "{what}");
        read
    };
    let last = written.events.last().unwrap().offset;
    if let Ok((epoch, found)) = read(0, usize::MAX) {
        for event in &found {
            assert_written(written, event, what);
        }
        if epoch != written.epoch {
            return Fate::Renewed;
        }
        assert_eq!(found.len(), written.events.len(), "{what}: events are gone without a word");
        return Fate::Whole;
    }
    // What is not damaged can still be read, and is right.
    for after in 0..last {
        for event in read(after, 1).map_or_else(|_| Vec::new(), |(_, found)| found) {
            assert_written(written, &event, what);
        }
    }
    Fate::Errors
}

fn examine_deliveries(store: &Store, written: &Written, what: &str) {
    let local = store.local();
    let mut reader = local.reader();
    let first = written.events[0].offset;
    let after = Position { epoch: written.epoch, offset: first - 1 };
    let mut expected = written.events.iter();
    block_on(async {
        let Ok(head) = reader.subscribe(written.topic, Some(after)).await else { return };
        loop {
            if reader.position(written.topic).is_some_and(|position| position == head) {
                break;
            }
            match reader.next().await {
                Ok(Delivery::Event(frame)) => {
                    assert_eq!(Some(&frame.event), expected.next(), "{what}");
                }
                Ok(Delivery::Reset { why, .. }) => {
                    assert_ne!(why, ResetReason::Deleted, "{what}");
                    break;
                }
                Ok(Delivery::Missed { .. }) => panic!("{what}: nothing was announced"),
                Err(error) => {
                    assert_ne!(error, Error::Panicked, "{what}");
                    break;
                }
            }
        }
    });
}

/// Whoever writes to a damaged store learns what became of it.
fn examine_a_write(store: &Store, topic: TopicId, what: &str) {
    match block_on(try_write(store, move |tx| tx.append(topic, event("after")))) {
        Ok(offset) => {
            let read = block_on(store.read(move |snapshot| snapshot.events(topic, offset - 1, 1)));
            if let Ok(found) = read {
                assert_eq!(&found[0].body[..], b"after", "{what}");
            }
        }
        Err(error) => {
            let panicked = WriteError::Unavailable(Unavailable::Failed(Error::Panicked));
            assert_ne!(error, panicked, "{what}");
        }
    }
}

#[test]
fn a_log_that_is_damaged_in_the_middle_is_refused_and_left_alone() {
    let (_, killed) = images();
    let bytes = fs::metadata(killed.dir.path().join("data").join(LOG)).unwrap().len();
    let frames = (bytes - 32) / FRAME;
    let dir = damage(&killed, LOG, 32 + frames / 2 * FRAME + 100, 1);
    let path = dir.path().join("data");
    let before = (fs::read(path.join(DATABASE)).unwrap(), fs::read(path.join(LOG)).unwrap());
    let error = Store::open(options(&path)).err().expect("acknowledged commits are gone");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("commits in its log cannot be read"), "{error}");
    let after = (fs::read(path.join(DATABASE)).unwrap(), fs::read(path.join(LOG)).unwrap());
    assert!(before == after, "a refusal changes nothing");
}

#[test]
fn a_last_commit_that_is_not_whole_gives_new_epochs() {
    let (_, killed) = images();
    let bytes = fs::metadata(killed.dir.path().join("data").join(LOG)).unwrap().len();
    let dir = damage(&killed, LOG, bytes - 100, 1);
    let store = Store::open(options(&dir.path().join("data"))).unwrap();
    for written in killed.written {
        let read = store.read(move |snapshot| snapshot.position(written.topic));
        assert_ne!(block_on(read).unwrap().epoch, written.epoch);
    }
}

#[test]
fn a_topic_that_stands_elsewhere_than_its_events_is_not_served() {
    for wrong in ["head = head - 1", "head = head + 1", "first = first + 1", "first = -1"] {
        let (closed, _) = images();
        let path = closed.dir.path().join("data");
        let database = rusqlite::Connection::open(path.join(DATABASE)).unwrap();
        database.execute(&format!("UPDATE topics_topic SET {wrong}"), []).unwrap();
        drop(database);
        let store = Store::open(options(&path)).unwrap();
        let room = closed.written[0].topic;
        let read = block_on(store.read(move |snapshot| snapshot.events(room, 0, usize::MAX)));
        let damage = matches!(read, Err(Error::Damaged(_) | Error::Corrupt { .. }));
        assert!(damage, "{wrong}: {read:?}");
        assert_ne!(block_on(store.check()).unwrap(), Vec::<String>::new(), "{wrong}");
    }
}
