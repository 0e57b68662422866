//! What presence and sessions announce: ephemeral events, their kinds and their JSON.
//!
//! The encodings are golden-tested: clients and other versions of the server read them.

use bytes::Bytes;
use parlor_topics::Event;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the fields are those of Present")]
pub enum PresenceEvent {
    /// See [`ENTERED`].
    Entered {
        person: u64,
        nick: String,
        account: Option<String>,
        user: String,
        host: String,
        realname: String,
    },
    /// See [`LEFT`]; `quit` if the person has left the server.
    Left { person: u64, nick: String, user: String, host: String, reason: String, quit: bool },
    /// See [`RENAMED`].
    Renamed { person: u64, old: String, new: String, user: String, host: String },
    /// See [`AWAY`]; no text means back.
    Away { person: u64, nick: String, user: String, host: String, text: Option<String> },
}

impl PresenceEvent {
    /// Reads an event of a presence kind; other kinds and unreadable bodies give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        let _ = event;
        todo!()
    }

    /// Returns the kind under which this is announced.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Entered { .. } => ENTERED,
            Self::Left { .. } => LEFT,
            Self::Renamed { .. } => RENAMED,
            Self::Away { .. } => AWAY,
        }
    }

    /// Writes the body.
    pub fn encode(&self) -> Bytes {
        todo!()
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
        let _ = event;
        todo!()
    }
}
