//! The table of images, and what they hang on.

use parlor_hub::PersonId;
use parlor_topics::{Error, Row, Snapshot, TopicId, Tx, params};

use crate::attachment::{Attachment, Shelved};

/// An image as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) file: Attachment,
    pub(crate) owner: PersonId,
    pub(crate) hash: String,
    /// The room or inbox of its message; none yet.
    pub(crate) topic: Option<TopicId>,
    /// The other person, if its message is direct.
    pub(crate) peer: PersonId,
    /// Whether it is its owner's avatar, which everybody may see.
    pub(crate) avatar: bool,
}

fn file(row: &Row<'_>) -> Result<FileRow, Error> {
    let topic: u64 = row.get(8)?;
    Ok(FileRow {
        file: Attachment {
            id: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            bytes: row.get(3)?,
            width: row.get(4)?,
            height: row.get(5)?,
        },
        owner: PersonId(row.get(6)?),
        hash: row.get(7)?,
        topic: (topic != 0).then_some(TopicId(topic)),
        peer: PersonId(row.get(9)?),
        avatar: row.get(10)?,
    })
}

/// Finds an image.
pub(crate) fn by_id(snapshot: &Snapshot<'_>, id: &str) -> Result<Option<FileRow>, Error> {
    let sql = "SELECT id, name, type, bytes, width, height, owner, hash, topic, peer, avatar \
               FROM chat_file WHERE id = ?1";
    snapshot.query_one(sql, params![id], file)
}

/// Adds up what somebody's images take.
pub(crate) fn bytes_of(snapshot: &Snapshot<'_>, owner: PersonId) -> Result<u64, Error> {
    let sql = "SELECT coalesce(sum(bytes), 0) FROM chat_file WHERE owner = ?1";
    Ok(snapshot.query_one(sql, params![owner.0], |row| row.get(0))?.unwrap_or(0))
}

/// Adds an image that hangs on nothing yet.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    owner: PersonId,
    file: &Attachment,
    shelved: &Shelved,
) -> Result<(), Error> {
    let sql = "INSERT INTO chat_file (id, owner, hash, name, type, bytes, width, height, \
               created_ms, topic, peer, msgid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, '')";
    let Attachment { id, name, kind, bytes, width, height } = file;
    let now_ms = tx.now_ms();
    let values = params![id, owner.0, &shelved.hash, name, kind, *bytes, *width, *height, now_ms];
    tx.execute(sql, values).map(drop)
}

/// Hangs an image of the author's on a message; says whether it was there and free.
pub(crate) fn hang(
    tx: &mut Tx<'_>,
    id: &str,
    owner: PersonId,
    topic: TopicId,
    peer: PersonId,
    msgid: &str,
) -> Result<bool, Error> {
    let sql = "UPDATE chat_file SET topic = ?3, peer = ?4, msgid = ?5 \
               WHERE id = ?1 AND owner = ?2 AND topic = 0 AND avatar = 0";
    Ok(tx.execute(sql, params![id, owner.0, topic, peer.0, msgid])? > 0)
}

/// Makes an image of the owner's its avatar, in place of an earlier one, or of none without. Says
/// whether it was there and free, and returns the content that may be nobody's now.
pub(crate) fn wear(
    tx: &mut Tx<'_>,
    owner: PersonId,
    id: Option<&str>,
) -> Result<Option<Vec<String>>, Error> {
    let id = id.unwrap_or_default();
    let sql = "SELECT 1 FROM chat_file WHERE id = ?1 AND owner = ?2 AND topic = 0";
    if !id.is_empty() && tx.query_one(sql, params![id, owner.0], |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT hash FROM chat_file WHERE owner = ?1 AND avatar = 1 AND id <> ?2";
    let hashes = tx.query(sql, params![owner.0, id], |row| row.get(0))?;
    let sql = "DELETE FROM chat_file WHERE owner = ?1 AND avatar = 1 AND id <> ?2";
    tx.execute(sql, params![owner.0, id])?;
    let sql = "UPDATE chat_file SET avatar = 1 WHERE id = ?1";
    tx.execute(sql, params![id])?;
    Ok(Some(hashes))
}

/// Forgets the images of a message that was taken back. Returns their contents, which may be
/// nobody's now.
pub(crate) fn release(tx: &mut Tx<'_>, topic: TopicId, msgid: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT hash FROM chat_file WHERE topic = ?1 AND msgid = ?2";
    let hashes = tx.query(sql, params![topic, msgid], |row| row.get(0))?;
    if !hashes.is_empty() {
        let sql = "DELETE FROM chat_file WHERE topic = ?1 AND msgid = ?2";
        tx.execute(sql, params![topic, msgid])?;
    }
    Ok(hashes)
}

/// Forgets the images that were never used since a moment, and those whose message is gone.
pub(crate) fn clear(tx: &mut Tx<'_>, unused_since_ms: u64) -> Result<(), Error> {
    let sql = "DELETE FROM chat_file WHERE topic = 0 AND avatar = 0 AND created_ms < ?1";
    tx.execute(sql, params![unused_since_ms])?;
    // The avatar of an account goes with it.
    let worn = "SELECT id, owner FROM chat_file WHERE avatar = 1";
    let worn = tx.query(worn, &[], |row| Ok((row.get::<String>(0)?, PersonId(row.get(1)?))))?;
    for (id, owner) in worn {
        if !parlor_hub::is_avatar(tx, owner, &id)? {
            tx.execute("DELETE FROM chat_file WHERE id = ?1", params![id])?;
        }
    }
    let sql = "DELETE FROM chat_file WHERE topic <> 0 AND NOT EXISTS (SELECT 1 FROM chat_message m \
               WHERE m.topic = chat_file.topic AND m.msgid = chat_file.msgid)";
    tx.execute(sql, &[]).map(drop)
}

/// Picks the contents nobody refers to.
pub(crate) fn unreferenced(
    snapshot: &Snapshot<'_>,
    hashes: &[String],
) -> Result<Vec<String>, Error> {
    let sql = "SELECT 1 FROM chat_file WHERE hash = ?1 LIMIT 1";
    let mut unreferenced = Vec::new();
    for hash in hashes {
        if snapshot.query_one(sql, params![hash], |_| Ok(()))?.is_none() {
            unreferenced.push(hash.clone());
        }
    }
    Ok(unreferenced)
}
