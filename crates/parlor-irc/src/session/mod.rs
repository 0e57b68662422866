//! One client's side of the protocol, without input or output: lines go in, lines and a
//! [`Request`] come out.
//!
//! Why: everything a client can do wrong is decided here, where a test and a fuzzer reach it
//! without sockets or a store. What needs the hub or chat is asked for as a [`Request`]; the
//! connection performs it and answers with the functions of the command's own file. Invariants: a
//! line gives at most one request; nothing but CAP, AUTHENTICATE, PASS, NICK, USER, PING, PONG and
//! QUIT is listened to before registration; no line panics.

mod server;
mod registration;
mod request;

use std::net::IpAddr;
use std::sync::Arc;

use parlor_chat::RoomName;
use parlor_hub::{Credential, Nick, PersonId};
use parlor_topics::TopicId;

use crate::capability::{Capabilities, Capability};
use crate::command;
use crate::limits;
use crate::message::{Message, ParseError, cut, label_of};
use crate::numeric::Numeric;
use crate::outbox::{Line, Outbox};
use crate::sasl::Exchange;
use crate::timestamp;
use crate::wire::Framing;

pub use self::registration::{Registration, UserLine};
pub use self::request::{Amendment, Relayed, Request};
pub use self::server::{Operator, Server};

/// The host shown for guests. Addresses are nobody's business, and a short word costs little in
/// every line.
pub const GUEST_HOST: &str = "guest";

/// The host shown for people with an account.
pub const MEMBER_HOST: &str = "member";

/// One client.
#[derive(Debug)]
pub struct Session {
    /// The server it talks to.
    pub server: Arc<Server>,
    /// What it negotiated.
    pub caps: Capabilities,
    /// Asked for version 302, so that values are shown and cap-notify cannot be given up.
    pub caps_302: bool,
    /// Who it is; before registration only the parts it gave.
    pub me: Me,
    /// What is going on before registration is complete; absent afterwards.
    pub registration: Option<Box<Registration>>,
    /// The rooms it is in, in the order of joining.
    pub rooms: Vec<JoinedRoom>,
    /// The label of the line being answered.
    pub label: Option<String>,
    /// A batch that the client has opened.
    pub open_batch: Option<Box<command::batch::Open>>,
    /// The nicks it watches for, as it wrote them.
    pub monitored: Vec<String>,
    /// The keys of METADATA it wants to be told of, in lower case.
    pub subscribed: Vec<String>,
    /// What becomes of lines on their way out.
    pub framing: Framing,
    /// It comes from an address whose word about others counts.
    pub gateway: bool,
    /// Who connected, if a gateway said so.
    pub reported: Option<IpAddr>,
    /// A SASL exchange under way.
    pub sasl: Option<Box<Exchange>>,
    /// Which of its account's devices it says to be; mostly empty.
    pub device: String,
    /// Failed sign-ins and registrations.
    pub failures: u32,
    /// Wrong passwords of operators.
    pub oper_failures: u32,
    /// Batches so far, for their names.
    batches: u32,
}

/// Who a client is.
#[derive(Debug, Default)]
pub struct Me {
    /// The person, once registered.
    pub person: Option<PersonId>,
    /// The topic of what is addressed to it alone.
    pub inbox: Option<TopicId>,
    /// The nick; empty before the first NICK.
    pub nick: String,
    /// The user name in the prefix.
    pub user: String,
    /// The host in the prefix.
    pub host: String,
    /// The account's name.
    pub account: Option<String>,
    /// The real name.
    pub realname: String,
    /// It says of itself that it is away, as far as the client was told.
    pub away: bool,
    /// It says of itself that it is a program.
    pub bot: bool,
    /// It keeps order on the whole server.
    pub operator: bool,
    /// Its account stays in its rooms while it is not connected.
    pub always_on: bool,
    /// By which this connection is ended.
    pub live: String,
    /// What it signed in with; nothing, if it did not.
    pub credential: Option<Credential>,
}

/// A room the client is in.
#[derive(Debug, Clone)]
pub struct JoinedRoom {
    /// Its topic.
    pub topic: TopicId,
    /// Its name.
    pub name: RoomName,
}

/// What is to be done after a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing more.
    Done,
    /// Perform this and answer.
    Ask(Request),
    /// Say `ERROR` with these words and close.
    Close(String),
}

/// One line being handled.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The client.
    pub session: &'a mut Session,
    /// Where answers go.
    pub out: &'a mut Outbox,
    /// The line.
    pub message: &'a Message<'a>,
    /// The time of day.
    pub now_ms: u64,
}

impl Session {
    /// A client that has just connected.
    pub fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            caps: Capabilities::NONE,
            caps_302: false,
            me: Me { host: GUEST_HOST.to_owned(), ..Me::default() },
            registration: Some(Box::default()),
            rooms: Vec::new(),
            label: None,
            open_batch: None,
            monitored: Vec::new(),
            subscribed: Vec::new(),
            framing: Framing::Stream,
            gateway: false,
            reported: None,
            sasl: None,
            device: String::new(),
            failures: 0,
            oper_failures: 0,
            batches: 0,
        }
    }

    /// True once the client is a person.
    pub fn is_registered(&self) -> bool {
        self.registration.is_none()
    }

    /// Handles one line, with or without its end. Also says what the line costs.
    pub fn line(&mut self, line: &[u8], now_ms: u64, out: &mut Outbox) -> (Next, u32) {
        self.label = None;
        match Message::parse(line) {
            Ok(message) => {
                self.label = self.label_of(message.tags.get("label").as_deref());
                command::dispatch(&mut Turn { session: self, out, message: &message, now_ms })
            }
            Err(error) => {
                self.label = self.label_of(label_of(line).as_deref());
                self.refuse_line(&error, out);
                if error != ParseError::Empty {
                    command::batch::give_up(self, out);
                }
                (Next::Done, parlor_hub::credit::COMMAND)
            }
        }
    }

    /// Answers a line that was longer than any may be, of which only the label is left.
    pub fn refuse_length(&mut self, label: Option<&str>, out: &mut Outbox) {
        self.label = self.label_of(label);
        self.refuse_line(&ParseError::TooLong, out);
        command::batch::give_up(self, out);
    }

    /// Answers a line that could not be read.
    pub fn refuse_line(&mut self, error: &ParseError, out: &mut Outbox) {
        match error {
            ParseError::Empty => {}
            ParseError::TooLong => self.reply(out, Numeric::InputTooLong, &[]),
            ParseError::Forbidden => self.reply_text(
                out,
                Numeric::UnknownError,
                &["*"],
                "The line holds a NUL or CR, which IRC does not allow",
            ),
            ParseError::NotUtf8 { command } => {
                let text = "Only UTF-8 is spoken here; your message was not relayed";
                out.standard(&self.server.name, "FAIL", command, "INVALID_UTF8", text);
            }
        }
    }

    /// Ends a line's answer: with a label it becomes one labelled line, or a batch, or ACK.
    pub fn finish(&mut self, out: &mut Outbox) {
        if let Some(label) = self.label.take() {
            // Whoever wants labels must want batches too; who does not gets the first line labelled.
            let batch = self.caps.has(Capability::Batch).then(|| self.next_batch());
            command::label::wrap(&self.server.name, &label, batch.as_deref(), out);
        }
    }

    /// A name for the next batch.
    pub fn next_batch(&mut self) -> String {
        self.batches = self.batches.wrapping_add(1);
        format!("b{}", self.batches)
    }

    /// The nick in numerics.
    pub fn face(&self) -> &str {
        match (&self.registration, self.me.nick.is_empty()) {
            (None, false) => &self.me.nick,
            (Some(registration), _) => registration.nick.as_ref().map_or("*", Nick::as_str),
            (None, true) => "*",
        }
    }

    /// A numeric with its standard words.
    pub fn reply(&self, out: &mut Outbox, numeric: Numeric, params: &[&str]) {
        out.numeric(&self.server.name, self.face(), numeric, params);
    }

    /// A numeric with words of its own.
    pub fn reply_text(&self, out: &mut Outbox, numeric: Numeric, params: &[&str], text: &str) {
        out.numeric_text(&self.server.name, self.face(), numeric, params, text);
    }

    /// A numeric without trailing words.
    pub fn reply_bare(&self, out: &mut Outbox, numeric: Numeric, params: &[&str]) {
        out.numeric_bare(&self.server.name, self.face(), numeric, params);
    }

    /// Starts a line that this client is the source of, with the tags it negotiated.
    pub fn own_line<'a>(&self, out: &'a mut Outbox, at_ms: u64) -> Line<'a> {
        let mut line = out.line();
        if self.caps.has(Capability::ServerTime) {
            line = line.tag("time", &timestamp::iso(at_ms));
        }
        if let (true, Some(account)) = (self.caps.has(Capability::AccountTag), &self.me.account) {
            line = line.tag("account", account);
        }
        line.person(&self.me.nick, &self.me.user, &self.me.host)
    }

    /// The room of this name, if the client is in it.
    pub fn room(&self, name: &str) -> Option<&JoinedRoom> {
        self.rooms.iter().find(|room| room.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The room of this topic, if the client is in it.
    pub fn room_of(&self, topic: TopicId) -> Option<&JoinedRoom> {
        self.rooms.iter().find(|room| room.topic == topic)
    }

    /// Forgets a room; true when the client was in it.
    pub fn forget(&mut self, topic: TopicId) -> bool {
        let before = self.rooms.len();
        self.rooms.retain(|room| room.topic != topic);
        before != self.rooms.len()
    }

    /// True when the client watches for this nick.
    pub fn watches(&self, nick: &str) -> bool {
        self.monitored.iter().any(|watched| watched.eq_ignore_ascii_case(nick))
    }

    /// True when the name is the client's own nick.
    pub fn is_me(&self, nick: &str) -> bool {
        self.me.nick.eq_ignore_ascii_case(nick)
    }

    /// Bytes of `:nick!user@host` and a space, as others see this client.
    pub fn prefix_len(&self) -> usize {
        self.me.nick.len() + self.me.user.len() + self.me.host.len() + 4
    }

    fn label_of(&self, label: Option<&str>) -> Option<String> {
        let wanted = self.caps.has(Capability::LabeledResponse);
        label
            .filter(|label| wanted && !label.is_empty() && label.len() <= limits::LABEL_BYTES_MAX)
            .map(str::to_owned)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        command::oper::over(self);
    }
}

impl Turn<'_> {
    /// A numeric with its standard words.
    pub fn reply(&mut self, numeric: Numeric, params: &[&str]) {
        self.session.reply(self.out, numeric, params);
    }

    /// A numeric with words of its own.
    pub fn reply_text(&mut self, numeric: Numeric, params: &[&str], text: &str) {
        self.session.reply_text(self.out, numeric, params, text);
    }

    /// The parameter at this place; empty when it is missing.
    pub fn param(&self, index: usize) -> &str {
        self.message.params.get(index).unwrap_or("")
    }

    /// The parameter at this place cut to a limit, for texts that are cut by custom.
    pub fn text(&self, index: usize, bytes_max: usize) -> String {
        cut(self.param(index), bytes_max).to_owned()
    }

    /// A comma-separated list without empty and repeated entries; says so when there are too many.
    pub fn targets(&mut self, index: usize, most: usize) -> Option<Vec<String>> {
        let mut list: Vec<String> = Vec::new();
        for target in self.param(index).split(',').filter(|target| !target.is_empty()) {
            if !list.iter().any(|seen| seen.eq_ignore_ascii_case(target)) {
                list.push(target.to_owned());
            }
        }
        if list.len() > most {
            let first = list[most].clone();
            self.reply(Numeric::TooManyTargets, &[&first]);
            return None;
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests;
