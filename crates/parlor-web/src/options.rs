//! What the wiring hands to the web side.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use parlor_chat::Chat;
use parlor_http::{Answer, Guard, Request, Timeouts};
use parlor_hub::Link;
use parlor_hub::credit::Pools;
use parlor_topics::Store;

/// Everything the web side stands on.
#[derive(Clone)]
pub struct Web {
    /// The store, for live updates.
    pub store: Store,
    /// The hub, for accounts and presence.
    pub link: Link,
    /// Chat.
    pub chat: Chat,
    /// Who takes over WebSockets at `/irc`, if anybody does.
    pub irc: Option<Socket>,
    /// How it is to behave.
    pub options: WebOptions,
}

/// What answers requests for a WebSocket that speaks another protocol than ours.
#[derive(Clone)]
#[expect(clippy::type_complexity, reason = "a name for it would stand for nothing else")]
pub struct Socket(Arc<dyn Fn(&Guard, &Request) -> Answer + Send + Sync>);

impl Socket {
    /// Wraps a function that checks a request with the site's guard and answers it.
    pub fn new(answer: impl Fn(&Guard, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// Answers a request.
    pub(crate) fn open(&self, guard: &Guard, request: &Request) -> Answer {
        (self.0)(guard, request)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

/// How the web side is to behave.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// The server's name, on every page.
    pub name: String,
    /// The version, shown to clients.
    pub version: String,
    /// Where browsers reach this server if not at the address it listens on, for example
    /// `https://chat.example` behind a proxy. With https, cookies are only sent over https.
    pub public_url: Option<String>,
    /// Further names under which browsers may ask for this server.
    pub hosts: Vec<String>,
    /// Serves the page's files from this directory instead of the embedded ones, for editing.
    pub assets_dir: Option<PathBuf>,
    /// How long clients may take.
    pub timeouts: Timeouts,
    /// What the connections of an account may do together, the same as in other protocols. Without
    /// it nobody who sends too fast is slowed down.
    pub pools: Option<Arc<Pools>>,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            name: "Parlor".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            public_url: None,
            hosts: Vec::new(),
            assets_dir: None,
            timeouts: Timeouts::default(),
            pools: Some(Arc::default()),
        }
    }
}
