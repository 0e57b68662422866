//! Killed at any moment: whatever was acknowledged is there, in order, whole.

use std::io::{BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use parlor_testkit::ledger::{Ledger, line};
use parlor_testkit::seed::Seed;
use parlor_topics::{Abort, Options, Retention, Store, TopicId, params};

use crate::support::{NOTES, block_on, bodies, event, events, write};

const STREAMS: [&str; 3] = ["left", "right", "both"];
const PRODUCERS: u64 = 6;

fn open(dir: &str) -> Store {
    Store::open(Options { schemas: vec![NOTES], ..Options::new(dir) })
        .expect("a crash leaves a store that opens")
}

/// The child: writes until it is killed, and says what was acknowledged.
#[test]
fn child() {
    let Ok(dir) = std::env::var("PARLOR_CRASH_DIR") else { return };
    let run = std::env::var("PARLOR_CRASH_RUN").expect("the parent says which run it is");
    let store = open(&dir);
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let (store, run) = (store.clone(), run.clone());
            thread::spawn(move || produce(&store, &run, producer))
        })
        .collect();
    for producer in producers {
        producer.join().expect("a producer runs until it is killed");
    }
}

fn produce(store: &Store, run: &str, producer: u64) {
    let streams: Vec<TopicId> =
        STREAMS.map(|name| write(store, move |tx| tx.topic(name, Retention::Forever))).to_vec();
    // Far more than it will get to.
    for number in 0..1_000_000_u64 {
        let id = format!("{run}-{producer}-{number}");
        let stream = usize::try_from((producer + number) % 2).expect("small");
        let (one, both, text) = (streams[stream], streams[2], id.clone());
        // Two topics and a row in one transaction.
        let answer = store.write(move |tx| {
            let offset = tx.append(one, event(&text))?;
            let other = tx.append(both, event(&text))?;
            tx.execute(
                "INSERT INTO note (text, topic, seq) VALUES (?1, ?2, ?3)",
                params![&text, one, offset],
            )?;
            Ok::<_, Abort<()>>((offset, other))
        });
        let (offset, other) = block_on(answer).expect("the disk is well").value;
        let mut said = line(STREAMS[stream], offset, &id);
        said.push_str(&line("both", other, &id));
        // In one write, so that lines of several producers do not mix.
        std::io::stdout().lock().write_all(said.as_bytes()).expect("the parent listens");
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let mut seed = Seed::announced("kill -9");
    let kills = std::env::var("PARLOR_KILLS").map_or(20, |kills| kills.parse().expect("a number"));
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let dir = dir.to_str().unwrap();
    let mut ledger = Ledger::default();
    for run in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
            .env("PARLOR_CRASH_DIR", dir)
            .env("PARLOR_CRASH_RUN", run.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut known = std::mem::take(&mut ledger);
        let reader = thread::spawn(move || {
            known.read(output);
            known
        });
        let after = Duration::from_micros(5_000 + seed.below(200_000));
        wait(after);
        child.kill().unwrap();
        child.wait().unwrap();
        ledger = reader.join().unwrap();
        check(dir, &ledger);
    }
    println!("{kills} kills, {} acknowledgements, none lost", ledger.len());
    assert!(ledger.len() > 100, "the child was killed before it could do anything");
}

#[expect(clippy::disallowed_methods, reason = "the moment of the kill is what is tested")]
fn wait(for_this_long: Duration) {
    thread::sleep(for_this_long);
}

/// Opens what the kill left and compares it with the ledger.
fn check(dir: &str, ledger: &Ledger) {
    let store = open(dir);
    let mut counts = Vec::new();
    for stream in STREAMS {
        let found = block_on(store.read(move |snapshot| snapshot.find_topic(stream))).unwrap();
        let there = found.map(|topic| events(&store, topic)).unwrap_or_default();
        for (offset, event) in (1..).zip(&there) {
            assert_eq!(event.offset, offset, "{stream} is dense");
        }
        let there = bodies(&there);
        ledger.check(stream, &there);
        counts.push(there.len());
    }
    // Every transaction is there whole: an event in one of two, an event in the third, a row.
    assert_eq!(counts[0] + counts[1], counts[2], "half a transaction is there");
    let rows = store.read(|snapshot| {
        snapshot.query_one(
            "SELECT count(*), count(e.seq) FROM note n LEFT JOIN topics_event e
             ON e.topic = n.topic AND e.seq = n.seq AND CAST(e.body AS TEXT) = n.text",
            &[],
            |row| Ok((row.get::<u64>(0)?, row.get::<u64>(1)?)),
        )
    });
    let both = counts[2] as u64;
    assert_eq!(block_on(rows).unwrap(), Some((both, both)), "rows and events belong together");
    let findings = block_on(store.check()).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}
