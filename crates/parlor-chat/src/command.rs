//! What a member may ask for.

use parlor_hub::{Nick, PersonId};
use parlor_topics::TopicId;

/// To whom something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Everybody in a room.
    Room(TopicId),
    /// One person, with the nick it was addressed by.
    Person(PersonId, Nick),
}

/// How something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// In plain words.
    #[default]
    Text,
    /// By a program that wants no answer.
    Notice,
    /// As something the author does.
    Action,
}

/// A message to be posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// How it is said.
    pub kind: MessageKind,
    /// What is said; may have several lines.
    pub text: String,
    /// Makes a retry safe: the same person posting again with the same key posts nothing new.
    pub key: Option<String>,
    /// The id of the message it answers. One that is not there (any more) is kept as it is.
    pub reply: Option<String>,
    /// The ids of the author's images to hang on it; a message with images may have no text.
    pub files: Vec<String>,
}

/// What a message is to say from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The message's id.
    pub msgid: String,
    /// Its new text.
    pub text: String,
    /// Makes a retry safe: the same person's second edit with the same key changes nothing.
    pub key: Option<String>,
}

/// Whether somebody is writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypingState {
    /// Now.
    Active,
    /// It has stopped, with something written.
    Paused,
    /// It has stopped, with nothing written, or sent it.
    Done,
}

/// Which switches of a room to set; those absent stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModeChange {
    /// See [`crate::Modes::invited_only`].
    pub invited_only: Option<bool>,
    /// See [`crate::Modes::moderated`].
    pub moderated: Option<bool>,
    /// See [`crate::Modes::subject_locked`].
    pub subject_locked: Option<bool>,
}
