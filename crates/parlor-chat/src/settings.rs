//! What the keepers of a room decide about it, beyond its switches.

use crate::limits::{DESCRIPTION_BYTES_MAX, KEEP_DAYS_MAX, SLOW_S_MAX};

/// How long the messages of a room are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Keep {
    /// For ever.
    #[default]
    Forever,
    /// For so many days.
    Days(u32),
    /// Not at all: who is not there misses it.
    Nothing,
}

/// The settings of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomSettings {
    /// How long its messages are kept.
    pub keep: Keep,
    /// The least seconds between two messages of somebody without a voice; 0 is no slow mode.
    pub slow_s: u32,
    /// Whether only moderators may speak.
    pub locked: bool,
    /// What the room is for, in a few sentences; the subject says what it is about now.
    pub description: String,
}

/// Which settings of a room to change; those absent stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingChange {
    /// See [`RoomSettings::keep`].
    pub keep: Option<Keep>,
    /// See [`RoomSettings::slow_s`].
    pub slow_s: Option<u32>,
    /// See [`RoomSettings::locked`].
    pub locked: Option<bool>,
    /// See [`RoomSettings::description`].
    pub description: Option<String>,
}

/// Why settings can't be those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingRefusal {
    /// The days are none, or too many.
    #[error("messages are kept for 1 to {KEEP_DAYS_MAX} days, for ever or not at all")]
    Days,
    /// The pause is too long.
    #[error("slow mode asks for at most {SLOW_S_MAX} seconds between two messages")]
    Slow,
    /// The description is too long.
    #[error("a description has at most {DESCRIPTION_BYTES_MAX} bytes")]
    Description,
}

impl SettingChange {
    /// Checks the bounds of what is to be set.
    pub(crate) fn check(&self) -> Result<(), SettingRefusal> {
        if let Some(Keep::Days(days)) = self.keep
            && !(1..=KEEP_DAYS_MAX).contains(&days)
        {
            return Err(SettingRefusal::Days);
        }
        if self.slow_s.is_some_and(|seconds| seconds > SLOW_S_MAX) {
            return Err(SettingRefusal::Slow);
        }
        if self.description.as_ref().is_some_and(|text| text.len() > DESCRIPTION_BYTES_MAX) {
            return Err(SettingRefusal::Description);
        }
        Ok(())
    }

    /// Returns the settings after the change, if it changes anything.
    pub(crate) fn applied(&self, now: &RoomSettings) -> Option<RoomSettings> {
        let then = RoomSettings {
            keep: self.keep.unwrap_or(now.keep),
            slow_s: self.slow_s.unwrap_or(now.slow_s),
            locked: self.locked.unwrap_or(now.locked),
            description: self.description.clone().unwrap_or_else(|| now.description.clone()),
        };
        (then != *now).then_some(then)
    }
}
