//! Who may do what: one pure function over what the tables say, and the proof it gives.
//!
//! Roles belong to a person and a topic and are ordered. An administrator of the server has the
//! rights of an owner in every room. Nobody has any right, by role, in a topic without settings:
//! inboxes and unknown topics have none.

use parlor_topics::{Error, Snapshot, TopicId, Tx};
use serde::{Deserialize, Serialize};

use crate::identity::{Actor, PersonId};

/// What a person is in a topic; the later ones may do what the earlier ones may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Nobody in particular.
    #[default]
    None,
    /// Belongs here.
    Member,
    /// May speak where only some may.
    Voice,
    /// Keeps order.
    Moderator,
    /// May do everything here.
    Owner,
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody.
    Open,
    /// Members and the invited.
    Invited,
    /// Nobody by role: an inbox, or no topic at all.
    Closed,
}

/// What a topic's settings say to permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Who may come in.
    pub access: Access,
    /// Whether only those with a voice may speak.
    pub moderated: bool,
    /// Whether only moderators change the subject.
    pub subject_locked: bool,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read what was said and who is here.
    Read,
    /// Come in.
    Enter,
    /// Say something.
    Post,
    /// Change the subject.
    SetSubject,
    /// Invite somebody.
    Invite,
    /// Throw somebody out who has this role.
    Kick {
        /// The role of the one to be thrown out.
        target: Role,
    },
    /// Change somebody's role.
    SetRole {
        /// What the other one is.
        from: Role,
        /// What it is to become.
        to: Role,
    },
    /// Change the settings.
    Configure,
}

/// What the tables say about one person and one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The topic.
    pub topic: TopicId,
    /// The person's role in it.
    pub role: Role,
    /// Whether the person administers the server, read from the tables.
    pub admin: bool,
    /// The topic's settings.
    pub settings: Settings,
    /// Whether the person has an unused invitation.
    pub invited: bool,
    /// Whether the person is in the room, present or as a lasting member; the app knows.
    pub present: bool,
}

/// The proof that [`authorize`] said yes. It has no other source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    actor: PersonId,
    verb: Verb,
    topic: TopicId,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is nothing here for anybody.
    #[error("there is no such room")]
    Closed,
    /// One must be invited.
    #[error("this room is for the invited only")]
    InvitedOnly,
    /// One must be in the room first.
    #[error("you are not in this room")]
    NotPresent,
    /// Only those with a voice may speak.
    #[error("only those with a voice may speak here")]
    Moderated,
    /// The role is not enough.
    #[error("this needs a higher role in the room")]
    Needs {
        /// The lowest role that may.
        role: Role,
    },
}

/// Reads the rights of somebody in a topic, within the transaction that will act on them.
pub fn rights(snapshot: &Snapshot<'_>, actor: &Actor, topic: TopicId) -> Result<Rights, Error> {
    let _ = (snapshot, actor, topic);
    todo!()
}

/// Reads the role of any person in a topic.
pub fn role(snapshot: &Snapshot<'_>, topic: TopicId, person: PersonId) -> Result<Role, Error> {
    let _ = (snapshot, topic, person);
    todo!()
}

/// Finds the inbox of a person, who need not be online.
pub fn inbox(snapshot: &Snapshot<'_>, person: PersonId) -> Result<Option<TopicId>, Error> {
    let _ = (snapshot, person);
    todo!()
}

/// Decides whether somebody may do something. The only source of a [`Permit`].
pub fn authorize(actor: &Actor, verb: Verb, rights: &Rights) -> Result<Permit, Denied> {
    let _ = (actor, verb, rights);
    todo!()
}

/// Gives a person a role; `Role::None` takes it away.
pub fn set_role(
    tx: &mut Tx<'_>,
    permit: &Permit,
    person: PersonId,
    role: Role,
) -> Result<(), Error> {
    let _ = (tx, permit, person, role);
    todo!()
}
