//! What the wiring hands to the web side.

use std::path::PathBuf;

use parlor_chat::Chat;
use parlor_http::Timeouts;
use parlor_hub::Link;
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
    /// How it is to behave.
    pub options: WebOptions,
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
        }
    }
}
