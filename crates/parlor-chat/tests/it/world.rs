//! Chat on a store in a directory of its own, with a clock that stands still.

use std::fmt::Debug;

use parlor_chat::{Chat, ChatOptions, Joined, NewMessage, Posted, Refusal, RoomName, Target};
use parlor_hub::{
    Account, Attached, ClientInfo, Failure, Hashing, HubOptions, Identity, Link, Nick, Registration,
};
pub(crate) use parlor_testkit::ear::Ear;
pub(crate) use parlor_testkit::executor::block_on;
use parlor_topics::{Clock, Event, ManualClock, Options, Store, TextIndex, TopicId};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) chat: Chat,
    pub(crate) link: Link,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) index: TextIndex,
    dir: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let clock = ManualClock::new(1_700_000_000_000);
        let (store, link, chat, index) = open(&dir, &clock);
        Self { chat, link, store, clock, index, dir }
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.link.stop();
        self.store.close();
        (self.store, self.link, self.chat, self.index) = open(&self.dir, &self.clock);
    }

    /// Stops the server, loses its search index, and starts it again.
    pub(crate) fn lose_index(&mut self) {
        self.link.stop();
        self.store.close();
        std::fs::remove_file(self.dir.path().join("search.db")).unwrap();
        (self.store, self.link, self.chat, self.index) = open(&self.dir, &self.clock);
    }

    /// Whether these letters stand anywhere in the search index or in its log.
    pub(crate) fn index_holds(&self, word: &str) -> bool {
        ["search.db", "search.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(self.dir.path().join(name)).unwrap();
            bytes.windows(word.len()).any(|window| window == word.as_bytes())
        })
    }

    pub(crate) fn guest(&self, nick: &str) -> Attached {
        self.attach(Identity::Guest, nick)
    }

    /// Attaches a session of an account, which is made when it is missing.
    pub(crate) fn account(&self, name: &str) -> Attached {
        self.attach(Identity::Account(self.made(name, false)), name)
    }

    pub(crate) fn admin(&self, name: &str) -> Attached {
        self.attach(Identity::Account(self.made(name, true)), name)
    }

    fn made(&self, name: &str, admin: bool) -> Account {
        match block_on(self.link.account(name)).unwrap() {
            Some(account) => account,
            None => block_on(self.link.add_account(name, "password", admin)).unwrap(),
        }
    }

    fn attach(&self, identity: Identity, nick: &str) -> Attached {
        block_on(self.link.attach(identity, &Nick::new(nick).unwrap(), client(nick))).unwrap()
    }

    /// Lets a guest sign in to an account, which is made when it is missing.
    pub(crate) fn sign_in(&self, guest: &Attached, name: &str) -> Attached {
        block_on(self.link.succeed(guest, self.made(name, false), client(name))).unwrap()
    }

    pub(crate) fn join(&self, who: &Attached, room: &str) -> Joined {
        block_on(self.chat.join(who, &name(room))).unwrap()
    }

    /// Joins a room and returns its topic.
    pub(crate) fn enter(&self, who: &Attached, room: &str) -> TopicId {
        self.join(who, room).room.topic
    }

    pub(crate) fn say(&self, who: &Attached, room: TopicId, text: &str) -> Posted {
        block_on(self.chat.post(who, Target::Room(room), message(text))).unwrap()
    }

    pub(crate) fn tell(&self, who: &Attached, to: &Attached, text: &str) -> Posted {
        let target = Target::Person(to.person, to.nick.clone());
        block_on(self.chat.post(who, target, message(text))).unwrap()
    }

    /// Reads all events of a topic.
    pub(crate) fn events(&self, topic: TopicId) -> Vec<Event> {
        block_on(self.store.read(move |snapshot| snapshot.events(topic, 0, 10_000))).unwrap()
    }

    /// Leaves the tables as a version left them that did not look at names.
    pub(crate) fn forget_looks(&self) {
        let sql = "DELETE FROM chat_look";
        block_on(self.store.write::<_, ()>(move |tx| Ok(tx.execute(sql, &[])?))).unwrap();
    }

    pub(crate) fn kinds(&self, topic: TopicId) -> Vec<String> {
        self.events(topic).into_iter().map(|event| event.kind.into_string()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.link.stop();
        self.store.close();
    }
}

fn open(dir: &TempDir, clock: &ManualClock) -> (Store, Link, Chat, TextIndex) {
    let mut opening = Options::new(dir.path());
    opening.schemas = vec![parlor_hub::schema(), parlor_chat::schema()];
    opening.clock = Clock::manual(clock);
    let store = Store::open(opening).unwrap();
    let (registration, hashing) = (Registration::Open, Hashing::Cheap);
    let options =
        HubOptions { registration, hashing, attempts: false, always_on: true, absence_grace_ms: 0 };
    let link = block_on(Link::start(store.clone(), options)).unwrap();
    let index = TextIndex::open(dir.path().join("search.db")).unwrap();
    let options = ChatOptions { lobby: Some(name("#lobby")), index: Some(index.clone()) };
    let chat = Chat::new(store.clone(), link.clone(), options);
    (store, link, chat, index)
}

fn client(user: &str) -> ClientInfo {
    let (user, host, realname) = (user.into(), "host".into(), "Real Name".into());
    ClientInfo { protocol: "test", user, host, realname, away: None }
}

pub(crate) fn name(room: &str) -> RoomName {
    RoomName::new(room).unwrap()
}

pub(crate) fn message(text: &str) -> NewMessage {
    NewMessage { text: text.into(), ..NewMessage::default() }
}

pub(crate) fn keyed(text: &str, key: &str) -> NewMessage {
    NewMessage { key: Some(key.into()), ..message(text) }
}

/// Runs a command that is to be refused.
pub(crate) fn refused<T: Debug>(
    command: impl Future<Output = Result<T, Failure<Refusal>>>,
) -> Refusal {
    match block_on(command) {
        Err(Failure::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}
