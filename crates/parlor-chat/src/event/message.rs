//! The bodies of what is said, of what becomes of it, and of what is only passed on.

use parlor_topics::Event;
use serde::{Deserialize, Serialize};

use super::{
    About, ChatEvent, EDITED, POSTED, REACTED, REDACTED, RELAYED, TYPING, UNREACTED,
    author::{AuthorBody, RecipientBody},
    file::FileBody,
    read,
};
use crate::{
    command::{MessageKind, TypingState},
    message::{Message, Reply},
};

/// Reads an event of these kinds.
pub(super) fn decode(event: &Event) -> Option<ChatEvent> {
    Some(match &*event.kind {
        POSTED => ChatEvent::Posted(read::<PostedBody>(event)?.message(event)),
        EDITED => {
            let EditedBody { about, text } = read(event)?;
            ChatEvent::Edited { about: about.into(), text }
        }
        REDACTED => {
            let RedactedBody { about, reason } = read(event)?;
            ChatEvent::Redacted { about: about.into(), reason }
        }
        REACTED => {
            let ReactionBody { about, emoji } = read(event)?;
            ChatEvent::Reacted { about: about.into(), emoji }
        }
        UNREACTED => {
            let ReactionBody { about, emoji } = read(event)?;
            ChatEvent::Unreacted { about: about.into(), emoji }
        }
        TYPING => {
            let TypingBody { by, state } = read(event)?;
            ChatEvent::Typing { by: by.into(), state: state.into() }
        }
        RELAYED => {
            let RelayedBody { by, to, text } = read(event)?;
            ChatEvent::Relayed { by: by.into(), to: to.map(Into::into), text }
        }
        _ => return None,
    })
}

#[derive(Serialize, Deserialize)]
pub(super) struct PostedBody {
    pub(super) msgid: String,
    pub(super) from: AuthorBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<RecipientBody>,
    pub(super) kind: KindBody,
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<FileBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<ReplyBody>,
    /// The text is overwritten then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) redacted: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReplyBody {
    pub(super) msgid: String,
    /// 0 and nothing further for a message that was not there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) offset: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) nick: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AboutBody {
    pub(super) msgid: String,
    pub(super) offset: u64,
    pub(super) by: AuthorBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<RecipientBody>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EditedBody {
    #[serde(flatten)]
    pub(super) about: AboutBody,
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RedactedBody {
    #[serde(flatten)]
    pub(super) about: AboutBody,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReactionBody {
    #[serde(flatten)]
    pub(super) about: AboutBody,
    pub(super) emoji: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TypingBody {
    pub(super) by: AuthorBody,
    pub(super) state: TypingName,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RelayedBody {
    pub(super) by: AuthorBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<RecipientBody>,
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KindBody {
    Text,
    Notice,
    Action,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TypingName {
    Active,
    Paused,
    Done,
}

impl PostedBody {
    /// The message at the place of its event.
    fn message(self, event: &Event) -> Message {
        Message {
            topic: event.topic,
            offset: event.offset,
            msgid: self.msgid,
            at_ms: event.at_ms,
            author: self.from.into(),
            to: self.to.map(Into::into),
            kind: self.kind.into(),
            text: self.text,
            files: self.files.into_iter().map(Into::into).collect(),
            reply: self.reply.map(Into::into),
            edited_ms: None,
            redacted: self.redacted,
            reactions: Vec::new(),
        }
    }
}

impl From<ReplyBody> for Reply {
    fn from(ReplyBody { msgid, offset, nick, text }: ReplyBody) -> Self {
        Self { msgid, offset, nick, text }
    }
}

impl From<Reply> for ReplyBody {
    fn from(Reply { msgid, offset, nick, text }: Reply) -> Self {
        Self { msgid, offset, nick, text }
    }
}

impl From<AboutBody> for About {
    fn from(AboutBody { msgid, offset, by, to }: AboutBody) -> Self {
        Self { by: by.into(), to: to.map(Into::into), msgid, offset }
    }
}

impl From<About> for AboutBody {
    fn from(About { by, to, msgid, offset }: About) -> Self {
        Self { msgid, offset, by: by.into(), to: to.map(Into::into) }
    }
}

impl From<TypingName> for TypingState {
    fn from(state: TypingName) -> Self {
        match state {
            TypingName::Active => Self::Active,
            TypingName::Paused => Self::Paused,
            TypingName::Done => Self::Done,
        }
    }
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

impl From<KindBody> for MessageKind {
    fn from(kind: KindBody) -> Self {
        match kind {
            KindBody::Text => Self::Text,
            KindBody::Notice => Self::Notice,
            KindBody::Action => Self::Action,
        }
    }
}

impl From<MessageKind> for KindBody {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => Self::Text,
            MessageKind::Notice => Self::Notice,
            MessageKind::Action => Self::Action,
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
