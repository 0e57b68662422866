//! The frames of the live protocol: commands, answers and events, as JSON.
//!
//! Names on the wire are for ever: golden tests hold them, and `docs/protocol.md` names each.

pub(crate) mod order;
pub(crate) mod file;
pub(crate) mod avatars;
pub(crate) mod own;

use bytes::Bytes;
use parlor_chat::{Author, Message, MessageKind, Modes, Reaction, Recipient, Reply, TypingState};
use parlor_http::Problem;
use parlor_http::ws::Frame;
use parlor_hub::Role;
use parlor_topics::{Position, TopicId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A command before its parameters are looked at.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// Which command.
    pub t: String,
    /// The client's number for it; comes back with the answer.
    #[serde(default)]
    pub id: u64,
    /// Its parameters.
    #[serde(borrow)]
    pub p: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// Reads one text message.
    ///
    /// # Errors
    ///
    /// When it is no command at all; such a client is not answered but closed.
    pub fn decode(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The parameters as text; a command without any has an empty object.
    #[must_use]
    pub fn params(&self) -> &'a str {
        self.p.map_or("{}", RawValue::get)
    }
}

/// The answer to a command that was carried out.
pub(crate) fn ok(re: u64, p: &impl Serialize) -> Bytes {
    #[derive(Serialize)]
    struct Ok<'a, P> {
        t: &'static str,
        re: u64,
        p: &'a P,
    }
    frame(&Ok { t: "ok", re, p })
}

/// The answer to a command that was not carried out.
pub(crate) fn err(re: u64, problem: &Problem) -> Bytes {
    #[derive(Serialize)]
    struct Err<'a> {
        t: &'static str,
        re: u64,
        code: &'a str,
        msg: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    }
    let retry_after_s = problem.retry_after_s;
    frame(&Err { t: "err", re, code: problem.code, msg: &problem.text, retry_after_s })
}

/// An event; `n` and `pos` are absent for what is on no disk.
#[derive(Debug, Serialize)]
pub(crate) struct EventFrame<'a, P> {
    pub(crate) t: &'a str,
    pub(crate) k: TopicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pos: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<u64>,
    pub(crate) p: P,
}

/// Anything as one text frame; empty if it cannot be written, which is sent to nobody.
pub(crate) fn frame(value: &impl Serialize) -> Bytes {
    match serde_json::to_string(value) {
        Ok(text) => Frame::text(&text),
        Err(error) => {
            tracing::error!(%error, "a live frame could not be written");
            Bytes::new()
        }
    }
}

/// A topic as clients know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TopicKey(pub(crate) u64);

impl From<TopicId> for TopicKey {
    fn from(TopicId(id): TopicId) -> Self {
        Self(id)
    }
}

impl From<TopicKey> for TopicId {
    fn from(TopicKey(k): TopicKey) -> Self {
        Self(k)
    }
}

/// Somebody who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AuthorView {
    pub(crate) person: u64,
    pub(crate) nick: String,
    pub(crate) account: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bot: bool,
}

impl From<Author> for AuthorView {
    fn from(author: Author) -> Self {
        let Author { person, nick, account, bot, .. } = author;
        Self { person: person.0, nick, account, bot }
    }
}

/// Somebody who was addressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RecipientView {
    pub(crate) person: u64,
    pub(crate) nick: String,
}

impl From<Recipient> for RecipientView {
    fn from(to: Recipient) -> Self {
        Self { person: to.person.0, nick: to.nick }
    }
}

/// What a message answers; all but the id is absent when that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ReplyView {
    msgid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<Reply> for ReplyView {
    fn from(Reply { msgid, offset, nick, text }: Reply) -> Self {
        if offset == 0 {
            return Self { msgid, n: None, nick: None, text: None };
        }
        Self { msgid, n: Some(offset), nick: Some(nick), text: Some(text) }
    }
}

/// Everybody who reacted in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ReactionView {
    emoji: String,
    people: Vec<RecipientView>,
    count: u64,
    mine: bool,
}

impl From<Reaction> for ReactionView {
    fn from(Reaction { emoji, people, count, mine }: Reaction) -> Self {
        let people = people.into_iter();
        let people = people.map(|(person, nick)| RecipientView { person: person.0, nick });
        Self { emoji, people: people.collect(), count, mine }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MessageView {
    pub(crate) k: TopicKey,
    pub(crate) n: u64,
    pub(crate) msgid: String,
    pub(crate) at: u64,
    pub(crate) from: AuthorView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<RecipientView>,
    pub(crate) kind: KindName,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply: Option<ReplyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edited: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) redacted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reactions: Vec<ReactionView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<file::FileView>,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            k: message.topic.into(),
            n: message.offset,
            msgid: message.msgid,
            at: message.at_ms,
            from: message.author.into(),
            to: message.to.map(RecipientView::from),
            kind: message.kind.into(),
            text: message.text,
            reply: message.reply.map(ReplyView::from),
            edited: message.edited_ms,
            redacted: message.redacted,
            reactions: message.reactions.into_iter().map(ReactionView::from).collect(),
            files: message.files.into_iter().map(Into::into).collect(),
        }
    }
}

/// A room on the client's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RoomView {
    pub(crate) k: TopicKey,
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) members: usize,
    pub(crate) role: RoleName,
    pub(crate) unread: u64,
    #[serde(flatten)]
    pub(crate) own: own::OwnView,
    pub(crate) read: u64,
    pub(crate) last: u64,
    pub(crate) pos: String,
    pub(crate) quiet: bool,
    pub(crate) modes: ModesView,
    pub(crate) settings: order::SettingsView,
}

/// A role on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleName {
    None,
    Member,
    Voice,
    Moderator,
    Owner,
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

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::None => Self::None,
            RoleName::Member => Self::Member,
            RoleName::Voice => Self::Voice,
            RoleName::Moderator => Self::Moderator,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// A way of saying something on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KindName {
    #[default]
    Text,
    Notice,
    Action,
}

impl From<MessageKind> for KindName {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Notice => Self::Notice,
            MessageKind::Action => Self::Action,
        }
    }
}

impl From<KindName> for MessageKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Text => Self::Text,
            KindName::Notice => Self::Notice,
            KindName::Action => Self::Action,
        }
    }
}

/// Whether somebody is writing, on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TypingName {
    Active,
    Paused,
    Done,
}

impl From<TypingState> for TypingName {
    fn from(state: TypingState) -> Self {
        match state {
            TypingState::Active => Self::Active,
            TypingState::Paused => Self::Paused,
            TypingState::Done => Self::Done,
        }
    }
}

impl From<TypingName> for TypingState {
    fn from(name: TypingName) -> Self {
        match name {
            TypingName::Active => Self::Active,
            TypingName::Paused => Self::Paused,
            TypingName::Done => Self::Done,
        }
    }
}

/// The switches of a room on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ModesView {
    pub(crate) invited_only: bool,
    pub(crate) moderated: bool,
    pub(crate) subject_locked: bool,
}

impl From<Modes> for ModesView {
    fn from(modes: Modes) -> Self {
        let Modes { invited_only, moderated, subject_locked } = modes;
        Self { invited_only, moderated, subject_locked }
    }
}

/// A position on the wire is opaque to clients.
pub(crate) fn position(position: Position) -> String {
    position.to_string()
}

#[cfg(test)]
pub(in crate::live) mod tests;
