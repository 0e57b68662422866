//! A hub on a store in a directory of its own, with a clock that stands still.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use parlor_hub::{
    Account, Attached, ClientInfo, Failure, Hashing, HubOptions, Identity, Link, Nick, NickRefusal,
    Registration,
};
use parlor_topics::{
    Announcement, Clock, Delivery, Driver, Event, Local, ManualClock, Options, Reader, Store,
    TopicId,
};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) link: Link,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    options: HubOptions,
    dir: TempDir,
}

pub(crate) const OPTIONS: HubOptions =
    HubOptions { registration: Registration::Open, hashing: Hashing::Cheap, attempts: true };

impl World {
    pub(crate) fn new() -> Self {
        Self::with(OPTIONS)
    }

    pub(crate) fn with(options: HubOptions) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = ManualClock::new(1_000_000_000_000);
        let (store, link) = open(&dir, &clock, options);
        Self { link, store, clock, options, dir }
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.link.stop();
        self.store.close();
        (self.store, self.link) = open(&self.dir, &self.clock, self.options);
    }

    pub(crate) fn register(&self, name: &str) -> Account {
        block_on(self.link.register(name, "password", None)).unwrap()
    }

    pub(crate) fn guest(&self, nick: &str) -> Attached {
        self.attach(Identity::Guest, nick).unwrap()
    }

    pub(crate) fn attach(
        &self,
        identity: Identity,
        nick: &str,
    ) -> Result<Attached, Failure<NickRefusal>> {
        block_on(self.link.attach(identity, &Nick::new(nick).unwrap(), client()))
    }

    /// Counts the rows of a table.
    pub(crate) fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let count =
            self.store.read(move |snapshot| snapshot.query_one(&sql, &[], |row| row.get(0)));
        block_on(count).unwrap().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.link.stop();
        self.store.close();
    }
}

fn open(dir: &TempDir, clock: &ManualClock, options: HubOptions) -> (Store, Link) {
    let mut opening = Options::new(dir.path());
    opening.schemas = vec![parlor_hub::schema()];
    opening.clock = Clock::manual(clock);
    let store = Store::open(opening).unwrap();
    let link = block_on(Link::start(store.clone(), options)).unwrap();
    (store, link)
}

pub(crate) fn client() -> ClientInfo {
    let (user, host, realname) = ("user".into(), "host".into(), "Real Name".into());
    ClientInfo { protocol: "test", user, host, realname }
}

/// Hears what is said on topics, on this thread.
pub(crate) struct Ear {
    store: Store,
    local: Local,
    driver: Option<Driver>,
    reader: Reader,
    topics: Vec<TopicId>,
}

const MARKER: &str = "test.marker";

impl Ear {
    pub(crate) fn new(store: &Store, topics: &[TopicId]) -> Self {
        let local = store.local();
        let driver = local.driver();
        let reader = local.reader();
        let mut ear = Self { store: store.clone(), local, driver, reader, topics: topics.into() };
        for topic in topics {
            let (driver, reader) = (&mut ear.driver, &mut ear.reader);
            let mut subscribed = pin!(reader.subscribe(*topic, None));
            block_on(std::future::poll_fn(|cx| {
                drive(driver, cx);
                subscribed.as_mut().poll(cx)
            }))
            .unwrap();
        }
        ear
    }

    /// Returns what was said until now.
    pub(crate) fn heard(&mut self) -> Vec<Event> {
        let marker =
            Announcement { kind: MARKER.into(), actor: 0, key: None, body: Default::default() };
        self.store.announce(&self.topics[..1], marker);
        let mut heard = Vec::new();
        loop {
            let delivery = block_on(std::future::poll_fn(|cx| {
                self.local.drain();
                drive(&mut self.driver, cx);
                self.reader.poll_next(cx)
            }));
            match delivery.unwrap() {
                Delivery::Event(frame) if &*frame.event.kind == MARKER => return heard,
                Delivery::Event(frame) => heard.push(frame.event.clone()),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Returns the kinds of what was said until now, with the topic.
    pub(crate) fn kinds(&mut self) -> Vec<(TopicId, String)> {
        self.heard().into_iter().map(|event| (event.topic, event.kind.to_string())).collect()
    }
}

fn drive(driver: &mut Option<Driver>, cx: &mut Context<'_>) {
    if let Some(driver) = driver {
        assert!(Pin::new(driver).poll(cx).is_pending());
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread; needs no runtime, since nothing here does.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
