//! What became of messages: edits, reactions, what answers them, and what was taken back.

use parlor_hub::PersonId;
use parlor_topics::{Error, Snapshot, TopicId, Tx, params};

use super::Stretch;
use crate::{
    limits::{QUOTES_MAX, REACTORS_MAX},
    message::Reaction,
};

/// Notes an edit of a message.
pub(crate) fn note_edit(
    tx: &mut Tx<'_>,
    stretch: Stretch,
    message: u64,
    edit: u64,
) -> Result<(), Error> {
    let Stretch { topic, peer } = stretch;
    let sql = "INSERT INTO chat_edit (topic, message, offset) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![topic, message, edit])?;
    let sql = "UPDATE chat_message SET edited = ?4 WHERE topic = ?1 AND peer = ?2 AND offset = ?3";
    tx.execute(sql, params![topic, peer.0, message, edit]).map(drop)
}

/// Returns the places of all edits of a message, the earliest first.
pub(crate) fn edits(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    message: u64,
) -> Result<Vec<u64>, Error> {
    let sql = "SELECT offset FROM chat_edit WHERE topic = ?1 AND message = ?2 ORDER BY offset";
    snapshot.query(sql, params![topic, message], |row| row.get(0))
}

/// Notes that a message was taken back, and forgets the reactions to it.
pub(crate) fn note_redaction(
    tx: &mut Tx<'_>,
    stretch: Stretch,
    message: u64,
    redaction: u64,
) -> Result<(), Error> {
    let Stretch { topic, peer } = stretch;
    let sql =
        "UPDATE chat_message SET redacted = ?4 WHERE topic = ?1 AND peer = ?2 AND offset = ?3";
    tx.execute(sql, params![topic, peer.0, message, redaction])?;
    let sql = "DELETE FROM chat_reaction WHERE topic = ?1 AND message = ?2";
    tx.execute(sql, params![topic, message]).map(drop)
}

/// Returns the places of the replies that carry the text of a message: the first ones.
pub(crate) fn quotes(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    parent: u64,
) -> Result<Vec<u64>, Error> {
    let sql = "SELECT offset FROM chat_message WHERE topic = ?1 AND parent = ?2 AND parent > 0 \
               ORDER BY offset LIMIT ?3";
    snapshot.query(sql, params![topic, parent, QUOTES_MAX], |row| row.get(0))
}

/// Says whether somebody reacts to a message in this way.
pub(crate) fn reacts(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    message: u64,
    emoji: &str,
    person: PersonId,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM chat_reaction \
               WHERE topic = ?1 AND message = ?2 AND emoji = ?3 AND person = ?4";
    let values = params![topic, message, emoji, person.0];
    Ok(snapshot.query_one(sql, values, |_| Ok(()))?.is_some())
}

/// Counts the other ways in which people react to a message.
pub(crate) fn count_other_reactions(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    message: u64,
    emoji: &str,
) -> Result<u64, Error> {
    let sql = "SELECT count(DISTINCT emoji) FROM chat_reaction \
               WHERE topic = ?1 AND message = ?2 AND emoji <> ?3";
    let count = snapshot.query_one(sql, params![topic, message, emoji], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Somebody's reaction on its way into the tables.
pub(crate) struct NewReaction<'a> {
    pub(crate) topic: TopicId,
    pub(crate) message: u64,
    pub(crate) emoji: &'a str,
    pub(crate) person: PersonId,
    pub(crate) nick: &'a str,
    /// The place of the event.
    pub(crate) offset: u64,
}

/// Adds a reaction.
pub(crate) fn insert_reaction(tx: &mut Tx<'_>, new: &NewReaction<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO chat_reaction (topic, message, emoji, person, nick, offset) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    let NewReaction { topic, message, emoji, person, nick, offset } = new;
    tx.execute(sql, params![*topic, *message, *emoji, person.0, *nick, *offset]).map(drop)
}

/// Removes a reaction.
pub(crate) fn delete_reaction(
    tx: &mut Tx<'_>,
    topic: TopicId,
    message: u64,
    emoji: &str,
    person: PersonId,
) -> Result<(), Error> {
    let sql = "DELETE FROM chat_reaction \
               WHERE topic = ?1 AND message = ?2 AND emoji = ?3 AND person = ?4";
    tx.execute(sql, params![topic, message, emoji, person.0]).map(drop)
}

/// Returns the reactions to the messages from one place to another, each with the place of its
/// message, in the order in which they came up.
pub(crate) fn reactions(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    messages: (u64, u64),
    asker: PersonId,
) -> Result<Vec<(u64, Reaction)>, Error> {
    // Of the people only the first ones are read, however many there are.
    let sql = "SELECT message, emoji, person, nick, people, mine, place FROM (\
                 SELECT message, emoji, person, nick, offset, \
                   count(*) OVER (PARTITION BY message, emoji) AS people, \
                   max(CASE WHEN person = ?4 THEN 1 ELSE 0 END) \
                     OVER (PARTITION BY message, emoji) AS mine, \
                   min(offset) OVER (PARTITION BY message, emoji) AS since, \
                   row_number() OVER (PARTITION BY message, emoji ORDER BY offset) AS place \
                 FROM chat_reaction WHERE topic = ?1 AND message >= ?2 AND message <= ?3\
               ) AS ranked WHERE place <= ?5 ORDER BY message, since, place";
    let (first, last) = messages;
    let mut found: Vec<(u64, Reaction)> = Vec::new();
    snapshot.query(sql, params![topic, first, last, asker.0, REACTORS_MAX], |row| {
        let (message, emoji): (u64, String) = (row.get(0)?, row.get(1)?);
        let person = (PersonId(row.get(2)?), row.get(3)?);
        match found.last_mut() {
            Some((of, reaction)) if *of == message && reaction.emoji == emoji => {
                reaction.people.push(person);
            }
            _ => {
                let (people, count, mine) = (vec![person], row.get(4)?, row.get(5)?);
                found.push((message, Reaction { emoji, people, count, mine }));
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Removes what became of the messages of a topic.
pub(crate) fn clear(tx: &mut Tx<'_>, topic: TopicId) -> Result<(), Error> {
    tx.execute("DELETE FROM chat_edit WHERE topic = ?1", params![topic])?;
    tx.execute("DELETE FROM chat_reaction WHERE topic = ?1", params![topic]).map(drop)
}
