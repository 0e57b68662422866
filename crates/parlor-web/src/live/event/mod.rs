//! Events on the wire: what the store delivers, as the frame every receiver shares.

use bytes::Bytes;
use parlor_chat::{About, ChatEvent, Scope};
use parlor_hub::event::{
    Absence, BotMode, Departure, Entrance, PresenceEvent, ProfileChanged, Renaming,
};
use parlor_topics::{Event, Position, ResetReason, TopicId};
use serde::Serialize;

use crate::live::message::file::avatar_url;
use crate::live::message::order::{BanEventView, ReportView, SettingsView};
use crate::live::message::own::{LevelName, QuietHoursView};
use crate::live::message::{
    AuthorView, EventFrame, MessageView, ModesView, RecipientView, RoleName, RoomView, TopicKey,
    TypingName, frame, position,
};

/// Every kind of event a client may receive.
pub const KINDS: &[&str] = &[
    "chat.posted",
    "chat.edited",
    "chat.redacted",
    "chat.reacted",
    "chat.unreacted",
    "chat.typing",
    "chat.subject",
    "chat.renamed",
    "chat.role",
    "chat.modes",
    "chat.kicked",
    "chat.settings",
    "chat.banned",
    "chat.unbanned",
    "chat.reported",
    "chat.created",
    "chat.invited",
    "chat.read",
    "chat.draft",
    "chat.notify",
    "chat.quiet_hours",
    "chat.joined",
    "presence.entered",
    "presence.left",
    "presence.renamed",
    "presence.away",
    "presence.bot",
    "profile.changed",
    "reset",
    "missed",
    "gone",
];

/// What an event says, by kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Payload {
    Posted(MessageView),
    Edited(EditedView),
    Redacted(RedactedView),
    Reaction(ReactionEventView),
    Typing {
        by: AuthorView,
        state: TypingName,
    },
    Subject {
        by: AuthorView,
        subject: String,
    },
    RoomRenamed {
        by: AuthorView,
        before: String,
        name: String,
        reason: String,
    },
    Role {
        by: AuthorView,
        person: u64,
        nick: String,
        role: RoleName,
    },
    Modes {
        by: AuthorView,
        modes: ModesView,
    },
    Kicked {
        by: AuthorView,
        person: u64,
        nick: String,
        reason: String,
    },
    Settings {
        by: AuthorView,
        settings: SettingsView,
    },
    Ban(BanEventView),
    Reported(ReportView),
    Created {
        by: Option<AuthorView>,
        name: String,
    },
    Invited {
        by: AuthorView,
        room: String,
        k: TopicKey,
    },
    Draft(DraftView),
    Notify(NotifyView),
    QuietHours(QuietHoursView),
    ReadRoom {
        k: TopicKey,
        n: u64,
    },
    ReadDirect {
        person: u64,
        n: u64,
    },
    Entered {
        person: u64,
        nick: String,
        account: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        avatar: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        bot: bool,
    },
    Left {
        person: u64,
        nick: String,
        reason: String,
        quit: bool,
    },
    Renamed {
        person: u64,
        old: String,
        new: String,
    },
    Away {
        person: u64,
        nick: String,
        text: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
    },
    Bot {
        person: u64,
        nick: String,
        bot: bool,
    },
    Profile {
        person: u64,
        display: String,
        avatar: Option<String>,
    },
}

/// Who did something to which message.
#[derive(Debug, Serialize)]
struct AboutView {
    msgid: String,
    n: u64,
    by: AuthorView,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<RecipientView>,
}

impl From<About> for AboutView {
    fn from(About { by, to, msgid, offset }: About) -> Self {
        Self { msgid, n: offset, by: by.into(), to: to.map(RecipientView::from) }
    }
}

/// A room, or the conversation with a person.
#[derive(Debug, Serialize)]
struct PlaceView {
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<TopicKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<u64>,
}

impl From<Scope> for PlaceView {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Room(room) => Self { k: Some(room.into()), person: None },
            Scope::Direct(person) => Self { k: None, person: Some(person.0) },
        }
    }
}

#[derive(Debug, Serialize)]
struct DraftView {
    #[serde(flatten)]
    place: PlaceView,
    text: String,
}

#[derive(Debug, Serialize)]
struct NotifyView {
    #[serde(flatten)]
    place: PlaceView,
    level: LevelName,
}

#[derive(Debug, Serialize)]
struct EditedView {
    #[serde(flatten)]
    about: AboutView,
    text: String,
}

#[derive(Debug, Serialize)]
struct RedactedView {
    #[serde(flatten)]
    about: AboutView,
    reason: String,
}

#[derive(Debug, Serialize)]
struct ReactionEventView {
    #[serde(flatten)]
    about: AboutView,
    emoji: String,
}

/// The frame for `event`, whose topic is in the given epoch; empty for what clients do not get.
pub(super) fn encode(event: &Event, epoch: u64) -> Bytes {
    let Some(p) = payload(event) else { return Bytes::new() };
    let durable = event.offset > 0;
    frame(&EventFrame {
        t: &event.kind,
        k: event.topic.into(),
        n: durable.then_some(event.offset),
        pos: durable.then(|| position(Position { epoch, offset: event.offset })),
        at: Some(event.at_ms),
        p,
    })
}

/// The history of a topic is not continuous: the client has to fetch anew.
pub(super) fn reset(topic: TopicId, to: Position, why: ResetReason) -> Bytes {
    #[derive(Serialize)]
    struct Reset {
        k: TopicKey,
        pos: String,
        why: &'static str,
    }
    let why = match why {
        ResetReason::Epoch => "restored",
        ResetReason::Future => "unknown_position",
        ResetReason::Trimmed => "trimmed",
        ResetReason::Deleted => "deleted",
    };
    own("reset", topic, Reset { k: topic.into(), pos: position(to), why })
}

/// Passing events of a topic were dropped: the client has to ask for its members again.
pub(super) fn missed(topic: TopicId) -> Bytes {
    #[derive(Serialize)]
    struct Missed {
        k: TopicKey,
    }
    own("missed", topic, Missed { k: topic.into() })
}

/// The client is no longer in a room, and gets nothing more of it.
pub(super) fn gone(topic: TopicId, why: &'static str) -> Bytes {
    #[derive(Serialize)]
    struct Gone {
        k: TopicKey,
        why: &'static str,
    }
    own("gone", topic, Gone { k: topic.into(), why })
}

/// The account has joined a room with another device, and the client is in it from now on.
pub(super) fn joined(inbox: TopicId, room: RoomView) -> Bytes {
    #[derive(Serialize)]
    struct Joined {
        room: RoomView,
    }
    own("chat.joined", inbox, Joined { room })
}

fn own(t: &'static str, topic: TopicId, p: impl Serialize) -> Bytes {
    frame(&EventFrame { t, k: topic.into(), n: None, pos: None, at: None, p })
}

fn payload(event: &Event) -> Option<Payload> {
    if let Some(event) = ChatEvent::decode(event) {
        return chat(event);
    }
    if let Some(ProfileChanged { person, display, avatar, .. }) = ProfileChanged::decode(event) {
        let avatar = avatar.as_deref().map(avatar_url);
        return Some(Payload::Profile { person, display, avatar });
    }
    PresenceEvent::decode(event).and_then(presence)
}

fn chat(event: ChatEvent) -> Option<Payload> {
    Some(match event {
        ChatEvent::Posted(message) => Payload::Posted(message.into()),
        ChatEvent::Edited { about, text } => {
            Payload::Edited(EditedView { about: about.into(), text })
        }
        ChatEvent::Redacted { about, reason } => {
            Payload::Redacted(RedactedView { about: about.into(), reason })
        }
        ChatEvent::Reacted { about, emoji } | ChatEvent::Unreacted { about, emoji } => {
            Payload::Reaction(ReactionEventView { about: about.into(), emoji })
        }
        ChatEvent::Typing { by, state } => Payload::Typing { by: by.into(), state: state.into() },
        ChatEvent::SubjectChanged { by, subject } => Payload::Subject { by: by.into(), subject },
        ChatEvent::Renamed { by, before, name, reason } => {
            let (before, name) = (before.to_string(), name.to_string());
            Payload::RoomRenamed { by: by.into(), before, name, reason }
        }
        ChatEvent::RoleChanged { by, person, nick, role, .. } => {
            Payload::Role { by: by.into(), person: person.0, nick, role: role.into() }
        }
        ChatEvent::ModesChanged { by, modes, .. } => {
            Payload::Modes { by: by.into(), modes: modes.into() }
        }
        ChatEvent::Kicked { by, person, nick, reason } => {
            Payload::Kicked { by: by.into(), person: person.0, nick, reason }
        }
        ChatEvent::SettingsChanged { by, settings, .. } => {
            Payload::Settings { by: by.into(), settings: settings.into() }
        }
        ChatEvent::Banned(ban) | ChatEvent::Unbanned(ban) => Payload::Ban(ban.into()),
        ChatEvent::Reported(report) => Payload::Reported(report.into()),
        ChatEvent::Created { by, name } => {
            Payload::Created { by: by.map(AuthorView::from), name: name.to_string() }
        }
        ChatEvent::Invited { by, room, name } => {
            Payload::Invited { by: by.into(), room: name.to_string(), k: room.into() }
        }
        ChatEvent::Draft { scope, text } => Payload::Draft(DraftView { place: scope.into(), text }),
        ChatEvent::Notify { scope, level } => {
            Payload::Notify(NotifyView { place: scope.into(), level: level.into() })
        }
        ChatEvent::QuietHours { quiet } => Payload::QuietHours(QuietHoursView::new(quiet)),
        ChatEvent::Read { topic, direct: None, offset } => {
            Payload::ReadRoom { k: topic.into(), n: offset }
        }
        ChatEvent::Read { direct: Some(person), offset, .. } => {
            Payload::ReadDirect { person: person.0, n: offset }
        }
        // What IRC clients ask each other means nothing to a page, nor who else was invited; rooms
        // that other devices join and leave are told by the connection, once it has done the same.
        ChatEvent::Inviting { .. }
        | ChatEvent::Relayed { .. }
        | ChatEvent::Joined { .. }
        | ChatEvent::Parted { .. } => return None,
    })
}

fn presence(event: PresenceEvent) -> Option<Payload> {
    Some(match event {
        PresenceEvent::Entered(Entrance { person, nick, account, avatar, bot, .. }) => {
            let avatar = avatar.as_deref().map(avatar_url);
            Payload::Entered { person, nick, account, avatar, bot }
        }
        PresenceEvent::Left(Departure { person, nick, reason, quit, .. }) => {
            Payload::Left { person, nick, reason, quit }
        }
        PresenceEvent::Renamed(Renaming { person, old, new, .. }) => {
            Payload::Renamed { person, old, new }
        }
        PresenceEvent::Away(Absence { person, nick, text, gone, .. }) => {
            Payload::Away { person, nick, text, gone }
        }
        PresenceEvent::Bot(BotMode { person, nick, bot, .. }) => Payload::Bot { person, nick, bot },
        // Names in clear words and lists of friends are for IRC clients.
        PresenceEvent::Realname(_) | PresenceEvent::Online(_) | PresenceEvent::Offline(_) => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests;
