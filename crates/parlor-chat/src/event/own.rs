//! The bodies of what a person's devices tell each other; all of it ephemeral.

use bytes::Bytes;
use parlor_hub::PersonId;
use parlor_topics::{Event, TopicId};
use serde::{Deserialize, Serialize};

use super::{ChatEvent, DRAFT, JOINED, NOTIFY, PARTED, QUIET_HOURS, READ, read, write};
use crate::{
    message::Scope,
    own::{NotifyLevel, QuietHours},
    room::RoomName,
};

/// Reads an event of these kinds.
pub(super) fn decode(event: &Event) -> Option<ChatEvent> {
    match &*event.kind {
        DRAFT => {
            let DraftBody { place, text } = read(event)?;
            Some(ChatEvent::Draft { scope: place.scope()?, text })
        }
        NOTIFY => {
            let NotifyBody { place, level } = read(event)?;
            Some(ChatEvent::Notify { scope: place.scope()?, level: level.into() })
        }
        QUIET_HOURS => {
            let QuietBody { starts, ends } = read(event)?;
            let quiet = starts.zip(ends).map(|(starts, ends)| QuietHours { starts, ends });
            Some(ChatEvent::QuietHours { quiet })
        }
        READ => {
            let ReadBody { topic, direct, offset } = read(event)?;
            let (topic, direct) = (TopicId(topic), direct.map(PersonId));
            Some(ChatEvent::Read { topic, direct, offset })
        }
        JOINED => {
            let JoinedBody { room, name } = read(event)?;
            Some(ChatEvent::Joined { room: TopicId(room), name: RoomName::new(&name).ok()? })
        }
        PARTED => {
            let PartedBody { room, reason } = read(event)?;
            Some(ChatEvent::Parted { room: TopicId(room), reason })
        }
        _ => None,
    }
}

/// Writes the body of a draft.
pub(super) fn draft(scope: Scope, text: String) -> Bytes {
    write(&DraftBody { place: scope.into(), text })
}

/// Writes the body of a notification level.
pub(super) fn notify(scope: Scope, level: NotifyLevel) -> Bytes {
    write(&NotifyBody { place: scope.into(), level: level.into() })
}

/// Writes the body of quiet hours.
pub(super) fn quiet_hours(quiet: Option<QuietHours>) -> Bytes {
    let (starts, ends) = (quiet.map(|quiet| quiet.starts), quiet.map(|quiet| quiet.ends));
    write(&QuietBody { starts, ends })
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReadBody {
    pub(super) topic: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) direct: Option<u64>,
    pub(super) offset: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JoinedBody {
    pub(super) room: u64,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PartedBody {
    pub(super) room: u64,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
struct DraftBody {
    #[serde(flatten)]
    place: PlaceBody,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct NotifyBody {
    #[serde(flatten)]
    place: PlaceBody,
    level: LevelName,
}

#[derive(Serialize, Deserialize)]
struct QuietBody {
    starts: Option<u16>,
    ends: Option<u16>,
}

#[derive(Serialize, Deserialize)]
struct PlaceBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<u64>,
}

impl PlaceBody {
    fn scope(&self) -> Option<Scope> {
        let room = self.room.map(|room| Scope::Room(TopicId(room)));
        room.or(self.person.map(|person| Scope::Direct(PersonId(person))))
    }
}

impl From<Scope> for PlaceBody {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Room(TopicId(room)) => Self { room: Some(room), person: None },
            Scope::Direct(PersonId(person)) => Self { room: None, person: Some(person) },
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LevelName {
    Default,
    All,
    Mentions,
    Nothing,
}

impl From<LevelName> for NotifyLevel {
    fn from(level: LevelName) -> Self {
        match level {
            LevelName::Default => Self::Default,
            LevelName::All => Self::All,
            LevelName::Mentions => Self::Mentions,
            LevelName::Nothing => Self::Nothing,
        }
    }
}

impl From<NotifyLevel> for LevelName {
    fn from(level: NotifyLevel) -> Self {
        match level {
            NotifyLevel::Default => Self::Default,
            NotifyLevel::All => Self::All,
            NotifyLevel::Mentions => Self::Mentions,
            NotifyLevel::Nothing => Self::Nothing,
        }
    }
}
