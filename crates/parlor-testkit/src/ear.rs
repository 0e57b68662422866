//! An ear on topics: hears what is said on them, on the thread of the test and without a server.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Context;

use parlor_topics::{Announcement, Delivery, Driver, Event, Local, Reader, Store, TopicId};

use crate::executor::block_on;

/// Announced by the ear itself: whatever was said before it has been delivered when it comes.
const MARKER: &str = "test.marker";

/// Hears what is said on topics, on this thread.
pub struct Ear {
    store: Store,
    local: Local,
    driver: Option<Driver>,
    reader: Reader,
    topics: Vec<TopicId>,
}

impl Ear {
    /// Listens to these topics from now on.
    ///
    /// # Panics
    ///
    /// When one of them doesn't exist.
    pub fn new(store: &Store, topics: &[TopicId]) -> Self {
        let local = store.local();
        let driver = local.driver();
        let reader = local.reader();
        let mut ear = Self { store: store.clone(), local, driver, reader, topics: topics.into() };
        for topic in topics {
            let (driver, reader) = (&mut ear.driver, &mut ear.reader);
            let mut subscribed = pin!(reader.subscribe(*topic, None));
            block_on(poll_fn(|cx| {
                drive(driver, cx);
                subscribed.as_mut().poll(cx)
            }))
            .expect("the topic exists");
        }
        ear
    }

    /// Returns what was said until now.
    ///
    /// # Panics
    ///
    /// When anything else comes: a reset, or announcements that were missed.
    pub fn heard(&mut self) -> Vec<Event> {
        let marker =
            Announcement { kind: MARKER.into(), actor: 0, key: None, body: Default::default() };
        self.store.announce(&self.topics[..1], marker);
        let mut heard = Vec::new();
        loop {
            let delivery = block_on(poll_fn(|cx| {
                self.local.drain();
                drive(&mut self.driver, cx);
                self.reader.poll_next(cx)
            }));
            match delivery.expect("the store is well") {
                Delivery::Event(frame) if &*frame.event.kind == MARKER => return heard,
                Delivery::Event(frame) => heard.push(frame.event.clone()),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Returns the kinds of what was said until now.
    pub fn kinds(&mut self) -> Vec<String> {
        self.heard().into_iter().map(|event| event.kind.into_string()).collect()
    }
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(driver) = driver {
        assert!(Pin::new(driver).poll(cx).is_pending(), "a driver never ends");
    }
}
