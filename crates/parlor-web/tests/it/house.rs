//! A whole server in a temporary directory; it can be stopped and started again.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use parlor_chat::{Chat, ChatOptions, RoomName};
use parlor_engine::{Address, Model, Server, Shutdown, block_on};
use parlor_hub::{Hashing, HubOptions, Link, Registration};
use parlor_topics::{Options, Store};
use parlor_web::{Web, WebOptions, service};
use tempfile::TempDir;

use crate::browser::Browser;

pub(crate) const PASSWORD: &str = "correct horse";

/// A running server; stops when dropped.
pub(crate) struct House {
    dir: TempDir,
    options: WebOptions,
    registration: Registration,
    absence_grace_ms: u64,
    model: Model,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
    setup: Option<String>,
    store: Store,
    link: Link,
    chat: Chat,
    shutdown: Shutdown,
    thread: JoinHandle<()>,
}

impl House {
    pub(crate) fn start() -> Self {
        Self::with(WebOptions::default(), Registration::Invite)
    }

    pub(crate) fn with(options: WebOptions, registration: Registration) -> Self {
        Self::on(Model::default(), options, registration)
    }

    pub(crate) fn on(model: Model, options: WebOptions, registration: Registration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut house =
            Self { dir, options, registration, absence_grace_ms: 0, model, running: None };
        house.open();
        house
    }

    /// A house with an administrator, and the administrator's browser.
    pub(crate) fn lived_in() -> (Self, Browser) {
        let house = Self::start();
        let ann = house.set_up("ann");
        (house, ann)
    }

    /// The same, where the going of a last device is told only after so long.
    pub(crate) fn with_grace(absence_grace_ms: u64) -> (Self, Browser) {
        let mut house = Self::start();
        house.close();
        house.absence_grace_ms = absence_grace_ms;
        house.open();
        let ann = house.set_up("ann");
        (house, ann)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running().address
    }

    pub(crate) fn link(&self) -> &Link {
        &self.running().link
    }

    pub(crate) fn chat(&self) -> &Chat {
        &self.running().chat
    }

    pub(crate) fn store(&self) -> &Store {
        &self.running().store
    }

    /// The token of the set-up link, while there is one.
    pub(crate) fn setup(&self) -> String {
        self.running().setup.clone().expect("the house has no account yet")
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address())
    }

    /// Makes the first account.
    pub(crate) fn set_up(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let path = format!("/setup/{}", self.setup());
        let made = browser.post(&path, &[("name", name), ("password", PASSWORD)]);
        assert_eq!((made.status, made.header("location")), (303, Some("/")), "{}", made.text());
        browser
    }

    /// Makes another account and signs it in.
    pub(crate) fn member(&self, name: &str) -> Browser {
        block_on(self.link().add_account(name, PASSWORD, false)).unwrap();
        let mut browser = self.browser();
        let signed_in = browser.post("/signin", &[("name", name), ("password", PASSWORD)]);
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        browser
    }

    /// Stops the server and starts it again on the same data, at another port.
    pub(crate) fn restart(&mut self) {
        self.close();
        self.open();
    }

    pub(crate) fn close(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.shutdown.trigger();
        let ended = running.thread.join();
        assert!(ended.is_ok() || std::thread::panicking(), "the server ends in order");
        running.link.stop();
        running.store.close();
    }

    fn open(&mut self) {
        let mut options = Options::new(self.dir.path());
        options.schemas = vec![parlor_hub::schema(), parlor_chat::schema()];
        let store = Store::open(options).unwrap();
        let hub = HubOptions {
            registration: self.registration,
            hashing: Hashing::Cheap,
            attempts: true,
            always_on: true,
            absence_grace_ms: self.absence_grace_ms,
        };
        let link = block_on(Link::start(store.clone(), hub)).unwrap();
        let lobby = Some(RoomName::new("#lobby").unwrap());
        let chat = Chat::new(store.clone(), link.clone(), ChatOptions { lobby, index: None });
        block_on(chat.prepare()).unwrap();
        let setup = block_on(link.setup_token()).unwrap();
        let web = Web {
            store: store.clone(),
            link: link.clone(),
            chat: chat.clone(),
            irc: None,
            options: self.options.clone(),
        };
        let mut server = Server::new(self.model);
        let any = Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
        let bound = server.listen("http", &any, service(web)).unwrap();
        let Address::Tcp(address) = bound else { panic!("a TCP listener has a TCP address") };
        let shutdown = Shutdown::new();
        let stop = shutdown.clone();
        let thread = std::thread::spawn(move || {
            assert_eq!(server.run(stop).panicked, 0, "no handler may panic");
        });
        self.running = Some(Running { address, setup, store, link, chat, shutdown, thread });
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the house is open")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.close();
    }
}
