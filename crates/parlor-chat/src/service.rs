//! The async face of chat: authorize, write, read.

use std::sync::Arc;

use parlor_hub::{Actor, Attached, Entered, Error, Failure, Left, Link, PersonId, Present, Role};
use parlor_topics::{Position, Store, TopicId};

use crate::{
    command::{ModeChange, NewMessage, Target},
    message::{HistoryPage, Page, Scope},
    refusal::Refusal,
    room::{Room, RoomName},
};

/// How chat is to behave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatOptions {
    /// The room where newcomers land; it has no owner, so administrators keep it.
    pub lobby: Option<RoomName>,
}

/// What joining a room gave.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The room.
    pub room: Room,
    /// From where to subscribe to its topic.
    pub position: Position,
    /// What presence says.
    pub entered: Entered,
    /// The joiner's role.
    pub role: Role,
    /// Whether it was created by this.
    pub created: bool,
}

/// The acknowledgement of a message, which is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub msgid: String,
    /// When it was committed.
    pub at_ms: u64,
    /// Where: the room's topic, or the author's own inbox.
    pub topic: TopicId,
    /// Its place there.
    pub offset: u64,
    /// Whether it had been posted before with the same key.
    pub repeated: bool,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room.
    pub room: Room,
    /// How many people are present.
    pub members: usize,
    /// Whether it is on the asker's list.
    pub joined: bool,
}

/// Somebody present in a room.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub present: Arc<Present>,
    /// Whether the room was told that it is here.
    pub revealed: bool,
    /// Its role in the room.
    pub role: Role,
}

/// Where in a history something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The message with this id.
    Msgid(String),
    /// The first message at or after this time.
    At(u64),
}

/// A room on somebody's list, as the page shows it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOverview {
    /// The room.
    pub room: Room,
    /// The asker's role.
    pub role: Role,
    /// How many people are present.
    pub members: usize,
    /// Messages of others after the read offset, counted up to [`crate::limits::UNREAD_MAX`].
    pub unread: u64,
    /// Up to where the asker has read.
    pub read: u64,
    /// The offset of the last message.
    pub last: u64,
    /// The position of the topic in the same snapshot.
    pub position: Position,
}

/// A direct conversation, as the page shows it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectOverview {
    /// The other person.
    pub person: PersonId,
    /// Its nick now, or when it last spoke.
    pub nick: String,
    /// Whether it is online.
    pub online: bool,
    /// Its messages after the read offset, counted up to [`crate::limits::UNREAD_MAX`].
    pub unread: u64,
    /// Up to which offset of the inbox the asker has read them.
    pub read: u64,
    /// The offset of the last message in the inbox.
    pub last: u64,
}

/// All that a page needs first, from one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The asker's rooms, by name.
    pub rooms: Vec<RoomOverview>,
    /// The asker's direct conversations, the latest first.
    pub direct: Vec<DirectOverview>,
    /// The position of the asker's inbox in the same snapshot.
    pub inbox: Position,
}

/// Chat's face for protocols. Clones are the same chat.
#[derive(Clone)]
pub struct Chat {
    store: Store,
    link: Link,
    options: Arc<ChatOptions>,
}

#[allow(missing_docs, unused_variables, clippy::todo, reason = "skeleton")]
impl Chat {
    pub fn new(store: Store, link: Link, options: ChatOptions) -> Self {
        Self { store, link, options: Arc::new(options) }
    }
    pub fn lobby(&self) -> Option<&RoomName> {
        self.options.lobby.as_ref()
    }
    /// Creates the lobby and clears what guests left behind; else the first command does it.
    pub async fn prepare(&self) -> Result<(), Error> {
        todo!()
    }
    pub async fn join(&self, who: &Attached, room: &RoomName) -> Result<Joined, Failure<Refusal>> {
        todo!()
    }
    pub async fn part(
        &self,
        who: &Attached,
        room: TopicId,
        reason: &str,
    ) -> Result<Left, Failure<Refusal>> {
        todo!()
    }
    pub async fn resolve(&self, name: &RoomName) -> Result<Option<Room>, Error> {
        todo!()
    }
    /// Like `resolve`, but rooms the actor must not know of are not there.
    pub async fn visible(&self, actor: &Actor, name: &RoomName) -> Result<Option<Room>, Error> {
        todo!()
    }
    /// The room of a topic, if the actor may know of it.
    pub async fn room(&self, actor: &Actor, topic: TopicId) -> Result<Option<Room>, Error> {
        todo!()
    }
    pub async fn post(
        &self,
        who: &Attached,
        target: Target,
        message: NewMessage,
    ) -> Result<Posted, Failure<Refusal>> {
        todo!()
    }
    pub async fn relay(
        &self,
        who: &Attached,
        target: Target,
        text: String,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn set_subject(
        &self,
        who: &Attached,
        room: TopicId,
        subject: String,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn kick(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
        reason: String,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn invite(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn set_role(
        &self,
        who: &Attached,
        room: TopicId,
        person: PersonId,
        role: Role,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn set_modes(
        &self,
        who: &Attached,
        room: TopicId,
        change: ModeChange,
    ) -> Result<(), Failure<Refusal>> {
        todo!()
    }
    pub async fn rooms(&self, actor: &Actor) -> Result<Vec<RoomSummary>, Error> {
        todo!()
    }
    pub async fn members(
        &self,
        who: &Attached,
        room: TopicId,
    ) -> Result<Vec<Member>, Failure<Refusal>> {
        todo!()
    }
    pub async fn history(
        &self,
        who: &Attached,
        scope: Scope,
        page: Page,
    ) -> Result<HistoryPage, Failure<Refusal>> {
        todo!()
    }
    /// Finds the offset of a message by its id, or of the first at or after a time.
    pub async fn locate(
        &self,
        who: &Attached,
        scope: Scope,
        moment: Moment,
    ) -> Result<Option<u64>, Failure<Refusal>> {
        todo!()
    }
    /// Marks as read up to an offset, which only increases; returns what is stored now.
    pub async fn mark_read(
        &self,
        who: &Attached,
        topic: TopicId,
        direct: Option<PersonId>,
        offset: u64,
    ) -> Result<u64, Failure<Refusal>> {
        todo!()
    }
    /// Returns up to where the asker has read.
    pub async fn read_offset(
        &self,
        who: &Attached,
        topic: TopicId,
        direct: Option<PersonId>,
    ) -> Result<u64, Failure<Refusal>> {
        todo!()
    }
    pub async fn overview(&self, who: &Attached) -> Result<Overview, Error> {
        todo!()
    }
}
