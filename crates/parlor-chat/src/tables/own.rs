//! What people keep for themselves: drafts, notification levels, quiet hours, and who is named.

use parlor_hub::PersonId;
use parlor_topics::{Error, Snapshot, TopicId, Tx, params};

use super::Stretch;
use crate::{
    limits::UNREAD_MAX,
    own::{NotifyLevel, Own, QuietHours},
};

/// Reads what somebody keeps about a room or a conversation.
pub(crate) fn own(
    snapshot: &Snapshot<'_>,
    person: PersonId,
    stretch: Stretch,
) -> Result<Own, Error> {
    let sql = "SELECT \
               (SELECT text FROM chat_draft WHERE person = ?1 AND topic = ?2 AND peer = ?3), \
               (SELECT level FROM chat_notify WHERE person = ?1 AND topic = ?2 AND peer = ?3)";
    let values = params![person.0, stretch.topic, stretch.peer.0];
    let found = snapshot.query_one(sql, values, |row| {
        let draft: Option<String> = row.get(0)?;
        let notify = level(row.get::<Option<i64>>(1)?);
        Ok(Own { draft: draft.unwrap_or_default(), notify })
    })?;
    Ok(found.unwrap_or_default())
}

fn level(stored: Option<i64>) -> NotifyLevel {
    match stored {
        Some(1) => NotifyLevel::All,
        Some(2) => NotifyLevel::Mentions,
        Some(3) => NotifyLevel::Nothing,
        _ => NotifyLevel::Default,
    }
}

/// Keeps a draft; an empty one is removed.
pub(crate) fn set_draft(
    tx: &mut Tx<'_>,
    person: PersonId,
    stretch: Stretch,
    text: &str,
) -> Result<(), Error> {
    let Stretch { topic, peer } = stretch;
    if text.is_empty() {
        let sql = "DELETE FROM chat_draft WHERE person = ?1 AND topic = ?2 AND peer = ?3";
        return tx.execute(sql, params![person.0, topic, peer.0]).map(drop);
    }
    let sql = "INSERT INTO chat_draft (person, topic, peer, text) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (person, topic, peer) DO UPDATE SET text = excluded.text";
    tx.execute(sql, params![person.0, topic, peer.0, text]).map(drop)
}

/// Counts somebody's drafts elsewhere.
pub(crate) fn count_other_drafts(
    snapshot: &Snapshot<'_>,
    person: PersonId,
    stretch: Stretch,
) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM chat_draft \
               WHERE person = ?1 AND NOT (topic = ?2 AND peer = ?3)";
    let values = params![person.0, stretch.topic, stretch.peer.0];
    Ok(snapshot.query_one(sql, values, |row| row.get(0))?.unwrap_or(0))
}

/// Keeps what somebody wants to be told of.
pub(crate) fn set_notify(
    tx: &mut Tx<'_>,
    person: PersonId,
    stretch: Stretch,
    notify: NotifyLevel,
) -> Result<(), Error> {
    let Stretch { topic, peer } = stretch;
    let level = match notify {
        NotifyLevel::Default => {
            let sql = "DELETE FROM chat_notify WHERE person = ?1 AND topic = ?2 AND peer = ?3";
            return tx.execute(sql, params![person.0, topic, peer.0]).map(drop);
        }
        NotifyLevel::All => 1,
        NotifyLevel::Mentions => 2,
        NotifyLevel::Nothing => 3,
    };
    let sql = "INSERT INTO chat_notify (person, topic, peer, level) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (person, topic, peer) DO UPDATE SET level = excluded.level";
    tx.execute(sql, params![person.0, topic, peer.0, level]).map(drop)
}

/// Reads when somebody wants quiet.
pub(crate) fn quiet_hours(
    snapshot: &Snapshot<'_>,
    person: PersonId,
) -> Result<Option<QuietHours>, Error> {
    let sql = "SELECT starts, ends FROM chat_quiet WHERE person = ?1";
    snapshot.query_one(sql, params![person.0], |row| {
        let minute = |at| row.get::<i64>(at).map(|minute| u16::try_from(minute).unwrap_or(0));
        Ok(QuietHours { starts: minute(0)?, ends: minute(1)? })
    })
}

/// Keeps when somebody wants quiet.
pub(crate) fn set_quiet_hours(
    tx: &mut Tx<'_>,
    person: PersonId,
    quiet: Option<QuietHours>,
) -> Result<(), Error> {
    let Some(QuietHours { starts, ends }) = quiet else {
        let sql = "DELETE FROM chat_quiet WHERE person = ?1";
        return tx.execute(sql, params![person.0]).map(drop);
    };
    let sql = "INSERT INTO chat_quiet (person, starts, ends) VALUES (?1, ?2, ?3) \
               ON CONFLICT (person) DO UPDATE SET starts = excluded.starts, ends = excluded.ends";
    tx.execute(sql, params![person.0, u32::from(starts), u32::from(ends)]).map(drop)
}

/// Counts the messages after an offset in which somebody is named, up to the limit of counting.
pub(crate) fn mentions(
    snapshot: &Snapshot<'_>,
    person: PersonId,
    topic: TopicId,
    after: u64,
) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM (SELECT 1 AS one FROM chat_mention \
               WHERE person = ?1 AND topic = ?2 AND offset > ?3 LIMIT ?4) AS named";
    let values = params![person.0, topic, after, UNREAD_MAX];
    Ok(snapshot.query_one(sql, values, |row| row.get(0))?.unwrap_or(0))
}

/// Forgets who is named in a message.
pub(crate) fn clear_mentions(tx: &mut Tx<'_>, topic: TopicId, offset: u64) -> Result<(), Error> {
    let sql = "DELETE FROM chat_mention WHERE topic = ?1 AND offset = ?2";
    tx.execute(sql, params![topic, offset]).map(drop)
}

/// Notes that somebody is named in a message.
pub(crate) fn insert_mention(
    tx: &mut Tx<'_>,
    person: PersonId,
    topic: TopicId,
    offset: u64,
) -> Result<(), Error> {
    let sql = "INSERT INTO chat_mention (person, topic, offset) VALUES (?1, ?2, ?3) \
               ON CONFLICT DO NOTHING";
    tx.execute(sql, params![person.0, topic, offset]).map(drop)
}
