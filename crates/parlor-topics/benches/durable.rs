//! How many acknowledged writes a second, how long one takes, and how fast events fan out.
//!
//! `cargo bench -p parlor-topics --bench durable`. Three rounds, interleaved, so that a machine
//! that slows down slows everything; medians and the spread between the rounds are printed.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use parlor_testkit::executor::block_on;
use parlor_topics::{
    Abort, Delivery, NewEvent, Options, Reader, Retention, Schema, Store, TopicId, params,
};

const ROUNDS: usize = 3;
const SPAN: Duration = Duration::from_secs(2);
const READERS: usize = 10_000;
const MESSAGES: usize = 200;

const NOTES: Schema = Schema {
    name: "note",
    migrations: &["CREATE TABLE note (id INTEGER PRIMARY KEY, topic INTEGER NOT NULL,
        seq INTEGER NOT NULL, text TEXT NOT NULL) STRICT"],
};

fn open() -> (tempfile::TempDir, Store, TopicId) {
    // Beside the build, because a temporary directory may lie in memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target is writable");
    let options = Options { schemas: vec![NOTES], ..Options::new(dir.path()) };
    let store = Store::open(options).expect("an empty directory opens");
    let room = store.write(|tx| Ok::<_, Abort<()>>(tx.topic("room", Retention::Forever)?));
    let room = block_on(room).expect("the disk is well").value;
    (dir, store, room)
}

async fn say(store: &Store, room: TopicId) {
    let body = [b'x'; 200];
    let said = store.write(move |tx| {
        let offset = tx.append(room, NewEvent { kind: "chat.posted", actor: 1, body: &body })?;
        tx.execute(
            "INSERT INTO note (topic, seq, text) VALUES (?1, ?2, 'row')",
            params![room, offset],
        )?;
        Ok::<_, Abort<()>>(offset)
    });
    said.await.expect("the disk is well");
}

/// Acknowledged writes a second, and the latencies of one in microseconds.
fn durable(senders: usize) -> (f64, hdrhistogram::Histogram<u64>) {
    let (_dir, store, room) = open();
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..senders)
        .map(|_| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            thread::spawn(move || {
                let mut latencies =
                    hdrhistogram::Histogram::<u64>::new(3).expect("three digits are possible");
                while !stop.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    block_on(say(&store, room));
                    let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                    latencies.record(took).expect("it grows as needed");
                }
                latencies
            })
        })
        .collect();
    let start = Instant::now();
    thread::sleep(SPAN);
    stop.store(true, Ordering::Relaxed);
    let mut all = hdrhistogram::Histogram::new(3).expect("three digits are possible");
    for thread in threads {
        all.add(thread.join().expect("a sender ends")).expect("the same shape");
    }
    (all.len() as f64 / start.elapsed().as_secs_f64(), all)
}

fn take_all(reader: &mut Reader, cx: &mut Context<'_>) -> u64 {
    let mut taken = 0;
    while let Poll::Ready(delivery) = reader.poll_next(cx) {
        let Ok(Delivery::Event(_)) = delivery else { panic!("a healthy store delivers events") };
        taken += 1;
    }
    taken
}

/// Deliveries a second of one topic to all readers, over this many worker threads, each of which
/// polls its readers the way an executor does that finds them all woken.
fn fan_out(workers: usize) -> f64 {
    let (_dir, store, room) = open();
    let delivered = Arc::new(AtomicU64::new(0));
    let ready = Arc::new(std::sync::Barrier::new(workers + 1));
    let share = READERS / workers;
    let threads: Vec<_> = (0..workers)
        .map(|_| {
            let (store, delivered) = (store.clone(), Arc::clone(&delivered));
            let ready = Arc::clone(&ready);
            thread::spawn(move || {
                let local = store.local();
                let mut readers: Vec<Reader> = (0..share).map(|_| local.reader()).collect();
                for reader in &mut readers {
                    block_on(reader.subscribe(room, None)).expect("the topic is there");
                }
                // From here on the driver is polled; a driver that is taken and not polled delivers
                // nothing.
                let mut driver = pin!(local.driver().expect("one driver a thread"));
                ready.wait();
                let mut left = (share * MESSAGES) as u64;
                block_on(poll_fn(|cx| {
                    assert!(driver.as_mut().poll(cx).is_pending(), "a driver never ends");
                    for reader in &mut readers {
                        let taken = take_all(reader, cx);
                        delivered.fetch_add(taken, Ordering::Relaxed);
                        left -= taken;
                    }
                    if left == 0 { Poll::Ready(()) } else { Poll::Pending }
                }));
            })
        })
        .collect();
    ready.wait();
    let start = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..MESSAGES {
        answers.push(store.write(move |tx| {
            let event = NewEvent { kind: "chat.posted", actor: 1, body: &[b'x'; 200] };
            Ok::<_, Abort<()>>(tx.append(room, event)?)
        }));
    }
    for answer in answers {
        block_on(answer).expect("the disk is well");
    }
    for thread in threads {
        thread.join().expect("a worker ends");
    }
    delivered.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

/// Bytes of one reader with one subscription, and of a further subscription.
fn memory() -> (u64, u64) {
    const COUNT: usize = 100_000;
    let (_dir, store, room) = open();
    let other = store.write(|tx| Ok::<_, Abort<()>>(tx.topic("other", Retention::Forever)?));
    let other = block_on(other).expect("the disk is well").value;
    let local = store.local();
    let mut readers = Vec::with_capacity(COUNT);
    let before = resident();
    for _ in 0..COUNT {
        let mut reader = local.reader();
        block_on(reader.subscribe(room, None)).expect("the topic is there");
        readers.push(reader);
    }
    let one = resident();
    for reader in &mut readers {
        block_on(reader.subscribe(other, None)).expect("the topic is there");
    }
    ((one - before) / COUNT as u64, (resident() - one) / COUNT as u64)
}

/// The median of the rounds, and how far apart they are, in per cent of it.
fn median(mut rounds: Vec<f64>) -> (f64, f64) {
    rounds.sort_by(f64::total_cmp);
    let middle = rounds[rounds.len() / 2];
    (middle, 100.0 * (rounds[rounds.len() - 1] - rounds[0]) / middle)
}

fn main() {
    let senders = [1, 16, 64];
    let workers = [1, 2];
    let mut rates = vec![Vec::new(); senders.len()];
    let mut middles = vec![Vec::new(); senders.len()];
    let mut tails = vec![Vec::new(); senders.len()];
    let mut deliveries = vec![Vec::new(); workers.len()];
    let memory = memory();
    for _ in 0..ROUNDS {
        for (at, senders) in senders.into_iter().enumerate() {
            let (rate, latencies) = durable(senders);
            rates[at].push(rate);
            middles[at].push(latencies.value_at_quantile(0.5) as f64 / 1_000.0);
            tails[at].push(latencies.value_at_quantile(0.99) as f64 / 1_000.0);
        }
        for (at, workers) in workers.into_iter().enumerate() {
            deliveries[at].push(fan_out(workers));
        }
    }
    println!("| senders | acknowledged writes/s | p50 ms | p99 ms | spread of the rate |");
    println!("|---|---|---|---|---|");
    for (at, senders) in senders.into_iter().enumerate() {
        let (rate, spread) = median(rates[at].clone());
        let (middle, _) = median(middles[at].clone());
        let (tail, _) = median(tails[at].clone());
        println!("| {senders} | {rate:.0} | {middle:.2} | {tail:.2} | {spread:.0} % |");
    }
    println!("\n| worker threads | deliveries/s to {READERS} readers | spread |\n|---|---|---|");
    for (at, workers) in workers.into_iter().enumerate() {
        let (rate, spread) = median(deliveries[at].clone());
        println!("| {workers} | {rate:.0} | {spread:.0} % |");
    }
    println!("\n{} bytes a reader with a subscription, {} a further one", memory.0, memory.1);
}
