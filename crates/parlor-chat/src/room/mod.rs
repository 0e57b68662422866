//! Rooms: their names, which cannot be wrong, and what the tables say of them.

use std::{fmt, str::FromStr, sync::Arc};

use parlor_topics::TopicId;

use crate::{limits::ROOM_NAME_BYTES_MAX, settings::RoomSettings};

/// A valid name of a room: `#` and 1 to 63 bytes without space, comma or control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(Arc<str>);

/// Why a text is no name of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomNameRefusal {
    /// It does not begin with `#`.
    #[error("the name of a room begins with #")]
    NoHash,
    /// There is nothing after the `#`.
    #[error("the name of a room has at least one character after the #")]
    Empty,
    /// It is too long.
    #[error("the name of a room has at most {ROOM_NAME_BYTES_MAX} bytes")]
    TooLong,
    /// It contains what a name must not.
    #[error("the name of a room has no spaces, commas or control characters")]
    Malformed,
}

impl RoomName {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, RoomNameRefusal> {
        let Some(rest) = text.strip_prefix('#') else { return Err(RoomNameRefusal::NoHash) };
        if rest.is_empty() {
            return Err(RoomNameRefusal::Empty);
        }
        if text.len() > ROOM_NAME_BYTES_MAX {
            return Err(RoomNameRefusal::TooLong);
        }
        if rest.chars().any(|c| c == ',' || c.is_whitespace() || c.is_control()) {
            return Err(RoomNameRefusal::Malformed);
        }
        Ok(Self(text.into()))
    }

    /// Says whether it has letters nobody sees, or that turn the reading direction. No new room is
    /// given such a name; rooms of earlier versions may have one.
    pub(crate) fn hides_something(&self) -> bool {
        self.0.chars().any(parlor_hub::is_hidden)
    }

    /// Returns the name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form under which names are compared: ASCII lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for RoomName {
    type Err = RoomNameRefusal;

    fn from_str(text: &str) -> Result<Self, RoomNameRefusal> {
        Self::new(text)
    }
}

impl AsRef<str> for RoomName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// The switches of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Only members and the invited come in, and only they see the room.
    pub invited_only: bool,
    /// Only those with a voice speak.
    pub moderated: bool,
    /// Only moderators change the subject.
    pub subject_locked: bool,
}

/// A room as the tables have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The topic of its events.
    pub topic: TopicId,
    /// Its name.
    pub name: RoomName,
    /// What it is about; empty if nobody said.
    pub subject: String,
    /// Who said so: a nick.
    pub subject_by: String,
    /// When.
    pub subject_at_ms: u64,
    /// When the room was created.
    pub created_at_ms: u64,
    /// Its switches.
    pub modes: Modes,
    /// Its settings.
    pub settings: RoomSettings,
}

#[cfg(test)]
mod tests;
