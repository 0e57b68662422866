//! A disk that fails in the middle of growing: the system lets no file grow beyond a limit.
//! Whatever was acknowledged is there, what was certainly not written is not, and reads go on.

use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parlor_testkit::ledger::{Ledger, line};
use parlor_testkit::seed::Seed;
use parlor_topics::{
    Abort, OpenError, Options, Retention, Store, TopicId, Unavailable, WriteAnswer, WriteError,
    params,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{NOTES, block_on, bodies, event, events, write};

const STREAM: &str = "stream";
const KIB: u64 = 1 << 10;
/// Writes that are under way together, so that a batch has more than one.
const TOGETHER: u64 = 4;
/// Bytes that do not fit the writer's cache: they go to the log before COMMIT.
const HUGE: usize = 40;

fn open(dir: &Path) -> Result<Store, OpenError> {
    Store::open(Options { schemas: vec![NOTES], ..Options::new(dir) })
}

/// What became of the writes of one child.
#[derive(Default)]
struct Told {
    acknowledged: Vec<(u64, String)>,
    refused: Vec<String>,
    unknown: Vec<String>,
}

/// The child: writes until the limit is met, says what was acknowledged, and looks at the store
/// as it then is, with the limit and without.
#[test]
fn child() {
    let Ok(dir) = std::env::var("PARLOR_LIMITED_DIR") else { return };
    let number = |name: &str| -> u64 {
        std::env::var(name).expect("the parent says it").parse().expect("a number")
    };
    let (run, limit) = (number("PARLOR_LIMITED_RUN"), number("PARLOR_LIMITED_BYTES"));
    // Without a handler, the signal that comes with the error would end the process.
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag).expect("it can be handled");
    let dir = Path::new(&dir);
    let store = open(dir).expect("without a limit it opens");
    let topic = write(&store, |tx| tx.topic(STREAM, Retention::Forever));
    let before = getrlimit(Resource::Fsize);
    limit_files(Rlimit { current: Some(limit), ..before });
    let mut told = Told::default();
    // The test harness has begun a line.
    println!();
    let mut store = Some(store);
    if run.is_multiple_of(4)
        && let Some(stopped) = store.take()
    {
        say_much(&stopped, topic, run, &mut told);
        look(&stopped, topic, &told);
        stopped.close();
        drop(stopped);
        store = reopen(dir);
    }
    // Far more than there is room for; every few writes the log is moved into the database.
    'all: for round in 0..1_000 {
        let Some(open_now) = store.take() else { break };
        for number in 0..8 {
            if !say(&open_now, topic, &format!("{run}-{round}-{number}"), &mut told) {
                look(&open_now, topic, &told);
                open_now.close();
                break 'all;
            }
        }
        look(&open_now, topic, &told);
        open_now.close();
        drop(open_now);
        store = reopen(dir);
    }
    limit_files(before);
    if run.is_multiple_of(2) {
        let store = open(dir).expect("with room again it opens");
        look(&store, topic, &told);
        assert!(say(&store, topic, &format!("{run}-after"), &mut told), "there is room again");
        look(&store, topic, &told);
        // Every other time the child ends as if killed.
        store.close();
    }
    println!("outcomes {} {}", told.refused.len(), told.unknown.len());
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
        .expect("a process may kill itself");
}

/// With the limit a store may not even open, but says so.
fn reopen(dir: &Path) -> Option<Store> {
    open(dir).inspect_err(|error| println!("open: {error:?}")).ok()
}

fn limit_files(limit: Rlimit) {
    setrlimit(Resource::Fsize, limit).expect("the soft limit may be moved");
}

fn add(store: &Store, topic: TopicId, text: &str) -> WriteAnswer<u64, ()> {
    let text = text.to_owned();
    store.write(move |tx| {
        let offset = tx.append(topic, event(&text))?;
        tx.execute(
            "INSERT INTO note (text, topic, seq) VALUES (?1, ?2, ?3)",
            params![&text, topic, offset],
        )?;
        Ok::<_, Abort<()>>(offset)
    })
}

/// Writes a few texts together; false when one was not acknowledged.
fn say(store: &Store, topic: TopicId, id: &str, told: &mut Told) -> bool {
    let texts: Vec<_> = (0..TOGETHER)
        .map(|part| format!("{id}-{part}-{}", "x".repeat(usize::try_from(part * 700).unwrap())))
        .collect();
    let answers: Vec<_> = texts.iter().map(|text| add(store, topic, text)).collect();
    let mut all = true;
    for (text, answer) in texts.into_iter().zip(answers) {
        all &= told.take(text, block_on(answer).map(|committed| committed.value));
    }
    all
}

/// One write that is larger than the cache.
fn say_much(store: &Store, topic: TopicId, run: u64, told: &mut Told) {
    let text = format!("{run}-huge-");
    let short = text.clone();
    let answer = store.write(move |tx| {
        let body = format!("{short}{}", "y".repeat(1_000_000));
        let mut last = 0;
        for _ in 0..HUGE {
            last = tx.append(topic, event(&body))?;
        }
        Ok::<_, Abort<()>>(last)
    });
    let outcome = block_on(answer).map(|committed| committed.value);
    assert!(outcome.is_err(), "it has no room");
    // It failed in a statement, before COMMIT: it is known not to be there.
    assert_ne!(outcome, Err(WriteError::Unknown));
    told.take(text, outcome);
}

impl Told {
    fn take(&mut self, text: String, outcome: Result<u64, WriteError<()>>) -> bool {
        match outcome {
            Ok(offset) => {
                // Only what is acknowledged is printed: the parent keeps it.
                let said = line(STREAM, offset, &text);
                io::stdout().lock().write_all(said.as_bytes()).expect("the parent listens");
                self.acknowledged.push((offset, text));
                return true;
            }
            Err(WriteError::Unknown) => self.unknown.push(text),
            Err(WriteError::Fatal | WriteError::Unavailable(Unavailable::DiskFull)) => {
                self.refused.push(text);
            }
            Err(other) => panic!("{other:?} does not say what happened"),
        }
        false
    }
}

/// What is there is what was told: all that was acknowledged, at its place, and nothing that was
/// refused.
fn look(store: &Store, topic: TopicId, told: &Told) {
    let texts = bodies(&events(store, topic));
    for (offset, text) in &told.acknowledged {
        assert_eq!(Some(text), texts.get(usize::try_from(offset - 1).unwrap()));
    }
    for refused in &told.refused {
        assert!(!texts.iter().any(|text| text.starts_with(refused)), "{refused} is there");
    }
}

#[test]
fn a_file_that_cannot_grow_loses_nothing_acknowledged() {
    let mut seed = Seed::announced("file size limits");
    let mut counts = (0, 0, 0);
    for run in 0..40 {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("data");
        // Not where a page ends, so that some are cut in two.
        let limit = 16 * KIB * (1 + run) + seed.below(16 * KIB);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["limited::child", "--exact", "--nocapture", "--test-threads=1"])
            .env("PARLOR_LIMITED_DIR", &dir)
            .env("PARLOR_LIMITED_RUN", run.to_string())
            .env("PARLOR_LIMITED_BYTES", limit.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = io::read_to_string(child.stdout.take().unwrap()).unwrap();
        let errors = io::read_to_string(child.stderr.take().unwrap()).unwrap();
        child.wait().unwrap();
        let said = output.lines().find_map(|line| line.strip_prefix("outcomes "));
        let Some(said) = said else { panic!("limit {limit}: the child failed: {errors}") };
        let said: Vec<u64> = said.split(' ').map(|count| count.parse().unwrap()).collect();
        let mut ledger = Ledger::default();
        ledger.read(BufReader::new(output.as_bytes()));
        counts = (counts.0 + ledger.len(), counts.1 + said[0], counts.2 + said[1]);
        check(&dir, &ledger);
    }
    let (acknowledged, refused, unknown) = counts;
    println!("40 limits: {acknowledged} acknowledged, {refused} refused, {unknown} unknown");
    assert!(acknowledged > 100 && refused > 0 && unknown > 0, "the limits were not met");
}

/// A new process finds what the children were told, and goes on.
fn check(dir: &Path, ledger: &Ledger) {
    let store = open(dir).expect("with room again it opens");
    let topic = write(&store, |tx| tx.topic(STREAM, Retention::Forever));
    let there = bodies(&events(&store, topic));
    ledger.check(STREAM, &there);
    write(&store, move |tx| tx.append(topic, event("and on")));
    let findings = block_on(store.check()).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}
