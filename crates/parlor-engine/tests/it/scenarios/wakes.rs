//! What wakes a handler that waits, beside its socket: timers, other threads, tasks, a pair.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, service, spawn_local, time, yield_now};
use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use super::{noise, start};
use crate::running::{PATIENCE, echo};

pub(super) fn timers(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let log = Rc::new(RefCell::new(String::new()));
            let start = time::now();
            let (done, mut all_done) = tokio::sync::mpsc::unbounded_channel::<()>();
            for ms in [60, 20, 80, 40] {
                let (log, done) = (Rc::clone(&log), done.clone());
                spawn_local(async move {
                    time::sleep(Duration::from_millis(ms)).await;
                    assert!(time::now() - start >= Duration::from_millis(ms), "too early");
                    write!(log.borrow_mut(), "{ms} ").unwrap();
                    drop(done);
                });
            }
            drop(done);
            all_done.recv().await;
            // Cancelled by being dropped, half way.
            let hour = Duration::from_secs(3600);
            let mut cancelled = Box::pin(time::sleep(hour));
            assert!(time::timeout(Duration::from_millis(5), &mut cancelled).await.is_err());
            drop(cancelled);
            // Moved nearer after it was armed; then used again after it was over.
            let mut moved = time::sleep(hour);
            assert!(time::timeout(Duration::from_millis(5), &mut moved).await.is_err());
            moved.reset(start + Duration::from_millis(100));
            (&mut moved).await;
            write!(log.borrow_mut(), "moved ").unwrap();
            moved.reset(start + Duration::from_millis(120));
            (&mut moved).await;
            assert!(time::now() - start >= Duration::from_millis(120), "too early");
            write!(log.borrow_mut(), "again ").unwrap();
            // In the past: at once.
            time::sleep_until(start).await;
            assert_eq!(time::timeout(Duration::from_secs(60), async { 7 }).await, Ok(7));
            let text = log.borrow().clone();
            conn.write_all(text.as_bytes()).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    assert_eq!(seen, b"20 40 60 80 moved again ");
    seen
}

pub(super) fn foreign_wake(model: &str) -> Vec<u8> {
    let (service, asked) = {
        let (sender, receiver) = mpsc::channel::<oneshot::Sender<&'static str>>();
        let handler = move |mut conn: Conn| {
            let sender = sender.clone();
            async move {
                for _ in 0..3 {
                    let (answer, answered) = oneshot::channel();
                    sender.send(answer).unwrap();
                    // Waits for its socket as well, which says nothing. Both may be dropped.
                    tokio::select! {
                        bytes = conn.recv() => panic!("{bytes:?}"),
                        text = answered => conn.write_all(text.unwrap().as_bytes()).await.unwrap(),
                    }
                }
            }
        };
        (service(handler), receiver)
    };
    let server = start(model, service);
    let mut client = server.connect();
    for _ in 0..3 {
        let answer = asked.recv_timeout(PATIENCE).unwrap();
        // The handler should be asleep by now; if it is not, this is the other interleaving.
        thread::park_timeout(Duration::from_millis(10));
        answer.send("from another thread\n").unwrap();
    }
    let mut seen = Vec::new();
    client.read_to_end(&mut seen).unwrap();
    seen
}

pub(super) fn foreign_stream(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let (sender, mut lines) = tokio::sync::mpsc::channel::<u32>(16);
            let thread = thread::spawn(move || {
                for number in 0..10_000 {
                    sender.blocking_send(number).unwrap();
                }
            });
            while let Some(number) = lines.recv().await {
                conn.push(Bytes::copy_from_slice(&number.to_be_bytes()));
                if conn.queued() > 10_000 {
                    conn.drain().await.unwrap();
                }
            }
            conn.drain().await.unwrap();
            thread.join().unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    assert_eq!(seen.len(), 40_000);
    seen
}

pub(super) fn tasks(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            // Not `Send`: tasks share memory with their handler.
            let words: Rc<RefCell<Vec<String>>> = Rc::default();
            let (done, mut all_done) = tokio::sync::mpsc::unbounded_channel::<()>();
            for name in ["first", "second", "third"] {
                let (words, done) = (Rc::clone(&words), done.clone());
                spawn_local(async move {
                    for round in 0..2 {
                        words.borrow_mut().push(format!("{name} {round}"));
                        yield_now().await;
                    }
                    if name == "third" {
                        let _done = done;
                        panic!("one task's panic is its own");
                    }
                });
            }
            drop(done);
            all_done.recv().await;
            // A task that never ends must not keep anything alive.
            spawn_local(std::future::pending());
            let text = words.borrow().join("\n");
            conn.write_all(text.as_bytes()).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    server.wait_for("the panic counted", |counters| counters.tasks_panicked == 1);
    let report = server.stop();
    write!(seen, "\nserved {} panicked {}", report.served, report.panicked).unwrap();
    seen
}

pub(super) fn pair(model: &str) -> Vec<u8> {
    let server = start(
        model,
        service(|mut conn| async move {
            let (mut near, far) = Conn::pair();
            spawn_local(echo(far));
            let sent = noise(300_000);
            let mut seen = Vec::new();
            // More than the pair holds: writing and reading have to take turns.
            let mut offset = 0;
            while seen.len() < sent.len() {
                tokio::select! {
                    count = near.write(&sent[offset..]), if offset < sent.len() => {
                        offset += count.unwrap();
                    }
                    else => {}
                }
                seen.extend_from_slice(&near.recv().await.unwrap());
            }
            assert!(seen == sent);
            near.shutdown_write().await.unwrap();
            assert!(near.recv().await.unwrap().is_empty());
            conn.write_all(&seen).await.unwrap();
        }),
    );
    let mut seen = Vec::new();
    server.connect().read_to_end(&mut seen).unwrap();
    seen
}
