//! What the machine asks of the connection: everything that needs the hub, chat or the store.

use parlor_chat::{MessageKind, RoomName, TypingState};
use parlor_hub::{Badge, Nick};

use crate::command;
use crate::sasl::Credentials;

/// What the machine asks of the connection.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the commands' parameters")]
pub enum Request {
    /// Sign in, before registration.
    SignIn { credentials: Credentials, by_pass: bool },
    /// Begin to sign in with SCRAM.
    ScramFirst(String),
    /// Finish it.
    ScramFinal(String),
    /// The client has seen the server's proof.
    ScramDone,
    /// Become a person: registration is complete.
    Attach,
    /// Take another nick.
    Rename(Nick),
    /// Go away, or come back.
    Away(Option<String>),
    /// Take another real name.
    SetRealname(String),
    /// Wear a badge, or no more.
    SetBadge { badge: Badge, on: bool },
    /// Stay in the account's rooms while it is not connected, or no longer.
    SetAlwaysOn(bool),
    /// Watch for nicks.
    Watch(Vec<String>),
    /// Watch no more for nicks.
    Unwatch(Vec<String>),
    /// Show which of the nicks that are watched for are here.
    Watched,
    /// Join rooms, named as they were typed.
    Join(Vec<String>),
    /// Leave every room (`JOIN 0`).
    PartAll,
    /// Leave rooms.
    Part { rooms: Vec<String>, reason: String },
    /// Say something to each target.
    Post { targets: Vec<String>, kind: MessageKind, text: String, reply: Option<String> },
    /// Pass something on that is not kept.
    Relay { targets: Vec<String>, command: Relayed, text: String },
    /// Tell each target that its person is writing, or no longer.
    Typing { targets: Vec<String>, state: TypingState },
    /// Do something to a message.
    Amend { target: String, msgid: String, what: Amendment },
    /// Make an account.
    Register { name: String, invitation: Option<String>, password: String },
    /// Show a subject.
    Subject { room: String },
    /// Change a subject.
    SetSubject { room: String, subject: String },
    /// Show who is in rooms.
    Names(Vec<String>),
    /// Show rooms.
    List(command::list::Filter),
    /// Show people.
    Who(command::who::Query),
    /// Show a person.
    Whois(String),
    /// Show a room's modes.
    RoomModes { room: String },
    /// Change a room's modes.
    SetRoomModes { room: String, changes: Vec<command::mode::Change> },
    /// Give a room another name.
    RenameRoom { room: String, name: RoomName, reason: String },
    /// Throw somebody out.
    Kick { room: String, nick: String, reason: String },
    /// Invite somebody.
    Invite { nick: String, room: String },
    /// Say who is known by these nicks, in the short form.
    UserHost(Vec<String>),
    /// Say which of these nicks are here.
    IsOn(Vec<String>),
    /// Show what was said before in one place.
    History(command::chathistory::Query),
    /// Show or change what somebody says of itself.
    Metadata(command::metadata::Query),
    /// Show what was said in places and times, as of a bouncer.
    Replay(command::znc::Query),
    /// Find what was said.
    Search(command::search::Query),
    /// Show where something was said in a window of time.
    HistoryTargets(command::chathistory::Window),
    /// Show how far was read, or mark as read up to a time first.
    Mark { target: String, at_ms: Option<u64> },
    /// Count who is here.
    Lusers,
    /// Become an operator.
    Oper,
    /// End every connection of somebody.
    Kill { nick: String, reason: String },
    /// Tell all operators.
    Wallops(String),
}

/// What is done to a message that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    /// React to it.
    React(String),
    /// Take a reaction back.
    Unreact(String),
    /// Take it back, for this reason.
    Redact(String),
    /// Give it another text.
    Edit(String),
}

impl Amendment {
    /// The command that asks for it.
    pub fn command(&self) -> &'static str {
        match self {
            Self::React(_) | Self::Unreact(_) => "TAGMSG",
            Self::Redact(_) => "REDACT",
            Self::Edit(_) => "EDITMSG",
        }
    }
}

/// What is passed on without being kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relayed {
    /// A CTCP request.
    Privmsg,
    /// A CTCP answer.
    Notice,
}

impl Relayed {
    /// The command on the wire.
    pub fn command(self) -> &'static str {
        match self {
            Self::Privmsg => "PRIVMSG",
            Self::Notice => "NOTICE",
        }
    }
}
