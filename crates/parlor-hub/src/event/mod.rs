//! What presence and sessions announce: ephemeral events, their kinds and their JSON.
//!
//! The encodings are golden-tested: clients and other versions of the server read them.

use bytes::Bytes;
use parlor_topics::Event;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Somebody is now known to be present in the topic.
pub const ENTERED: &str = "presence.entered";
/// Somebody is no longer present in the topic.
pub const LEFT: &str = "presence.left";
/// Somebody has another nick.
pub const RENAMED: &str = "presence.renamed";
/// Somebody is away, or back.
pub const AWAY: &str = "presence.away";
/// On an inbox: one or all sessions of the account have ended.
pub const ENDED: &str = "session.ended";

/// What presence announces on a topic; `RENAMED` and `AWAY` also on the person's own inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceEvent {
    /// See [`ENTERED`].
    Entered(Entrance),
    /// See [`LEFT`].
    Left(Departure),
    /// See [`RENAMED`].
    Renamed(Renaming),
    /// See [`AWAY`].
    Away(Absence),
}

/// Somebody is now known to be present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// The person's id.
    pub person: u64,
    /// Its nick.
    pub nick: String,
    /// The name of its account.
    pub account: Option<String>,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
    /// The name in clear words.
    pub realname: String,
}

/// Somebody is no longer present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The person's id.
    pub person: u64,
    /// Its nick.
    pub nick: String,
    /// The name of its account.
    pub account: Option<String>,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
    /// What was said on leaving.
    pub reason: String,
    /// Whether the person has left the server, not just the topic.
    pub quit: bool,
}

/// Somebody has another nick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renaming {
    /// The person's id.
    pub person: u64,
    /// Its nick until now.
    pub old: String,
    /// Its nick from now on.
    pub new: String,
    /// The name of its account.
    pub account: Option<String>,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
}

/// Somebody is away, or back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The person's id.
    pub person: u64,
    /// Its nick.
    pub nick: String,
    /// The name of its account.
    pub account: Option<String>,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
    /// Why it is away; none means back.
    pub text: Option<String>,
}

impl PresenceEvent {
    /// Reads an event of a presence kind; other kinds and unreadable bodies give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        match &*event.kind {
            ENTERED => read(event).map(Self::Entered),
            LEFT => read(event).map(Self::Left),
            RENAMED => read(event).map(Self::Renamed),
            AWAY => read(event).map(Self::Away),
            _ => None,
        }
    }

    /// Returns the kind under which this is announced.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Entered(_) => ENTERED,
            Self::Left(_) => LEFT,
            Self::Renamed(_) => RENAMED,
            Self::Away(_) => AWAY,
        }
    }

    /// Returns whom it is about.
    pub fn person(&self) -> u64 {
        match self {
            Self::Entered(event) => event.person,
            Self::Left(event) => event.person,
            Self::Renamed(event) => event.person,
            Self::Away(event) => event.person,
        }
    }

    /// Writes the body.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Entered(event) => write(event),
            Self::Left(event) => write(event),
            Self::Renamed(event) => write(event),
            Self::Away(event) => write(event),
        }
    }
}

/// The body of [`ENDED`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The [`crate::session_fingerprint`] of the session that ended; none means all of them.
    pub session: Option<String>,
}

impl SessionEnded {
    /// Reads the event; other kinds give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        if &*event.kind == ENDED { read(event) } else { None }
    }

    pub(crate) fn encode(&self) -> Bytes {
        write(self)
    }
}

fn read<T: DeserializeOwned>(event: &Event) -> Option<T> {
    serde_json::from_slice(&event.body).ok()
}

fn write<T: Serialize>(body: &T) -> Bytes {
    serde_json::to_vec(body).expect("a struct of texts and numbers is always JSON").into()
}

#[cfg(test)]
mod tests;
