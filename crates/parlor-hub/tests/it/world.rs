//! A hub on a store in a directory of its own, with a clock that stands still.

use parlor_hub::{
    Account, Attached, ClientInfo, Failure, Hashing, HubOptions, Identity, Link, Nick, NickRefusal,
    Registration, SignedIn,
};
pub(crate) use parlor_testkit::ear::Ear;
pub(crate) use parlor_testkit::executor::block_on;
use parlor_topics::{Clock, ManualClock, Options, Store};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) link: Link,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    options: HubOptions,
    dir: TempDir,
}

pub(crate) const OPTIONS: HubOptions = HubOptions {
    registration: Registration::Open,
    hashing: Hashing::Cheap,
    attempts: true,
    always_on: true,
    absence_grace_ms: 0,
};

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
        block_on(self.link.register(name, "password", None, None)).unwrap()
    }

    /// Starts a browser session of an account whose password was never changed.
    pub(crate) fn session(&self, account: &Account, label: &str) -> String {
        let who = SignedIn::registered(account.clone());
        block_on(self.link.create_session(&who, label, None)).unwrap()
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

    /// Changes the tables behind the hub's back, as another version would have left them.
    pub(crate) fn execute(&self, sql: &'static str) {
        let done = self.store.write::<_, ()>(move |tx| Ok(tx.execute(sql, &[])?));
        block_on(done).unwrap();
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
    ClientInfo { protocol: "test", user, host, realname, away: None }
}
