//! Chat for IRC clients.
//!
//! IRC is a projection of chat: what happens in a room is an event, and this crate shows it as
//! lines in the form each client negotiated. Read in this order: a line of bytes becomes a
//! [`message::Message`]; the [`session`] machine answers it, or asks for something with a
//! [`session::Request`]; the one asynchronous part, `connection`, performs requests with the hub
//! and chat; what happened elsewhere arrives as a frame, which [`delivery`] turns into lines with
//! [`encode`].
//!
//! # Invariants
//! - No byte from the network panics; every refusal is in words.
//! - What is relayed is relayed whole: nothing is cut.
//! - A client gets no tag and no line that it did not negotiate.
//! - What others did before a command was answered is shown before the answer.

pub mod limits;
pub mod message;
pub mod numeric;
pub mod outbox;
pub mod timestamp;
pub mod mask;
pub mod input;
pub mod foreign;
pub mod capability;
pub mod isupport;
pub mod sasl;
pub mod flood;
pub mod wire;
pub mod proxy;
pub mod clocks;
pub mod session;
pub mod command;
pub mod refusal;
pub mod links;
pub mod encode;
pub mod delivery;
pub mod playback;
mod marks;
mod quiet;
mod connection;
pub mod fuzz;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parlor_chat::Chat;
use parlor_engine::{Conn, Service};
use parlor_hub::Link;
use parlor_hub::credit::Pools;
use parlor_topics::Store;

use crate::connection::Shared;
use crate::proxy::Trusted;
use crate::session::{Operator, Server};
use crate::wire::{Framing, LineSocket, Wire};

/// What the IRC side is made of.
#[derive(Clone)]
pub struct Irc {
    /// The store, for subscriptions.
    pub store: Store,
    /// The hub.
    pub link: Link,
    /// Chat.
    pub chat: Chat,
    /// How it presents itself.
    pub options: IrcOptions,
}

/// How the IRC side presents itself.
#[derive(Debug, Clone)]
pub struct IrcOptions {
    /// The server's name in prefixes and numerics; without spaces.
    pub name: String,
    /// A sentence about it, shown by WHOIS and LINKS.
    pub description: String,
    /// The network's name.
    pub network: String,
    /// The password a connection has to give with PASS, if there is one.
    pub password: Option<String>,
    /// How long a client may take to join something before it lands in the lobby.
    pub lobby_grace_ms: u64,
    /// What the connections of an account, or of guests behind an address, may do together, the same
    /// as in other protocols. Without it nobody who sends too fast is slowed down.
    pub pools: Option<Arc<Pools>>,
    /// Name and version of the program; without spaces.
    pub version: String,
    /// When the server was started.
    pub created_ms: u64,
    /// The message of the day.
    pub motd: Vec<String>,
    /// The address of a picture for the network.
    pub icon: Option<String>,
    /// The proxies that may say whose connection it is.
    pub trusted: Trusted,
    /// What a gateway among them says before WEBIRC is believed; nobody is without it.
    pub gateway_password: Option<String>,
    /// Those who may become operators with OPER.
    pub operators: Vec<Operator>,
}

impl Default for IrcOptions {
    fn default() -> Self {
        Self {
            name: "parlor.local".to_owned(),
            description: "A Parlor".to_owned(),
            network: "Parlor".to_owned(),
            password: None,
            lobby_grace_ms: 3_000,
            pools: Some(Arc::default()),
            version: concat!("parlor-", env!("CARGO_PKG_VERSION")).to_owned(),
            created_ms: 0,
            motd: Vec::new(),
            icon: None,
            trusted: Trusted::default(),
            gateway_password: None,
            operators: Vec::new(),
        }
    }
}

/// The way in for IRC clients: all that its connections share, whatever carries them.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

impl Door {
    /// Opens it.
    pub fn new(irc: Irc) -> Self {
        Self(shared(irc))
    }

    /// Says where browsers reach the page, once that is known: images on messages are there.
    pub fn set_page(&self, base_url: &str) {
        let base_url = base_url.trim_end_matches('/').to_owned();
        if self.0.server.page.set(base_url).is_err() {
            tracing::debug!("the page has its address already");
        }
    }

    /// Makes the service that speaks IRC on every connection.
    pub fn service(&self) -> Service {
        let shared = Arc::clone(&self.0);
        parlor_engine::service(move |conn| {
            connection::serve(Wire::Stream(conn), Framing::Stream, Arc::clone(&shared))
        })
    }

    /// Serves one connection.
    pub async fn serve(&self, conn: Conn) {
        connection::serve(Wire::Stream(conn), Framing::Stream, Arc::clone(&self.0)).await;
    }

    /// Serves one connection whose messages are lines.
    pub async fn serve_socket(&self, socket: Box<dyn LineSocket>, framing: Framing) {
        connection::serve(Wire::Messages(socket), framing, Arc::clone(&self.0)).await;
    }
}

/// Makes the service that speaks IRC on every connection.
pub fn service(irc: Irc) -> Service {
    Door::new(irc).service()
}

/// Serves one connection without a server around it: for tests and small programs.
pub async fn serve(conn: Conn, irc: Irc) {
    Door::new(irc).serve(conn).await;
}

fn shared(irc: Irc) -> Arc<Shared> {
    let options = irc.options;
    let server = Server {
        isupport: Server::isupport(&options.network, options.icon.as_deref()),
        gateway_password: options.gateway_password.filter(|password| !password.is_empty()),
        operators: options.operators,
        operators_here: AtomicUsize::new(0),
        page: OnceLock::new(),
        created: timestamp::readable(options.created_ms),
        name: options.name,
        description: options.description,
        network: options.network,
        version: options.version,
        password: options.password.filter(|password| !password.is_empty()),
        motd: options.motd,
        lobby: irc.chat.lobby().cloned(),
    };
    Arc::new(Shared {
        store: irc.store,
        link: irc.link,
        chat: irc.chat,
        server: Arc::new(server),
        lobby_grace: Duration::from_millis(options.lobby_grace_ms),
        pools: options.pools,
        trusted: options.trusted,
    })
}
