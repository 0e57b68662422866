//! The asynchronous side: joins the socket, the machine, the hub, chat and the store.
//!
//! One loop for each client. A turn takes deliveries, writes, reads, and looks at the clock: what the
//! client says is in `lines`, what it is sent in `queue`. A line that needs the hub or chat is
//! performed in `perform`, whose future is boxed so that an idle connection does not carry its size.
//! Order: before a command is answered, everything that was published before is taken over and
//! queued, so what others did first is seen first. Bounds: above one limit of queued output no
//! deliveries are taken (the reader keeps positions), above another no commands are read; a client
//! that takes nothing for a minute is closed.

mod lines;
mod queue;
mod perform;
mod posting;
mod elsewhere;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use parlor_chat::{Chat, Scope};
use parlor_engine::time;
use parlor_hub::credit::{Pool, Pools};
use parlor_hub::event::ProfilePart;
use parlor_hub::{Account, Attached, Link, PersonId, ScramExchange, SessionId, SignedIn};
use parlor_topics::{Local, Reader, Store, TopicId};

use crate::clocks::{Clocks, Condition, Due};
use crate::delivery::Memory;
use crate::flood::Flood;
use crate::input::Input;
use crate::limits;
use crate::marks::Marks;
use crate::outbox::Outbox;
use crate::proxy::Trusted;
use crate::session::{Next, Request, Server, Session};
use crate::wire::{Framing, Wire};

/// What a client is told whose session was ended elsewhere.
const SIGNED_OUT: &str = "You were signed out";

/// What all connections of a listener share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) chat: Chat,
    pub(crate) server: Arc<Server>,
    pub(crate) lobby_grace: std::time::Duration,
    /// What connections may spend together; nobody is slowed down without it.
    pub(crate) pools: Option<Arc<Pools>>,
    /// Whose word about other addresses counts.
    pub(crate) trusted: Trusted,
}

/// Serves one client until it is gone.
pub(crate) async fn serve(wire: Wire, framing: Framing, shared: Arc<Shared>) {
    let mut connection = Connection::new(wire, framing, shared);
    let goodbye = connection.run().await;
    connection.close(goodbye).await;
}

struct Connection {
    wire: Wire,
    /// Who connected, as far as that is known: a proxy may have said so.
    from: Option<IpAddr>,
    shared: Arc<Shared>,
    session: Session,
    attachment: Option<Box<Attachment>>,
    /// A conversation by SCRAM under way.
    scram: Option<Scram>,
    /// Signed in with SASL or PASS, before registration.
    account: Option<Box<Account>>,
    memory: Memory,
    input: Input,
    out: Outbox,
    flood: Flood,
    /// What it may spend together with others: its account's, or its address's. Found when it
    /// first says something.
    pool: Option<Arc<Pool>>,
    /// Messages that the store has not answered yet; empty between turns.
    posting: VecDeque<posting::Posting>,
    clocks: Clocks,
    /// When it was heard last, in the time of day.
    heard_ms: u64,
    /// The next time something is due.
    sleep: time::Sleep,
    /// Deliveries were flushed for the answer being written, and may not be flushed again before
    /// it is queued.
    settled: bool,
    /// No proxy has anything to say about this connection any more.
    announced: bool,
    /// The first bytes were looked at.
    looked: bool,
    /// Lines have come in that may not be handled yet.
    waiting: bool,
    ending: Option<&'static str>,
    /// The room that the command being performed leaves.
    parting: Option<TopicId>,
}

/// What a registered client has: its person, its place in the hub and its subscriptions.
struct Attachment {
    who: Attached,
    reader: Reader,
    local: Local,
    presence: Presence,
    /// While the rooms of an account are entered: when the device was last there.
    since_ms: Option<u64>,
    /// Whether the person has a nick that it did not choose here.
    nick_given: bool,
    /// Rooms that the account has joined with another device, and this client not yet.
    following: Vec<TopicId>,
    /// Rooms that have another name and are to be shown anew; each once, so no more than it is in.
    renamed: Vec<TopicId>,
    /// Where the account has read further with another device, which this client is to be told.
    marked: Vec<Scope>,
    /// What it was told.
    marks: Marks,
    /// People who say something else of themselves, and what, which this client is to be told.
    profiles: Vec<(PersonId, Vec<ProfilePart>)>,
}

/// How far a conversation by SCRAM is.
enum Scram {
    /// The client proves itself next.
    Begun(Box<ScramExchange>),
    /// The client is to look at our proof.
    Proved(Box<SignedIn>),
}

/// Leaves the hub when the connection ends, however it ends.
struct Presence {
    link: Link,
    session: SessionId,
    reason: String,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.link.detach(self.session, &self.reason);
    }
}

/// How a connection ends.
enum Goodbye {
    /// With `ERROR` and these words.
    Said(String),
    /// With these bytes alone.
    Bytes(Bytes),
    /// The other side is gone, or takes nothing.
    Silent(&'static str),
}

/// Why a turn returned.
enum Turned {
    /// There may be lines to handle.
    Received,
    /// Something is due.
    Due,
    /// Something happened elsewhere that takes more than its lines: see [`elsewhere`].
    Elsewhere,
    /// It is over.
    Ended(Goodbye),
}

impl Connection {
    fn new(wire: Wire, framing: Framing, shared: Arc<Shared>) -> Self {
        let now = time::now();
        let clocks = Clocks::new(now);
        let from = wire.ip();
        let mut session = Session::new(Arc::clone(&shared.server));
        session.framing = framing;
        session.gateway = from.is_some_and(|ip| shared.trusted.has(ip));
        Self {
            announced: !session.gateway || !matches!(framing, Framing::Stream),
            wire,
            from,
            session,
            shared,
            attachment: None,
            scram: None,
            account: None,
            memory: Memory::default(),
            input: Input::default(),
            out: Outbox::new(),
            flood: Flood::new(now),
            pool: None,
            posting: VecDeque::new(),
            sleep: time::sleep_until(clocks.alarm()),
            clocks,
            heard_ms: 0,
            settled: false,
            looked: false,
            waiting: false,
            ending: None,
            parting: None,
        }
    }

    async fn run(&mut self) -> Goodbye {
        let mut draining = pin!(parlor_engine::draining());
        loop {
            if let Some(goodbye) = self.lines().await {
                return goodbye;
            }
            // Safe to drop at any point: a turn takes nothing that it does not handle at once.
            let turned = std::future::poll_fn(|cx| {
                let turned = self.poll_turn(cx);
                if turned.is_pending() && draining.as_mut().poll(cx).is_ready() {
                    let words = "Server is restarting, come back in a moment".to_owned();
                    return Poll::Ready(Turned::Ended(Goodbye::Said(words)));
                }
                turned
            })
            .await;
            match turned {
                Turned::Received => {}
                Turned::Elsewhere => {
                    self.leave_where_banned().await;
                    self.follow_account().await;
                    self.show_renamed().await;
                    self.tell_marks().await;
                    self.tell_profiles().await;
                }
                Turned::Due => {
                    if let Some(goodbye) = self.due().await {
                        return goodbye;
                    }
                }
                Turned::Ended(goodbye) => return goodbye,
            }
        }
    }

    /// One turn: deliveries, writing, reading, the clock. Ready when something needs more than
    /// that.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turned> {
        loop {
            let complete = self.take_deliveries(cx);
            if let Some(words) = self.ending {
                return Poll::Ready(Turned::Ended(Goodbye::Said(words.to_owned())));
            }
            let elsewhere = |held: &Attachment| {
                !held.following.is_empty()
                    || !held.renamed.is_empty()
                    || !held.marked.is_empty()
                    || !held.profiles.is_empty()
            };
            if self.attachment.as_deref().is_some_and(elsewhere) {
                return Poll::Ready(Turned::Elsewhere);
            }
            if let Err(goodbye) = self.write(cx) {
                return Poll::Ready(Turned::Ended(goodbye));
            }
            // Writing may have made room for deliveries whose waker is not set.
            if complete || self.wire.queued() >= limits::DELIVERY_QUEUE_BYTES_MAX {
                break;
            }
        }
        if self.may_go_on() {
            if self.waiting {
                return Poll::Ready(Turned::Received);
            }
            if let Poll::Ready(received) = self.wire.poll_recv(cx, &mut self.input) {
                return Poll::Ready(match received {
                    Ok(false) => Turned::Ended(Goodbye::Silent("Connection closed")),
                    Ok(true) => {
                        self.clocks.heard(time::now());
                        self.heard_ms = self.shared.store.now_ms();
                        Turned::Received
                    }
                    Err(_) => Turned::Ended(Goodbye::Silent("Connection lost")),
                });
            }
        }
        Pin::new(&mut self.sleep).poll(cx).map(|()| Turned::Due)
    }

    /// Sets the alarm to what the clocks say.
    fn arm(&mut self) {
        self.sleep.reset(self.clocks.alarm());
    }

    /// Does what is due.
    async fn due(&mut self) -> Option<Goodbye> {
        let condition =
            Condition { registered: self.session.is_registered(), queued: self.wire.queued() > 0 };
        let (ping, lobby) = match self.clocks.look(time::now(), condition) {
            Due::Now { ping, lobby } => (ping, lobby),
            Due::Over(words) => return Some(Goodbye::Said(words.to_owned())),
            Due::Stalled => return Some(Goodbye::Silent("Sending takes too long")),
        };
        self.arm();
        Box::pin(perform::note_device(self)).await;
        if ping {
            let server = &self.session.server.name;
            self.out.line().command("PING").text(server);
            self.push_out();
        }
        let room = self.session.server.lobby.clone().filter(|_| lobby)?;
        if !self.session.rooms.is_empty() {
            return None;
        }
        self.follow(Next::Ask(Request::Join(vec![room.to_string()]))).await
    }

    /// Says goodbye, as far as the client takes it in a short time.
    async fn close(&mut self, goodbye: Goodbye) {
        let reason = match goodbye {
            Goodbye::Said(words) => {
                let text = format!("Closing link: {words}");
                self.out.line().command("ERROR").text(&text);
                self.push_out();
                words
            }
            Goodbye::Bytes(bytes) => {
                self.wire.push(bytes);
                "Not an IRC client".to_owned()
            }
            Goodbye::Silent(words) => words.to_owned(),
        };
        Box::pin(perform::note_device(self)).await;
        if let Some(mut attachment) = self.attachment.take() {
            attachment.presence.reason = reason;
        }
        if !Box::pin(self.wire.finish(limits::FAREWELL_TIME)).await {
            tracing::debug!(conn = self.wire.id(), "the last words were not taken");
        }
    }
}

#[cfg(test)]
mod tests;
