//! What a person keeps for itself, on the wire.

use parlor_chat::{DirectOverview, NotifyLevel, Own, QuietHours, RoomOverview};
use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use crate::live::command::bad_params;

/// What somebody wants to be told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelName {
    #[default]
    Default,
    All,
    Mentions,
    Nothing,
}

impl LevelName {
    /// Whether nothing was chosen, which needs no word.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::Default
    }
}

impl From<NotifyLevel> for LevelName {
    fn from(level: NotifyLevel) -> Self {
        match level {
            NotifyLevel::Default => Self::Default,
            NotifyLevel::All => Self::All,
            NotifyLevel::Mentions => Self::Mentions,
            NotifyLevel::Nothing => Self::Nothing,
        }
    }
}

impl From<LevelName> for NotifyLevel {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Default => Self::Default,
            LevelName::All => Self::All,
            LevelName::Mentions => Self::Mentions,
            LevelName::Nothing => Self::Nothing,
        }
    }
}

/// What somebody has of its own about a room or a conversation; absent when there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OwnView {
    #[serde(skip_serializing_if = "is_zero")]
    mentions: u64,
    #[serde(skip_serializing_if = "is_zero")]
    first_unread: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    draft: String,
    #[serde(skip_serializing_if = "LevelName::is_default")]
    notify: LevelName,
}

impl From<&RoomOverview> for OwnView {
    fn from(listed: &RoomOverview) -> Self {
        let Own { draft, notify } = listed.own.clone();
        let (mentions, first_unread) = (listed.mentions, listed.first_unread);
        Self { mentions, first_unread, draft, notify: notify.into() }
    }
}

impl From<&DirectOverview> for OwnView {
    fn from(direct: &DirectOverview) -> Self {
        let Own { draft, notify } = direct.own.clone();
        let first_unread = direct.first_unread;
        Self { mentions: 0, first_unread, draft, notify: notify.into() }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// When somebody wants quiet, as `"22:00"` and `"07:00"` of its own day; both null for never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QuietHoursView {
    from: Option<String>,
    to: Option<String>,
}

impl QuietHoursView {
    pub(crate) fn new(quiet: Option<QuietHours>) -> Self {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let (from, to) = (quiet.map(|q| time(q.starts)), quiet.map(|q| time(q.ends)));
        Self { from, to }
    }

    /// Reads the hours.
    ///
    /// # Errors
    ///
    /// `bad_params` when only one of them is given, or one is no time of a day.
    pub(crate) fn quiet(&self) -> Result<Option<QuietHours>, Problem> {
        match (&self.from, &self.to) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) => {
                Ok(Some(QuietHours { starts: minute(from)?, ends: minute(to)? }))
            }
            _ => Err(bad_params("from and to are needed, or neither")),
        }
    }
}

fn minute(text: &str) -> Result<u16, Problem> {
    let wrong = || bad_params(r#"a time is written as "22:00""#);
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, below: u16| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|number| plain && *number < below).ok_or_else(wrong)
    };
    Ok(number(hour, 24)? * 60 + number(minute, 60)?)
}
