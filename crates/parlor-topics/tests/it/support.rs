//! What the tests share: a store in a directory of its own, and short ways to write and to listen.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) use parlor_testkit::executor::block_on;
use parlor_topics::{
    Abort, Clock, Delivery, Error, Event, Local, LocalFrame, NewEvent, Options, Reader, Retention,
    Schema, Store, TopicId, Tx,
};
use tempfile::TempDir;

/// An app with one table, as the tests need it.
pub(crate) const NOTES: Schema = Schema {
    name: "note",
    migrations: &["CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL UNIQUE,
        topic INTEGER NOT NULL,
        seq INTEGER NOT NULL
    ) STRICT"],
};

/// Runs a future on this thread with its delivery driver beside it.
pub(crate) fn drive<F: Future>(local: &Local, future: F) -> F::Output {
    block_on(driven(local, future))
}

/// A future with the delivery driver of its thread beside it, for any executor.
pub(crate) async fn driven<F: Future>(local: &Local, future: F) -> F::Output {
    let mut driver = pin!(local.driver().expect("nobody else drives this thread"));
    let mut future = pin!(future);
    poll_fn(|cx| {
        assert!(driver.as_mut().poll(cx).is_pending(), "a driver never ends");
        future.as_mut().poll(cx)
    })
    .await
}

/// Polls once.
pub(crate) fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

pub(crate) fn options(dir: &TempDir) -> Options {
    Options { schemas: vec![NOTES], ..Options::new(dir.path()) }
}

pub(crate) fn options_at(dir: &TempDir, clock: Clock) -> Options {
    Options { clock, ..options(dir) }
}

pub(crate) fn open(dir: &TempDir) -> Store {
    Store::open(options(dir)).expect("an empty directory opens")
}

pub(crate) fn temporary() -> (TempDir, Store) {
    let dir = tempfile::tempdir().expect("there is room for a test");
    let store = open(&dir);
    (dir, store)
}

/// An event with this body.
pub(crate) fn event(body: &str) -> NewEvent<'_> {
    NewEvent { kind: "test.said", actor: 7, body: body.as_bytes() }
}

/// Writes, and expects it to work.
pub(crate) fn write<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> T {
    block_on(try_write(store, f)).expect("the disk is well")
}

/// Writes with nothing to refuse.
pub(crate) async fn try_write<T: Send + 'static>(
    store: &Store,
    mut f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, parlor_topics::WriteError<()>> {
    Ok(store.write(move |tx| f(tx).map_err(Abort::Store)).await?.value)
}

pub(crate) fn topic(store: &Store, name: &str) -> TopicId {
    let name = name.to_owned();
    write(store, move |tx| tx.topic(&name, Retention::Forever))
}

/// Appends events and returns the offset of the last.
pub(crate) fn append(store: &Store, topic: TopicId, bodies: &[&str]) -> u64 {
    let bodies: Vec<String> = bodies.iter().map(|body| (*body).to_owned()).collect();
    write(store, move |tx| {
        let mut last = 0;
        for body in &bodies {
            last = tx.append(topic, event(body))?;
        }
        Ok(last)
    })
}

pub(crate) fn events(store: &Store, topic: TopicId) -> Vec<Event> {
    block_on(store.read(move |snapshot| snapshot.events(topic, 0, usize::MAX)))
        .expect("the topic is there")
}

pub(crate) fn bodies(events: &[Event]) -> Vec<String> {
    events.iter().map(body).collect()
}

pub(crate) fn body(event: &Event) -> String {
    String::from_utf8(event.body.to_vec()).expect("tests write text")
}

/// Everything a reader has now.
pub(crate) fn drain(reader: &mut Reader) -> Vec<Delivery> {
    std::iter::from_fn(|| poll_once(reader.next()))
        .map(|delivery| delivery.expect("the store is well"))
        .collect()
}

/// The next event of a reader; anything else is a failure.
pub(crate) async fn next_event(reader: &mut Reader) -> LocalFrame {
    match reader.next().await.expect("the store is well") {
        Delivery::Event(frame) => frame,
        other => panic!("expected an event, got {other:?}"),
    }
}

/// The bodies of the next events of a reader.
pub(crate) async fn next_bodies(reader: &mut Reader, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    while bodies.len() < count {
        bodies.push(body(&next_event(reader).await.event));
    }
    bodies
}
