//! The table of what the names of rooms look like.

use parlor_hub::looks;
use parlor_topics::{Error, Snapshot, TopicId, Tx, params};

use crate::room::RoomName;

/// Says whether people would take a name for that of another room than its own, if it has one.
pub(crate) fn taken(
    snapshot: &Snapshot<'_>,
    name: &RoomName,
    own: Option<TopicId>,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM chat_room WHERE folded = ?1 AND topic <> ?2 \
               UNION ALL SELECT 1 FROM chat_look WHERE look = ?1 AND topic <> ?2 LIMIT 1";
    // 0 is no topic's id.
    let own = own.unwrap_or(TopicId(0));
    for look in looks(name.as_str()) {
        if snapshot.query_one(sql, params![look, own], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes what the name of a room looks like; of one in ASCII its folded name says so.
pub(super) fn insert(tx: &mut Tx<'_>, topic: TopicId, name: &RoomName) -> Result<(), Error> {
    if !name.as_str().is_ascii() {
        for look in looks(name.as_str()) {
            let sql = "INSERT INTO chat_look (look, topic) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            tx.execute(sql, params![look, topic])?;
        }
    }
    Ok(())
}

/// Notes that a room looks otherwise, because it has another name.
pub(super) fn replace(tx: &mut Tx<'_>, topic: TopicId, name: &RoomName) -> Result<(), Error> {
    clear(tx, topic)?;
    insert(tx, topic, name)
}

/// Notes the looks of rooms that an earlier version made.
pub(crate) fn complete(tx: &mut Tx<'_>) -> Result<(), Error> {
    let sql = "SELECT topic, name FROM chat_room r \
               WHERE NOT EXISTS (SELECT 1 FROM chat_look l WHERE l.topic = r.topic)";
    let rooms = tx.query(sql, &[], |row| Ok((row.get(0)?, row.get::<String>(1)?)))?;
    for (topic, name) in rooms {
        if let Ok(name) = RoomName::new(&name) {
            insert(tx, topic, &name)?;
        }
    }
    Ok(())
}

/// Forgets what a room that is removed looks like.
pub(super) fn clear(tx: &mut Tx<'_>, topic: TopicId) -> Result<(), Error> {
    tx.execute("DELETE FROM chat_look WHERE topic = ?1", params![topic]).map(drop)
}
