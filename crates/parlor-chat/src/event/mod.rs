//! What happened in chat: the durable events and the ephemeral ones, and their JSON.
//!
//! The encodings are golden-tested: they stay readable for ever. Place, time and topic of an event
//! are the store's and not repeated in its body. The bodies stand in files by concern, as they are
//! written: changing one changes what is on every disk, so fields may be added with a default, and
//! nothing else.

mod author;
mod message;
mod file;
mod room;
mod order;
mod own;

use bytes::Bytes;
use parlor_hub::{PersonId, Role};
use parlor_topics::{Event, TopicId};
use serde::{Serialize, de::DeserializeOwned};

use self::message::{EditedBody, PostedBody, ReactionBody, RedactedBody, RelayedBody, TypingBody};
use self::order::{BanBody, RenamedBody, ReportBody, SettingsChangeBody};
pub use self::order::{BanChange, Report};
use self::own::{JoinedBody, PartedBody, ReadBody};
use self::room::{
    CreatedBody, InvitedBody, InvitingBody, KickedBody, ModesBody, RoleBody, SubjectBody,
};
use crate::{
    command::TypingState,
    message::{Author, Message, Recipient, Scope},
    own::{NotifyLevel, QuietHours},
    room::{Modes, RoomName},
    settings::RoomSettings,
};

/// Something was said.
pub const POSTED: &str = "chat.posted";
/// The text of a message was replaced.
pub const EDITED: &str = "chat.edited";
/// A message was taken back; its text is nowhere any more.
pub const REDACTED: &str = "chat.redacted";
/// Somebody reacted to a message.
pub const REACTED: &str = "chat.reacted";
/// Somebody took a reaction back.
pub const UNREACTED: &str = "chat.unreacted";
/// Somebody is writing, or no longer; ephemeral.
pub const TYPING: &str = "chat.typing";
/// The subject of a room was changed.
pub const SUBJECT: &str = "chat.subject";
/// Somebody's role in a room was changed.
pub const ROLE: &str = "chat.role";
/// The switches of a room were changed.
pub const MODES: &str = "chat.modes";
/// A room has another name.
pub const RENAMED: &str = "chat.renamed";
/// The settings of a room were changed.
pub const SETTINGS: &str = "chat.settings";
/// Somebody was banned from a room, or silenced there.
pub const BANNED: &str = "chat.banned";
/// A ban was lifted.
pub const UNBANNED: &str = "chat.unbanned";
/// On the inbox of those who keep order: a message was reported to them.
pub const REPORTED: &str = "chat.reported";
/// Somebody was thrown out of a room.
pub const KICKED: &str = "chat.kicked";
/// A room was created.
pub const CREATED: &str = "chat.created";
/// On an inbox: somebody invites to a room.
pub const INVITED: &str = "chat.invited";
/// In a room: somebody was invited to it; ephemeral.
pub const INVITING: &str = "chat.inviting";
/// Something was passed on without being kept; ephemeral.
pub const RELAYED: &str = "chat.relayed";
/// On an inbox: the person has read up to a place; ephemeral.
pub const READ: &str = "chat.read";
/// On an inbox: the person has begun to write something; ephemeral.
pub const DRAFT: &str = "chat.draft";
/// On an inbox: the person wants to be told of more or less; ephemeral.
pub const NOTIFY: &str = "chat.notify";
/// On an inbox: when the person wants quiet; ephemeral.
pub const QUIET_HOURS: &str = "chat.quiet_hours";
/// On an inbox: a room has come on the account's list; ephemeral.
pub const JOINED: &str = "chat.joined";
/// On an inbox: a room has gone off the account's list, or out of its presence; ephemeral.
pub const PARTED: &str = "chat.parted";

/// An event of chat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in the commands that cause them")]
pub enum ChatEvent {
    /// See [`POSTED`].
    Posted(Message),
    /// See [`EDITED`].
    Edited { about: About, text: String },
    /// See [`REDACTED`].
    Redacted { about: About, reason: String },
    /// See [`REACTED`].
    Reacted { about: About, emoji: String },
    /// See [`UNREACTED`].
    Unreacted { about: About, emoji: String },
    /// See [`TYPING`]; in a direct conversation it is in the inbox of the other one.
    Typing { by: Author, state: TypingState },
    /// See [`SUBJECT`].
    SubjectChanged { by: Author, subject: String },
    /// See [`ROLE`].
    RoleChanged { by: Author, person: PersonId, nick: String, before: Role, role: Role },
    /// See [`MODES`]; the modes are those after the change.
    ModesChanged { by: Author, before: Modes, modes: Modes },
    /// See [`RENAMED`].
    Renamed { by: Author, before: RoomName, name: RoomName, reason: String },
    /// See [`SETTINGS`]; the settings are those after the change.
    SettingsChanged { by: Author, before: RoomSettings, settings: RoomSettings },
    /// See [`BANNED`].
    Banned(BanChange),
    /// See [`UNBANNED`]; reason and end are those of the ban.
    Unbanned(BanChange),
    /// See [`REPORTED`].
    Reported(Report),
    /// See [`KICKED`].
    Kicked { by: Author, person: PersonId, nick: String, reason: String },
    /// See [`CREATED`]; nobody creates the lobby.
    Created { by: Option<Author>, name: RoomName },
    /// See [`INVITED`].
    Invited { by: Author, room: TopicId, name: RoomName },
    /// See [`INVITING`].
    Inviting { by: Author, person: PersonId, nick: String },
    /// See [`RELAYED`].
    Relayed { by: Author, to: Option<Recipient>, text: String },
    /// See [`READ`]; `direct` names the conversation if `topic` is the inbox.
    Read { topic: TopicId, direct: Option<PersonId>, offset: u64 },
    /// See [`DRAFT`]; an empty text means that there is none any more.
    Draft { scope: Scope, text: String },
    /// See [`NOTIFY`].
    Notify { scope: Scope, level: NotifyLevel },
    /// See [`QUIET_HOURS`].
    QuietHours { quiet: Option<QuietHours> },
    /// See [`JOINED`]; the account's other sessions follow with [`crate::Chat::follow`].
    Joined { room: TopicId, name: RoomName },
    /// See [`PARTED`].
    Parted { room: TopicId, reason: String },
}

/// Who did something to which message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Who did it.
    pub by: Author,
    /// To whom a direct message was said by the one who did it: the other person of the
    /// conversation.
    pub to: Option<Recipient>,
    /// The message's id.
    pub msgid: String,
    /// The message's place in the topic of the event.
    pub offset: u64,
}

impl ChatEvent {
    /// Reads an event of a chat kind; other kinds and unreadable bodies give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        match &*event.kind {
            POSTED | EDITED | REDACTED | REACTED | UNREACTED | TYPING | RELAYED => {
                message::decode(event)
            }
            SUBJECT | ROLE | MODES | KICKED | CREATED | INVITED | INVITING => room::decode(event),
            READ | DRAFT | NOTIFY | QUIET_HOURS | JOINED | PARTED => own::decode(event),
            _ => order::decode(event),
        }
    }

    /// Returns the kind under which this is appended or announced.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Posted(_) => POSTED,
            Self::Edited { .. } => EDITED,
            Self::Redacted { .. } => REDACTED,
            Self::Reacted { .. } => REACTED,
            Self::Unreacted { .. } => UNREACTED,
            Self::Typing { .. } => TYPING,
            Self::SubjectChanged { .. } => SUBJECT,
            Self::RoleChanged { .. } => ROLE,
            Self::ModesChanged { .. } => MODES,
            Self::Renamed { .. } => RENAMED,
            Self::SettingsChanged { .. } => SETTINGS,
            Self::Banned(_) => BANNED,
            Self::Unbanned(_) => UNBANNED,
            Self::Reported(_) => REPORTED,
            Self::Kicked { .. } => KICKED,
            Self::Created { .. } => CREATED,
            Self::Invited { .. } => INVITED,
            Self::Inviting { .. } => INVITING,
            Self::Relayed { .. } => RELAYED,
            Self::Read { .. } => READ,
            Self::Draft { .. } => DRAFT,
            Self::Notify { .. } => NOTIFY,
            Self::QuietHours { .. } => QUIET_HOURS,
            Self::Joined { .. } => JOINED,
            Self::Parted { .. } => PARTED,
        }
    }

    /// Returns who did it, if somebody did.
    pub fn author(&self) -> Option<&Author> {
        match self {
            Self::Posted(message) => Some(&message.author),
            Self::Edited { about, .. }
            | Self::Redacted { about, .. }
            | Self::Reacted { about, .. }
            | Self::Unreacted { about, .. } => Some(&about.by),
            Self::Typing { by, .. }
            | Self::SubjectChanged { by, .. }
            | Self::RoleChanged { by, .. }
            | Self::ModesChanged { by, .. }
            | Self::Renamed { by, .. }
            | Self::SettingsChanged { by, .. }
            | Self::Kicked { by, .. }
            | Self::Invited { by, .. }
            | Self::Inviting { by, .. }
            | Self::Relayed { by, .. } => Some(by),
            Self::Banned(ban) | Self::Unbanned(ban) => Some(&ban.by),
            Self::Reported(report) => Some(&report.by),
            Self::Created { by, .. } => by.as_ref(),
            Self::Read { .. }
            | Self::Draft { .. }
            | Self::Notify { .. }
            | Self::QuietHours { .. }
            | Self::Joined { .. }
            | Self::Parted { .. } => None,
        }
    }

    /// Writes the body.
    pub fn encode(&self) -> Bytes {
        match self.clone() {
            Self::Posted(message) => write(&PostedBody {
                msgid: message.msgid,
                from: message.author.into(),
                to: message.to.map(Into::into),
                kind: message.kind.into(),
                text: message.text,
                files: message.files.into_iter().map(Into::into).collect(),
                reply: message.reply.map(Into::into),
                redacted: message.redacted,
            }),
            Self::Edited { about, text } => write(&EditedBody { about: about.into(), text }),
            Self::Redacted { about, reason } => {
                write(&RedactedBody { about: about.into(), reason })
            }
            Self::Reacted { about, emoji } | Self::Unreacted { about, emoji } => {
                write(&ReactionBody { about: about.into(), emoji })
            }
            Self::Typing { by, state } => write(&TypingBody { by: by.into(), state: state.into() }),
            Self::SubjectChanged { by, subject } => write(&SubjectBody { by: by.into(), subject }),
            Self::RoleChanged { by, person, nick, before, role } => write(&RoleBody {
                by: by.into(),
                person: person.0,
                nick,
                before: before.into(),
                role: role.into(),
            }),
            Self::ModesChanged { by, before, modes } => {
                write(&ModesBody { by: by.into(), before: before.into(), modes: modes.into() })
            }
            Self::Renamed { by, before, name, reason } => write(&RenamedBody {
                by: by.into(),
                before: before.to_string(),
                name: name.to_string(),
                reason,
            }),
            Self::SettingsChanged { by, before, settings } => write(&SettingsChangeBody {
                by: by.into(),
                before: before.into(),
                settings: settings.into(),
            }),
            Self::Banned(ban) | Self::Unbanned(ban) => write(&BanBody::from(ban)),
            Self::Reported(report) => write(&ReportBody::from(report)),
            Self::Kicked { by, person, nick, reason } => {
                write(&KickedBody { by: by.into(), person: person.0, nick, reason })
            }
            Self::Created { by, name } => {
                write(&CreatedBody { by: by.map(Into::into), name: name.to_string() })
            }
            Self::Invited { by, room, name } => {
                write(&InvitedBody { by: by.into(), room: room.0, name: name.to_string() })
            }
            Self::Inviting { by, person, nick } => {
                write(&InvitingBody { by: by.into(), person: person.0, nick })
            }
            Self::Relayed { by, to, text } => {
                write(&RelayedBody { by: by.into(), to: to.map(Into::into), text })
            }
            Self::Read { topic, direct, offset } => {
                let direct = direct.map(|person| person.0);
                write(&ReadBody { topic: topic.0, direct, offset })
            }
            Self::Draft { scope, text } => own::draft(scope, text),
            Self::Notify { scope, level } => own::notify(scope, level),
            Self::QuietHours { quiet } => own::quiet_hours(quiet),
            Self::Joined { room, name } => {
                write(&JoinedBody { room: room.0, name: name.to_string() })
            }
            Self::Parted { room, reason } => write(&PartedBody { room: room.0, reason }),
        }
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
