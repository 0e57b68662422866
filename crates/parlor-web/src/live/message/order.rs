//! Settings and bans on the wire.

use parlor_chat::event::{BanChange, Report};
use parlor_chat::{Keep, RoomSettings};
use serde::{Deserialize, Serialize};

use super::{AuthorView, TopicKey};

/// How long messages are kept: `"forever"`, `{"days":30}` or `"nothing"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retention {
    Forever,
    Days(u32),
    Nothing,
}

impl From<Retention> for Keep {
    fn from(retention: Retention) -> Self {
        match retention {
            Retention::Forever => Self::Forever,
            Retention::Days(days) => Self::Days(days),
            Retention::Nothing => Self::Nothing,
        }
    }
}

impl From<Keep> for Retention {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::Forever => Self::Forever,
            Keep::Days(days) => Self::Days(days),
            Keep::Nothing => Self::Nothing,
        }
    }
}

/// The settings of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SettingsView {
    pub(crate) retention: Retention,
    pub(crate) slow_s: u32,
    pub(crate) locked: bool,
    pub(crate) description: String,
}

impl From<RoomSettings> for SettingsView {
    fn from(settings: RoomSettings) -> Self {
        let RoomSettings { keep, slow_s, locked, description } = settings;
        Self { retention: keep.into(), slow_s, locked, description }
    }
}

/// A ban that was set or lifted.
#[derive(Debug, Serialize)]
pub(crate) struct BanEventView {
    by: AuthorView,
    mask: String,
    mute: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    reason: String,
    expires: Option<u64>,
}

impl From<BanChange> for BanEventView {
    fn from(ban: BanChange) -> Self {
        let (person, nick) = ban.aimed.map(|(person, nick)| (person.0, nick)).unzip();
        Self {
            by: ban.by.into(),
            mask: ban.mask.to_string(),
            mute: ban.mute,
            person,
            nick,
            reason: ban.reason,
            expires: ban.expires_ms,
        }
    }
}

/// A message that was reported.
#[derive(Debug, Serialize)]
pub(crate) struct ReportView {
    by: AuthorView,
    k: TopicKey,
    room: String,
    msgid: String,
    n: u64,
    person: u64,
    reason: String,
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        Self {
            by: report.by.into(),
            k: report.room.into(),
            room: report.name.to_string(),
            msgid: report.msgid,
            n: report.offset,
            person: report.author.0,
            reason: report.reason,
        }
    }
}
