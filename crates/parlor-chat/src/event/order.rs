//! The bodies of events by which order is kept: names, settings, bans and reports.

use parlor_hub::PersonId;
use parlor_topics::{Event, TopicId};
use serde::{Deserialize, Serialize};

use super::{BANNED, ChatEvent, RENAMED, REPORTED, SETTINGS, UNBANNED, author::AuthorBody, read};
use crate::{
    ban::BanMask,
    message::Author,
    room::RoomName,
    settings::{Keep, RoomSettings},
};

/// A ban that was set or lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanChange {
    /// Who did it.
    pub by: Author,
    /// Whom it covers.
    pub mask: BanMask,
    /// Whether it silences only.
    pub mute: bool,
    /// At whom it was aimed, if at somebody in particular, with its nick.
    pub aimed: Option<(PersonId, String)>,
    /// Why, if somebody said.
    pub reason: String,
    /// When it ends, if it does.
    pub expires_ms: Option<u64>,
}

/// A message somebody has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who reports.
    pub by: Author,
    /// The room of the message.
    pub room: TopicId,
    /// Its name.
    pub name: RoomName,
    /// The message.
    pub msgid: String,
    /// Its place in the room.
    pub offset: u64,
    /// Who said it.
    pub author: PersonId,
    /// Why it is reported.
    pub reason: String,
}

/// Reads an event of these kinds.
pub(super) fn decode(event: &Event) -> Option<ChatEvent> {
    match &*event.kind {
        RENAMED => {
            let RenamedBody { by, before, name, reason } = read(event)?;
            let (before, name) = (RoomName::new(&before).ok()?, RoomName::new(&name).ok()?);
            Some(ChatEvent::Renamed { by: by.into(), before, name, reason })
        }
        SETTINGS => {
            let SettingsChangeBody { by, before, settings } = read(event)?;
            let (before, settings) = (before.into(), settings.into());
            Some(ChatEvent::SettingsChanged { by: by.into(), before, settings })
        }
        BANNED => read::<BanBody>(event)?.change().map(ChatEvent::Banned),
        UNBANNED => read::<BanBody>(event)?.change().map(ChatEvent::Unbanned),
        REPORTED => read::<ReportBody>(event)?.report().map(ChatEvent::Reported),
        _ => None,
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RenamedBody {
    pub(super) by: AuthorBody,
    pub(super) before: String,
    pub(super) name: String,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SettingsChangeBody {
    pub(super) by: AuthorBody,
    pub(super) before: SettingsBody,
    pub(super) settings: SettingsBody,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SettingsBody {
    retention: KeepBody,
    slow_s: u32,
    locked: bool,
    description: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeepBody {
    Forever,
    Days(u32),
    Nothing,
}

#[derive(Serialize, Deserialize)]
pub(super) struct BanBody {
    by: AuthorBody,
    mask: String,
    mute: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReportBody {
    by: AuthorBody,
    room: u64,
    name: String,
    msgid: String,
    n: u64,
    author: u64,
    reason: String,
}

impl From<SettingsBody> for RoomSettings {
    fn from(body: SettingsBody) -> Self {
        let SettingsBody { retention, slow_s, locked, description } = body;
        let keep = match retention {
            KeepBody::Forever => Keep::Forever,
            KeepBody::Days(days) => Keep::Days(days),
            KeepBody::Nothing => Keep::Nothing,
        };
        Self { keep, slow_s, locked, description }
    }
}

impl From<RoomSettings> for SettingsBody {
    fn from(settings: RoomSettings) -> Self {
        let RoomSettings { keep, slow_s, locked, description } = settings;
        let retention = match keep {
            Keep::Forever => KeepBody::Forever,
            Keep::Days(days) => KeepBody::Days(days),
            Keep::Nothing => KeepBody::Nothing,
        };
        Self { retention, slow_s, locked, description }
    }
}

impl From<BanChange> for BanBody {
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

impl BanBody {
    fn change(self) -> Option<BanChange> {
        Some(BanChange {
            by: self.by.into(),
            mask: BanMask::new(&self.mask).ok()?,
            mute: self.mute,
            aimed: self.person.map(|person| (PersonId(person), self.nick.unwrap_or_default())),
            reason: self.reason,
            expires_ms: self.expires,
        })
    }
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        Self {
            by: report.by.into(),
            room: report.room.0,
            name: report.name.to_string(),
            msgid: report.msgid,
            n: report.offset,
            author: report.author.0,
            reason: report.reason,
        }
    }
}

impl ReportBody {
    fn report(self) -> Option<Report> {
        Some(Report {
            by: self.by.into(),
            room: TopicId(self.room),
            name: RoomName::new(&self.name).ok()?,
            msgid: self.msgid,
            offset: self.n,
            author: PersonId(self.author),
            reason: self.reason,
        })
    }
}
