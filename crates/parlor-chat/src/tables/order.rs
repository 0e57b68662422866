//! The tables by which order is kept: bans, settings, slow mode and reports.

use parlor_hub::PersonId;
use parlor_topics::{Error, Row, Snapshot, TopicId, Tx, params};

use crate::{
    ban::{Ban, BanMask},
    limits::BANS_PER_ROOM,
    settings::{Keep, RoomSettings},
};

/// Reads how long messages are kept.
pub(super) fn keep(days: i64) -> Keep {
    match days {
        0 => Keep::Nothing,
        1.. => Keep::Days(u32::try_from(days).unwrap_or(u32::MAX)),
        _ => Keep::Forever,
    }
}

/// Keeps the settings of a room, but for the lock, which is the hub's.
pub(crate) fn set_settings(
    tx: &mut Tx<'_>,
    topic: TopicId,
    settings: &RoomSettings,
) -> Result<(), Error> {
    let days = match settings.keep {
        Keep::Forever => -1,
        Keep::Days(days) => i64::from(days),
        Keep::Nothing => 0,
    };
    let sql = "UPDATE chat_room SET keep_days = ?2, slow_s = ?3, description = ?4 \
               WHERE topic = ?1";
    let RoomSettings { slow_s, description, .. } = settings;
    tx.execute(sql, params![topic, days, *slow_s, description]).map(drop)?;
    if *slow_s == 0 {
        tx.execute("DELETE FROM chat_spoken WHERE topic = ?1", params![topic])?;
    }
    Ok(())
}

/// What slow mode knows about somebody in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) slow_s: u32,
    pub(crate) spoke_at_ms: Option<u64>,
}

/// Reads the pause a room asks for, and when the person last spoke under it.
pub(crate) fn pace(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    person: PersonId,
) -> Result<Pace, Error> {
    let sql = "SELECT slow_s, (SELECT at_ms FROM chat_spoken WHERE topic = ?1 AND person = ?2) \
               FROM chat_room WHERE topic = ?1";
    let found = snapshot.query_one(sql, params![topic, person.0], |row| {
        Ok(Pace { slow_s: row.get(0)?, spoke_at_ms: row.get(1)? })
    })?;
    Ok(found.unwrap_or(Pace { slow_s: 0, spoke_at_ms: None }))
}

/// Notes that somebody has spoken in a room in slow mode.
pub(crate) fn note_spoken(tx: &mut Tx<'_>, topic: TopicId, person: PersonId) -> Result<(), Error> {
    let sql = "INSERT INTO chat_spoken (topic, person, at_ms) VALUES (?1, ?2, ?3) \
               ON CONFLICT (topic, person) DO UPDATE SET at_ms = excluded.at_ms";
    let now_ms = tx.now_ms();
    tx.execute(sql, params![topic, person.0, now_ms]).map(drop)
}

/// Reads the bans of a room that have not ended, the newest first.
pub(crate) fn bans(snapshot: &Snapshot<'_>, topic: TopicId) -> Result<Vec<Ban>, Error> {
    let sql = "SELECT mask, mute, person, nick, by_nick, reason, at_ms, expires_ms FROM chat_ban \
               WHERE topic = ?1 AND (expires_ms = 0 OR expires_ms > ?2) \
               ORDER BY at_ms DESC, mask LIMIT ?3";
    // One mask may both keep out and silence.
    let most = 2 * BANS_PER_ROOM;
    snapshot.query(sql, params![topic, snapshot.now_ms(), most], ban)
}

fn ban(row: &Row<'_>) -> Result<Ban, Error> {
    let mask = BanMask::new(&row.get::<String>(0)?)
        .map_err(|why| Error::Damaged(why.to_string().into()))?;
    let person: u64 = row.get(2)?;
    let nick: String = row.get(3)?;
    Ok(Ban {
        mask,
        mute: row.get(1)?,
        aimed: (person != 0).then_some((PersonId(person), nick)),
        by: row.get(4)?,
        reason: row.get(5)?,
        at_ms: row.get(6)?,
        expires_ms: Some(row.get(7)?).filter(|at| *at != 0),
    })
}

/// Counts the bans of a room, after removing those that have ended.
pub(crate) fn count_bans(tx: &mut Tx<'_>, topic: TopicId) -> Result<u64, Error> {
    let now_ms = tx.now_ms();
    let sql = "DELETE FROM chat_ban WHERE topic = ?1 AND expires_ms <> 0 AND expires_ms <= ?2";
    tx.execute(sql, params![topic, now_ms])?;
    let sql = "SELECT count(*) FROM chat_ban WHERE topic = ?1";
    Ok(tx.query_one(sql, params![topic], |row| row.get(0))?.unwrap_or(0))
}

/// Adds a ban, or gives the same one other words and another end.
pub(crate) fn insert_ban(tx: &mut Tx<'_>, topic: TopicId, ban: &Ban) -> Result<(), Error> {
    let sql = "INSERT INTO chat_ban \
               (topic, mask, mute, person, nick, by_nick, reason, at_ms, expires_ms) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
               ON CONFLICT (topic, mask, mute) DO UPDATE SET person = excluded.person, \
               nick = excluded.nick, by_nick = excluded.by_nick, reason = excluded.reason, \
               at_ms = excluded.at_ms, expires_ms = excluded.expires_ms";
    let (person, nick) = ban.aimed.as_ref().map_or((0, ""), |(person, nick)| (person.0, nick));
    let Ban { mask, mute, by, reason, at_ms, expires_ms, .. } = ban;
    let (mask, expires_ms) = (mask.to_string(), expires_ms.unwrap_or(0));
    let values = params![topic, &mask, *mute, person, nick, by, reason, *at_ms, expires_ms];
    tx.execute(sql, values).map(drop)
}

/// Removes a ban.
pub(crate) fn delete_ban(tx: &mut Tx<'_>, topic: TopicId, ban: &Ban) -> Result<(), Error> {
    let sql = "DELETE FROM chat_ban WHERE topic = ?1 AND mask = ?2 AND mute = ?3";
    tx.execute(sql, params![topic, ban.mask.to_string(), ban.mute]).map(drop)
}

/// Finds a message of a room by its id: its place and its author.
pub(crate) fn message(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    msgid: &str,
) -> Result<Option<(u64, PersonId)>, Error> {
    let sql = "SELECT offset, author FROM chat_message \
               WHERE topic = ?1 AND msgid = ?2 AND peer = 0";
    snapshot.query_one(sql, params![topic, msgid], |row| Ok((row.get(0)?, PersonId(row.get(1)?))))
}

/// Notes a report; says whether it is the person's first of this message.
pub(crate) fn insert_report(
    tx: &mut Tx<'_>,
    topic: TopicId,
    msgid: &str,
    person: PersonId,
) -> Result<bool, Error> {
    let sql = "INSERT INTO chat_report (topic, msgid, person, at_ms) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO NOTHING";
    let now_ms = tx.now_ms();
    Ok(tx.execute(sql, params![topic, msgid, person.0, now_ms])? > 0)
}

/// Counts what somebody has reported since a moment.
pub(crate) fn count_reports(
    snapshot: &Snapshot<'_>,
    person: PersonId,
    since_ms: u64,
) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM chat_report WHERE person = ?1 AND at_ms > ?2";
    Ok(snapshot.query_one(sql, params![person.0, since_ms], |row| row.get(0))?.unwrap_or(0))
}

/// Forgets all of this about a room that is removed.
pub(super) fn clear(tx: &mut Tx<'_>, topic: TopicId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM chat_ban WHERE topic = ?1",
        "DELETE FROM chat_spoken WHERE topic = ?1",
        "DELETE FROM chat_report WHERE topic = ?1",
    ] {
        tx.execute(sql, params![topic])?;
    }
    Ok(())
}
