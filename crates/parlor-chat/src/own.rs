//! What a person keeps for itself about rooms and conversations: drafts, what it wants to be told
//! of, and when it wants quiet.

/// What somebody wants to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NotifyLevel {
    /// What the client thinks best.
    #[default]
    Default,
    /// Every message.
    All,
    /// Messages that name the person.
    Mentions,
    /// Nothing.
    Nothing,
}

/// When somebody wants quiet, every day: from a minute of the day to another one, which may be on
/// the next day. The day is the person's own, wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuietHours {
    /// The minute when it begins.
    pub starts: u16,
    /// The minute when it is over.
    pub ends: u16,
}

/// What somebody has of its own about a room or a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// What it has begun to write.
    pub draft: String,
    /// What it wants to be told of.
    pub notify: NotifyLevel,
}
