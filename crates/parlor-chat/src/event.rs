//! What happened in chat: the durable events and the two ephemeral ones, and their JSON.
//!
//! The encodings are golden-tested: they stay readable for ever.

use parlor_hub::{PersonId, Role};
use parlor_topics::{Event, TopicId};

use crate::{
    message::{Author, Message, Recipient},
    room::{Modes, RoomName},
};

/// Something was said.
pub const POSTED: &str = "chat.posted";
/// The subject of a room was changed.
pub const SUBJECT: &str = "chat.subject";
/// Somebody's role in a room was changed.
pub const ROLE: &str = "chat.role";
/// The switches of a room were changed.
pub const MODES: &str = "chat.modes";
/// Somebody was thrown out of a room.
pub const KICKED: &str = "chat.kicked";
/// A room was created.
pub const CREATED: &str = "chat.created";
/// On an inbox: somebody invites to a room.
pub const INVITED: &str = "chat.invited";
/// Something was passed on without being kept; ephemeral.
pub const RELAYED: &str = "chat.relayed";
/// On an inbox: the person has read up to a place; ephemeral.
pub const READ: &str = "chat.read";

/// An event of chat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in the commands that cause them")]
pub enum ChatEvent {
    /// See [`POSTED`].
    Posted(Message),
    /// See [`SUBJECT`].
    SubjectChanged { by: Author, subject: String },
    /// See [`ROLE`].
    RoleChanged { by: Author, person: PersonId, nick: String, role: Role },
    /// See [`MODES`]; the modes are those after the change.
    ModesChanged { by: Author, modes: Modes },
    /// See [`KICKED`].
    Kicked { by: Author, person: PersonId, nick: String, reason: String },
    /// See [`CREATED`].
    Created { by: Option<Author>, name: RoomName },
    /// See [`INVITED`].
    Invited { by: Author, room: TopicId, name: RoomName },
    /// See [`RELAYED`].
    Relayed { by: Author, to: Option<Recipient>, text: String },
    /// See [`READ`]; `direct` names the conversation if `topic` is the inbox.
    Read { topic: TopicId, direct: Option<PersonId>, offset: u64 },
}

impl ChatEvent {
    /// Reads an event of a chat kind; other kinds and unreadable bodies give nothing.
    pub fn decode(event: &Event) -> Option<Self> {
        let _ = event;
        todo!()
    }
}
