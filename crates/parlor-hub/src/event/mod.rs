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
/// Somebody is away, or back; or its last device has gone, or its first come back.
pub const AWAY: &str = "presence.away";
/// Somebody has another name in clear words.
pub const REALNAME: &str = "presence.realname";
/// Somebody says of itself that it is a program, or no more.
pub const BOT: &str = "presence.bot";
/// On an inbox: somebody its owner watches for has come.
pub const ONLINE: &str = "presence.online";
/// On an inbox: somebody its owner watches for has gone.
pub const OFFLINE: &str = "presence.offline";
/// Somebody has another display name or avatar.
pub const PROFILE: &str = "profile.changed";
/// On an inbox: one or all sessions of the account have ended.
pub const ENDED: &str = "session.ended";

/// What presence announces on a topic; `RENAMED`, `AWAY`, `REALNAME` and `BOT` also on the person's
/// own inbox, and the last three on those of people who watch for its nick.
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
    /// See [`REALNAME`].
    Realname(Realname),
    /// See [`BOT`].
    Bot(BotMode),
    /// See [`ONLINE`].
    Online(Sighting),
    /// See [`OFFLINE`].
    Offline(Sighting),
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
    /// The id of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Whether it says of itself that it is a program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// The guest who goes on as this person; its [`Departure`] came just before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<u64>,
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
    /// As whom it goes on, under the same nick, if it is a guest who has signed in. The
    /// [`Entrance`] follows at once, so that whoever knows nothing of this sees one go and one come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Successor>,
}

/// The person of an account that a guest goes on as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Successor {
    /// The person's id.
    pub person: u64,
    /// The name of its account.
    pub account: String,
    /// The user name in `nick!user@host` from now on.
    pub user: String,
    /// The host there from now on.
    pub host: String,
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
    /// Whether none of its devices is connected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// Somebody has another name in clear words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realname {
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
    /// The name in clear words from now on.
    pub realname: String,
}

/// Somebody says of itself that it is a program, or no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotMode {
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
    /// Whether it is one from now on.
    pub bot: bool,
}

/// Somebody has come or gone under a nick that is watched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The person's id.
    pub person: u64,
    /// The nick.
    pub nick: String,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
}

impl PresenceEvent {
    /// Reads an event of a presence kind; other kinds and unreadable bodies give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        match &*event.kind {
            ENTERED => read(event).map(Self::Entered),
            LEFT => read(event).map(Self::Left),
            RENAMED => read(event).map(Self::Renamed),
            AWAY => read(event).map(Self::Away),
            REALNAME => read(event).map(Self::Realname),
            BOT => read(event).map(Self::Bot),
            ONLINE => read(event).map(Self::Online),
            OFFLINE => read(event).map(Self::Offline),
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
            Self::Realname(_) => REALNAME,
            Self::Bot(_) => BOT,
            Self::Online(_) => ONLINE,
            Self::Offline(_) => OFFLINE,
        }
    }

    /// Returns whom it is about.
    pub fn person(&self) -> u64 {
        match self {
            Self::Entered(event) => event.person,
            Self::Left(event) => event.person,
            Self::Renamed(event) => event.person,
            Self::Away(event) => event.person,
            Self::Realname(event) => event.person,
            Self::Bot(event) => event.person,
            Self::Online(event) | Self::Offline(event) => event.person,
        }
    }

    /// Writes the body.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Entered(event) => write(event),
            Self::Left(event) => write(event),
            Self::Renamed(event) => write(event),
            Self::Away(event) => write(event),
            Self::Realname(event) => write(event),
            Self::Bot(event) => write(event),
            Self::Online(event) | Self::Offline(event) => write(event),
        }
    }
}

/// A part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProfilePart {
    /// The name in clear words.
    Display,
    /// The picture.
    Avatar,
    /// Some words about oneself.
    About,
    /// How one wants to be spoken of.
    Pronouns,
    /// What one is up to.
    Status,
    /// A page of one's own.
    Homepage,
    /// A color.
    Color,
}

/// The body of [`PROFILE`]: on the person's own inbox and in rooms that are not quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChanged {
    /// The person's id.
    pub person: u64,
    /// The display name from now on; empty for none.
    pub display: String,
    /// The id of the picture from now on.
    pub avatar: Option<String>,
    /// What is different.
    pub parts: Vec<ProfilePart>,
}

impl ProfileChanged {
    /// Reads the event; other kinds give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        if &*event.kind == PROFILE { read(event) } else { None }
    }

    pub(crate) fn encode(&self) -> Bytes {
        write(self)
    }
}

/// The body of [`ENDED`].
#[derive(Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// What has ended: the [`crate::session_fingerprint`] of a browser session, the name of a live
    /// session or of a [`crate::Credential`]; none means all sessions of the account.
    pub session: Option<String>,
    /// Which one goes on when all others end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<String>,
}

impl SessionEnded {
    /// Reads the event; other kinds give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        if &*event.kind == ENDED { read(event) } else { None }
    }

    /// Says whether this ends a connection that goes by these names.
    pub fn ends<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let mut names = names.into_iter();
        match (&self.session, &self.except) {
            (Some(ended), _) => names.any(|name| name == ended),
            (None, Some(kept)) => !names.any(|name| name == kept),
            (None, None) => true,
        }
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
