//! Messages as they were said, and pages of them.

use parlor_hub::{Attached, PersonId};
use parlor_topics::{Position, TopicId};

use crate::{attachment::Attachment, command::MessageKind};

/// Who did something, as it was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The person.
    pub person: PersonId,
    /// Its nick then.
    pub nick: String,
    /// The name of its account, if it had one.
    pub account: Option<String>,
    /// The user name in `nick!user@host`.
    pub user: String,
    /// The host there.
    pub host: String,
    /// Whether it said of itself that it is a program.
    pub bot: bool,
}

impl Author {
    /// Returns a session's person as an author.
    pub fn of(who: &Attached) -> Self {
        Self {
            person: who.person,
            nick: who.nick.to_string(),
            account: who.account.as_ref().map(|account| account.name.to_string()),
            user: who.user.clone(),
            host: who.host.clone(),
            bot: who.bot,
        }
    }
}

/// To whom a direct message went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The person.
    pub person: PersonId,
    /// The nick it was addressed by.
    pub nick: String,
}

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room's topic, or the inbox it was read from.
    pub topic: TopicId,
    /// Its place in the topic.
    pub offset: u64,
    /// Its id, the same in both inboxes of a direct message.
    pub msgid: String,
    /// When it was committed.
    pub at_ms: u64,
    /// Who said it.
    pub author: Author,
    /// To whom, if it is direct.
    pub to: Option<Recipient>,
    /// How it was said.
    pub kind: MessageKind,
    /// What was said, in its latest form; empty when it was taken back.
    pub text: String,
    /// The images on it.
    pub files: Vec<Attachment>,
    /// What it answers.
    pub reply: Option<Reply>,
    /// When it was last edited.
    pub edited_ms: Option<u64>,
    /// Whether it was taken back.
    pub redacted: bool,
    /// How people reacted to it, the earliest first. Only history says so, not the event.
    pub reactions: Vec<Reaction>,
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its id.
    pub msgid: String,
    /// Its place in the topic; 0 when it is not there (any more), and nothing else is known then.
    pub offset: u64,
    /// Who said it.
    pub nick: String,
    /// What it says, cut to [`crate::limits::QUOTE_CHARS_MAX`] characters; may be empty.
    pub text: String,
}

impl Reply {
    /// A message that is not there.
    pub fn gone(msgid: String) -> Self {
        Self { msgid, offset: 0, nick: String::new(), text: String::new() }
    }
}

/// Everybody who reacted to a message in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// How: an emoji, or a name between colons.
    pub emoji: String,
    /// Who, the earliest first, at most [`crate::limits::REACTORS_MAX`], with the nicks of then.
    pub people: Vec<(PersonId, String)>,
    /// How many people.
    pub count: u64,
    /// Whether the asker is one of them.
    pub mine: bool,
}

/// Whose history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A room's.
    Room(TopicId),
    /// The asker's conversation with a person.
    Direct(PersonId),
}

/// Where a page lies. Bounds are exclusive offsets of the room's topic or of the asker's inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The newest messages.
    Latest,
    /// The messages just before this offset.
    Before(u64),
    /// The messages just after this offset.
    After(u64),
    /// The messages around this offset, that at the offset included.
    Around(u64),
}

/// Which messages are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where.
    pub anchor: Anchor,
    /// How many at most; never more than [`crate::limits::PAGE_MAX`].
    pub limit: usize,
}

impl Page {
    /// Asks for the newest messages.
    pub fn latest(limit: usize) -> Self {
        Self { anchor: Anchor::Latest, limit }
    }

    /// Asks for the messages just before an offset.
    pub fn before(offset: u64, limit: usize) -> Self {
        Self { anchor: Anchor::Before(offset), limit }
    }

    /// Asks for the messages just after an offset.
    pub fn after(offset: u64, limit: usize) -> Self {
        Self { anchor: Anchor::After(offset), limit }
    }

    /// Asks for the messages around an offset.
    pub fn around(offset: u64, limit: usize) -> Self {
        Self { anchor: Anchor::Around(offset), limit }
    }
}

/// A page of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether there are more in the direction of the page (older ones for the latest, and for
    /// those around a place).
    pub more: bool,
    /// Whether there are younger ones, for a page around a place.
    pub more_after: bool,
    /// The position of the topic in the same snapshot.
    pub position: Position,
}
