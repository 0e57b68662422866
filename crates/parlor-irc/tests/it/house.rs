//! A whole server without sockets: store, hub, chat and the IRC side in a directory of its own.

use std::path::Path;

use parlor_chat::{Chat, ChatOptions, Joined, RoomName};
use parlor_engine::Conn;
use parlor_hub::{Attached, ClientInfo, Hashing, HubOptions, Identity, Link, Registration};
use parlor_irc::{Door, Irc, IrcOptions};
use parlor_topics::{Clock, Options, Store, TextIndex};

/// The server under test.
pub(crate) struct House {
    pub(crate) irc: Irc,
    pub(crate) door: Door,
    _dir: Option<tempfile::TempDir>,
}

impl House {
    /// Opens it; `adjust` changes the options.
    pub(crate) async fn open(lobby: Option<&str>, adjust: impl FnOnce(&mut IrcOptions)) -> Self {
        Self::open_at(Clock::system(), 0, lobby, adjust).await
    }

    /// Opens it with a clock of its own, and a grace for whose last device has gone.
    pub(crate) async fn open_at(
        clock: Clock,
        absence_grace_ms: u64,
        lobby: Option<&str>,
        adjust: impl FnOnce(&mut IrcOptions),
    ) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Options { clock, ..store_options(dir.path()) };
        let mut house = Self::open_on(store, absence_grace_ms, lobby, adjust).await;
        house._dir = Some(dir);
        house
    }

    /// Opens it in a directory that is not its own.
    pub(crate) async fn open_in(
        dir: &Path,
        lobby: Option<&str>,
        adjust: impl FnOnce(&mut IrcOptions),
    ) -> Self {
        Self::open_on(store_options(dir), 0, lobby, adjust).await
    }

    async fn open_on(
        store: Options,
        absence_grace_ms: u64,
        lobby: Option<&str>,
        adjust: impl FnOnce(&mut IrcOptions),
    ) -> Self {
        let dir = store.dir.clone();
        let store = Store::open(store).expect("a new store opens");
        let options = HubOptions {
            registration: Registration::Open,
            hashing: Hashing::Cheap,
            attempts: false,
            always_on: true,
            absence_grace_ms,
        };
        let link = Link::start(store.clone(), options).await.expect("the hub starts");
        let lobby = lobby.map(|name| RoomName::new(name).expect("a room name"));
        let index = TextIndex::open(dir.join("search.db")).expect("a new index opens");
        let options = ChatOptions { lobby, index: Some(index) };
        let chat = Chat::new(store.clone(), link.clone(), options);
        chat.prepare().await.expect("chat can be prepared");
        let mut options = IrcOptions {
            name: "parlor.test".to_owned(),
            network: "Test".to_owned(),
            pools: None,
            version: "parlor-0".to_owned(),
            ..IrcOptions::default()
        };
        adjust(&mut options);
        let irc = Irc { store, link, chat, options };
        Self { door: Door::new(irc.clone()), irc, _dir: None }
    }

    /// Connects a client; the handler runs on this thread.
    pub(crate) fn connect(&self) -> Conn {
        let (ours, theirs) = Conn::pair();
        let door = self.door.clone();
        parlor_engine::spawn_local(async move { door.serve(theirs).await });
        ours
    }

    /// Lets an account be in a room, without a client; both are made when they are missing.
    pub(crate) async fn enter(&self, name: &str, room: &str) -> (Attached, Joined) {
        let Irc { link, chat, .. } = &self.irc;
        let account = match link.account(name).await.expect("the store answers") {
            Some(account) => account,
            None => link.add_account(name, "secret", false).await.expect("it is free"),
        };
        let (user, host, realname) = (name.to_owned(), "member".to_owned(), name.to_owned());
        let client = ClientInfo { protocol: "test", user, host, realname, away: None };
        let nick = account.name.clone();
        let who = link.attach(Identity::Account(account), &nick, client).await;
        let who = who.expect("it may come");
        let room = RoomName::new(room).expect("a name");
        let joined = chat.join(&who, &room).await.expect("it is open");
        (who, joined)
    }

    /// Stops the threads.
    pub(crate) fn close(self) {
        self.irc.link.stop();
        self.irc.store.close();
    }
}

fn store_options(dir: &Path) -> Options {
    let schemas = vec![parlor_hub::schema(), parlor_chat::schema()];
    Options { schemas, ..Options::new(dir) }
}
