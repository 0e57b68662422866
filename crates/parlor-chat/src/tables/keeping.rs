//! Removing what a room keeps no longer.

use parlor_topics::{Error, Snapshot, TopicId, Tx, params};

use super::order::keep;
use crate::settings::Keep;

/// Returns the rooms that do not keep their messages for ever.
pub(crate) fn forgetful(snapshot: &Snapshot<'_>) -> Result<Vec<(TopicId, Keep)>, Error> {
    let sql = "SELECT topic, keep_days FROM chat_room WHERE keep_days >= 0";
    snapshot.query(sql, &[], |row| Ok((row.get(0)?, keep(row.get(1)?))))
}

/// Removes the events of a room up to a place, and all that hangs on its messages.
pub(crate) fn forget(tx: &mut Tx<'_>, room: TopicId, upto: u64) -> Result<(), Error> {
    for sql in [
        "DELETE FROM chat_file WHERE topic = ?1 AND msgid IN \
         (SELECT msgid FROM chat_message WHERE topic = ?1 AND peer = 0 AND offset <= ?2)",
        "DELETE FROM chat_report WHERE topic = ?1 AND msgid IN \
         (SELECT msgid FROM chat_message WHERE topic = ?1 AND peer = 0 AND offset <= ?2)",
        "DELETE FROM chat_edit WHERE topic = ?1 AND message <= ?2",
        "DELETE FROM chat_reaction WHERE topic = ?1 AND message <= ?2",
        "DELETE FROM chat_mention WHERE topic = ?1 AND offset <= ?2",
        "DELETE FROM chat_message WHERE topic = ?1 AND peer = 0 AND offset <= ?2",
    ] {
        tx.execute(sql, params![room, upto])?;
    }
    tx.trim(room, upto + 1)
}
