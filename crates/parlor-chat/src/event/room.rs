//! The bodies of what happens in a room and to the people in it.

use parlor_hub::{PersonId, Role};
use parlor_topics::{Event, TopicId};
use serde::{Deserialize, Serialize};

use super::{
    CREATED, ChatEvent, INVITED, INVITING, KICKED, MODES, ROLE, SUBJECT, author::AuthorBody, read,
};
use crate::room::{Modes, RoomName};

/// Reads an event of these kinds.
pub(super) fn decode(event: &Event) -> Option<ChatEvent> {
    Some(match &*event.kind {
        SUBJECT => {
            let SubjectBody { by, subject } = read(event)?;
            ChatEvent::SubjectChanged { by: by.into(), subject }
        }
        ROLE => {
            let RoleBody { by, person, nick, before, role } = read(event)?;
            let (by, person) = (by.into(), PersonId(person));
            ChatEvent::RoleChanged { by, person, nick, before: before.into(), role: role.into() }
        }
        MODES => {
            let ModesBody { by, before, modes } = read(event)?;
            let (before, modes) = (before.into(), modes.into());
            ChatEvent::ModesChanged { by: by.into(), before, modes }
        }
        KICKED => {
            let KickedBody { by, person, nick, reason } = read(event)?;
            ChatEvent::Kicked { by: by.into(), person: PersonId(person), nick, reason }
        }
        CREATED => {
            let CreatedBody { by, name } = read(event)?;
            ChatEvent::Created { by: by.map(Into::into), name: RoomName::new(&name).ok()? }
        }
        INVITED => {
            let InvitedBody { by, room, name } = read(event)?;
            let (room, name) = (TopicId(room), RoomName::new(&name).ok()?);
            ChatEvent::Invited { by: by.into(), room, name }
        }
        INVITING => {
            let InvitingBody { by, person, nick } = read(event)?;
            ChatEvent::Inviting { by: by.into(), person: PersonId(person), nick }
        }
        _ => return None,
    })
}

#[derive(Serialize, Deserialize)]
pub(super) struct SubjectBody {
    pub(super) by: AuthorBody,
    pub(super) subject: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RoleBody {
    pub(super) by: AuthorBody,
    pub(super) person: u64,
    pub(super) nick: String,
    pub(super) before: RoleName,
    pub(super) role: RoleName,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ModesBody {
    pub(super) by: AuthorBody,
    pub(super) before: SwitchesBody,
    pub(super) modes: SwitchesBody,
}

#[derive(Serialize, Deserialize)]
pub(super) struct KickedBody {
    pub(super) by: AuthorBody,
    pub(super) person: u64,
    pub(super) nick: String,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CreatedBody {
    pub(super) by: Option<AuthorBody>,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct InvitedBody {
    pub(super) by: AuthorBody,
    pub(super) room: u64,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct InvitingBody {
    pub(super) by: AuthorBody,
    pub(super) person: u64,
    pub(super) nick: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SwitchesBody {
    pub(super) invited_only: bool,
    pub(super) moderated: bool,
    pub(super) subject_locked: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleName {
    None,
    Member,
    Voice,
    Moderator,
    Owner,
}

impl From<SwitchesBody> for Modes {
    fn from(SwitchesBody { invited_only, moderated, subject_locked }: SwitchesBody) -> Self {
        Self { invited_only, moderated, subject_locked }
    }
}

impl From<Modes> for SwitchesBody {
    fn from(Modes { invited_only, moderated, subject_locked }: Modes) -> Self {
        Self { invited_only, moderated, subject_locked }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::None => Self::None,
            RoleName::Member => Self::Member,
            RoleName::Voice => Self::Voice,
            RoleName::Moderator => Self::Moderator,
            RoleName::Owner => Self::Owner,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::None => Self::None,
            Role::Member => Self::Member,
            Role::Voice => Self::Voice,
            Role::Moderator => Self::Moderator,
            Role::Owner => Self::Owner,
        }
    }
}
