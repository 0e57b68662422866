//! The tables of chat, and every query on them.

pub(crate) mod amended;
pub(crate) mod keeping;
pub(crate) mod order;
pub(crate) mod files;
pub(crate) mod looks;
pub(crate) mod own;

use parlor_hub::{Actor, PersonId, Rights, rights};
use parlor_topics::{Error, Row, Schema, Snapshot, TopicId, Tx, params};

use crate::{
    limits::UNREAD_MAX,
    message::{Anchor, Scope},
    room::{Modes, Room, RoomName},
    rules,
    settings::RoomSettings,
};

/// Returns the tables of chat for [`parlor_topics::Options::schemas`].
pub fn schema() -> Schema {
    Schema { name: "chat", migrations: MIGRATIONS }
}

const MIGRATIONS: &[&str] = &[
    include_str!("../schema.sql"),
    include_str!("../migrations/2-order.sql"),
    include_str!("../migrations/3-amended.sql"),
    include_str!("../migrations/4-own.sql"),
    include_str!("../migrations/5-files.sql"),
    include_str!("../migrations/6-devices.sql"),
    include_str!("../migrations/7-looks.sql"),
    include_str!("../migrations/8-avatars.sql"),
    include_str!("../migrations/9-msgids.sql"),
];

/// What stands for "no other person" in the column `peer`: the messages of rooms.
pub(crate) const NOBODY: PersonId = PersonId(0);

/// A room together with what the asker may do there.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) room: Room,
    pub(crate) rights: Rights,
    /// Whether the room is on the asker's list.
    pub(crate) listed: bool,
}

const ROOM: &str = "SELECT topic, name, subject, subject_by, subject_at_ms, created_at_ms, \
                    keep_days, slow_s, description FROM chat_room";

/// Finds a room by name.
pub(crate) fn by_name(
    snapshot: &Snapshot<'_>,
    actor: &Actor,
    folded: &str,
) -> Result<Option<Sight>, Error> {
    let room = snapshot.query_one(&format!("{ROOM} WHERE folded = ?1"), params![folded], room)?;
    room.map(|room| sight(snapshot, actor, room)).transpose()
}

/// Finds a room by topic.
pub(crate) fn by_topic(
    snapshot: &Snapshot<'_>,
    actor: &Actor,
    topic: TopicId,
) -> Result<Option<Sight>, Error> {
    let room = snapshot.query_one(&format!("{ROOM} WHERE topic = ?1"), params![topic], room)?;
    room.map(|room| sight(snapshot, actor, room)).transpose()
}

/// Reads all rooms by name.
pub(crate) fn all(snapshot: &Snapshot<'_>, actor: &Actor) -> Result<Vec<Sight>, Error> {
    let rooms = snapshot.query(&format!("{ROOM} ORDER BY folded"), &[], room)?;
    rooms.into_iter().map(|room| sight(snapshot, actor, room)).collect()
}

fn room(row: &Row<'_>) -> Result<Room, Error> {
    let name = RoomName::new(&row.get::<String>(1)?)
        .map_err(|why| Error::Damaged(why.to_string().into()))?;
    Ok(Room {
        topic: row.get(0)?,
        name,
        subject: row.get(2)?,
        subject_by: row.get(3)?,
        subject_at_ms: row.get(4)?,
        created_at_ms: row.get(5)?,
        modes: Modes::default(),
        settings: RoomSettings {
            keep: order::keep(row.get(6)?),
            slow_s: row.get(7)?,
            locked: false,
            description: row.get(8)?,
        },
    })
}

fn sight(snapshot: &Snapshot<'_>, actor: &Actor, mut room: Room) -> Result<Sight, Error> {
    let mut rights = rights(snapshot, actor, room.topic)?;
    let listed = actor.account.is_some() && is_listed(snapshot, actor.person, room.topic)?;
    rights.present = listed;
    room.modes = rules::modes(rights.settings);
    room.settings.locked = rights.settings.locked;
    Ok(Sight { room, rights, listed })
}

/// Says whether a room is on a person's list.
pub(crate) fn is_listed(
    snapshot: &Snapshot<'_>,
    person: PersonId,
    topic: TopicId,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM chat_member WHERE person = ?1 AND topic = ?2";
    Ok(snapshot.query_one(sql, params![person.0, topic], |_| Ok(()))?.is_some())
}

/// Returns the rooms on a person's list.
pub(crate) fn listed(snapshot: &Snapshot<'_>, person: PersonId) -> Result<Vec<TopicId>, Error> {
    let sql = "SELECT topic FROM chat_member WHERE person = ?1";
    snapshot.query(sql, params![person.0], |row| row.get(0))
}

/// Puts a room on a person's list.
pub(crate) fn list(tx: &mut Tx<'_>, person: PersonId, topic: TopicId) -> Result<(), Error> {
    let sql = "INSERT INTO chat_member (person, topic, joined_ms) VALUES (?1, ?2, ?3) \
               ON CONFLICT DO NOTHING";
    let now_ms = tx.now_ms();
    tx.execute(sql, params![person.0, topic, now_ms]).map(drop)
}

/// Takes a room off a person's list; says whether it was on it.
pub(crate) fn unlist(tx: &mut Tx<'_>, person: PersonId, topic: TopicId) -> Result<bool, Error> {
    let sql = "DELETE FROM chat_member WHERE person = ?1 AND topic = ?2";
    Ok(tx.execute(sql, params![person.0, topic])? > 0)
}

/// Adds a room.
pub(crate) fn insert_room(tx: &mut Tx<'_>, topic: TopicId, name: &RoomName) -> Result<(), Error> {
    let sql = "INSERT INTO chat_room \
               (topic, name, folded, subject, subject_by, subject_at_ms, created_at_ms) \
               VALUES (?1, ?2, ?3, '', '', 0, ?4)";
    let now_ms = tx.now_ms();
    tx.execute(sql, params![topic, name.as_str(), name.folded(), now_ms])?;
    looks::insert(tx, topic, name)
}

/// Gives a room another name.
pub(crate) fn rename_room(tx: &mut Tx<'_>, topic: TopicId, name: &RoomName) -> Result<(), Error> {
    let sql = "UPDATE chat_room SET name = ?2, folded = ?3 WHERE topic = ?1";
    tx.execute(sql, params![topic, name.as_str(), name.folded()])?;
    looks::replace(tx, topic, name)
}

/// Keeps a new subject.
pub(crate) fn set_subject(
    tx: &mut Tx<'_>,
    topic: TopicId,
    subject: &str,
    by: &str,
) -> Result<(), Error> {
    let sql = "UPDATE chat_room SET subject = ?2, subject_by = ?3, subject_at_ms = ?4 \
               WHERE topic = ?1";
    let now_ms = tx.now_ms();
    tx.execute(sql, params![topic, subject, by, now_ms]).map(drop)
}

/// A message as the index has it.
pub(crate) struct Entry<'a> {
    pub(crate) topic: TopicId,
    pub(crate) peer: PersonId,
    pub(crate) offset: u64,
    pub(crate) author: PersonId,
    pub(crate) msgid: &'a str,
    /// The offset of what it answers, 0 for nothing.
    pub(crate) parent: u64,
}

/// Adds a message to the index.
pub(crate) fn insert_message(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO chat_message (topic, peer, offset, author, at_ms, msgid, parent) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let Entry { topic, peer, offset, author, msgid, parent } = entry;
    let now_ms = tx.now_ms();
    tx.execute(sql, params![*topic, peer.0, *offset, author.0, now_ms, *msgid, *parent]).map(drop)
}

/// Notes that a conversation has a new message.
pub(crate) fn touch_direct(
    tx: &mut Tx<'_>,
    inbox: TopicId,
    peer: PersonId,
    nick: &str,
    last: u64,
) -> Result<(), Error> {
    let sql = "INSERT INTO chat_direct (inbox, peer, nick, last) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (inbox, peer) DO UPDATE SET nick = excluded.nick, last = excluded.last";
    tx.execute(sql, params![inbox, peer.0, nick, last]).map(drop)
}

/// A direct conversation as it is kept.
pub(crate) struct Conversation {
    pub(crate) peer: PersonId,
    pub(crate) nick: String,
}

/// Returns the latest conversations of an inbox.
pub(crate) fn conversations(
    snapshot: &Snapshot<'_>,
    inbox: TopicId,
    limit: u64,
) -> Result<Vec<Conversation>, Error> {
    let sql = "SELECT peer, nick FROM chat_direct WHERE inbox = ?1 ORDER BY last DESC LIMIT ?2";
    snapshot.query(sql, params![inbox, limit], |row| {
        Ok(Conversation { peer: PersonId(row.get(0)?), nick: row.get(1)? })
    })
}

/// Finds the other person of an inbox's latest conversation under this nick.
pub(crate) fn peer_known_as(
    snapshot: &Snapshot<'_>,
    inbox: TopicId,
    nick: &str,
) -> Result<Option<PersonId>, Error> {
    let sql = "SELECT peer FROM chat_direct WHERE inbox = ?1 AND nick = ?2 COLLATE NOCASE \
               ORDER BY last DESC LIMIT 1";
    snapshot.query_one(sql, params![inbox, nick], |row| Ok(PersonId(row.get(0)?)))
}

/// Returns the nick of the other person in a conversation when it last had a message.
pub(crate) fn nick_of_peer(
    snapshot: &Snapshot<'_>,
    inbox: TopicId,
    peer: PersonId,
) -> Result<Option<String>, Error> {
    let sql = "SELECT nick FROM chat_direct WHERE inbox = ?1 AND peer = ?2";
    snapshot.query_one(sql, params![inbox, peer.0], |row| row.get(0))
}

/// A stretch of messages: the topic they are in, and the other person if they are direct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) topic: TopicId,
    pub(crate) peer: PersonId,
}

impl Stretch {
    /// Returns where the messages of a scope are, for the owner of an inbox.
    pub(crate) fn of(scope: Scope, inbox: TopicId) -> Self {
        match scope {
            Scope::Room(topic) => Self { topic, peer: NOBODY },
            Scope::Direct(peer) => Self { topic: inbox, peer },
        }
    }
}

/// A message as the index has it: where the event is, and where what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) offset: u64,
    pub(crate) author: PersonId,
    /// The offset of what it answers, 0 for nothing.
    pub(crate) parent: u64,
    /// The offset of its latest edit, 0 for none.
    pub(crate) edited: u64,
    /// The offset of the event that took it back, 0 for none.
    pub(crate) redacted: u64,
}

const INDEXED: &str = "SELECT offset, author, parent, edited, redacted FROM chat_message \
                       WHERE topic = ?1 AND peer = ?2";

fn indexed(row: &Row<'_>) -> Result<Indexed, Error> {
    Ok(Indexed {
        offset: row.get(0)?,
        author: PersonId(row.get(1)?),
        parent: row.get(2)?,
        edited: row.get(3)?,
        redacted: row.get(4)?,
    })
}

/// A page as the index has it.
pub(crate) struct Found {
    /// Oldest first.
    pub(crate) messages: Vec<Indexed>,
    /// Whether there are more in the direction of the page.
    pub(crate) more: bool,
    /// Whether there are younger ones, for a page around a place.
    pub(crate) more_after: bool,
}

/// Returns the messages of a page, oldest first, and whether there are more beyond it.
pub(crate) fn page(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    anchor: Anchor,
    limit: usize,
) -> Result<Found, Error> {
    let (bound, order) = match anchor {
        Anchor::Around(offset) => {
            let half = limit.div_ceil(2);
            let before = Anchor::Before(offset.saturating_add(1));
            let mut found = page(snapshot, stretch, before, half)?;
            let after = page(snapshot, stretch, Anchor::After(offset), limit - half)?;
            found.messages.extend(after.messages);
            return Ok(Found { more_after: after.more, ..found });
        }
        Anchor::After(offset) => (offset, "offset > ?3 ORDER BY offset"),
        Anchor::Before(offset) => (offset, "offset < ?3 ORDER BY offset DESC"),
        Anchor::Latest => (u64::MAX, "offset < ?3 ORDER BY offset DESC"),
    };
    let sql = format!("{INDEXED} AND {order} LIMIT ?4");
    // An offset beyond what SQL can hold is beyond every message.
    let bound = bound.min(i64::MAX.cast_unsigned());
    // One more than wanted tells whether there are more.
    let wanted = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let values = params![stretch.topic, stretch.peer.0, bound, wanted];
    let mut found = snapshot.query(&sql, values, indexed)?;
    let more = found.len() > limit;
    found.truncate(limit);
    if !matches!(anchor, Anchor::After(_)) {
        found.reverse();
    }
    Ok(Found { messages: found, more, more_after: false })
}

/// The place and time of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Milestone {
    pub(crate) offset: u64,
    pub(crate) at_ms: u64,
}

const MILESTONE: &str = "SELECT offset, at_ms FROM chat_message WHERE topic = ?1 AND peer = ?2";

fn milestone(row: &Row<'_>) -> Result<Milestone, Error> {
    Ok(Milestone { offset: row.get(0)?, at_ms: row.get(1)? })
}

/// Finds the last message.
pub(crate) fn last(snapshot: &Snapshot<'_>, stretch: Stretch) -> Result<Option<Milestone>, Error> {
    let sql = format!("{MILESTONE} ORDER BY offset DESC LIMIT 1");
    snapshot.query_one(&sql, params![stretch.topic, stretch.peer.0], milestone)
}

/// Finds the first message at or after an offset.
pub(crate) fn from_offset(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    offset: u64,
) -> Result<Option<Milestone>, Error> {
    let sql = format!("{MILESTONE} AND offset >= ?3 ORDER BY offset LIMIT 1");
    snapshot.query_one(&sql, params![stretch.topic, stretch.peer.0, offset], milestone)
}

/// Finds the last message at or before an offset.
pub(crate) fn up_to_offset(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    offset: u64,
) -> Result<Option<Milestone>, Error> {
    let sql = format!("{MILESTONE} AND offset <= ?3 ORDER BY offset DESC LIMIT 1");
    snapshot.query_one(&sql, params![stretch.topic, stretch.peer.0, offset], milestone)
}

/// Finds a message by its id.
pub(crate) fn by_msgid(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    msgid: &str,
) -> Result<Option<u64>, Error> {
    Ok(find(snapshot, stretch, msgid)?.map(|found| found.offset))
}

/// Finds a message by its id, with what became of it.
pub(crate) fn find(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    msgid: &str,
) -> Result<Option<Indexed>, Error> {
    let sql = format!("{INDEXED} AND msgid = ?3");
    snapshot.query_one(&sql, params![stretch.topic, stretch.peer.0, msgid], indexed)
}

/// Finds a message by its place, with what became of it.
pub(crate) fn at(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    offset: u64,
) -> Result<Option<Indexed>, Error> {
    let sql = format!("{INDEXED} AND offset = ?3");
    snapshot.query_one(&sql, params![stretch.topic, stretch.peer.0, offset], indexed)
}

/// The messages of others that somebody has not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) count: u64,
    /// The place of the first one, 0 if there is none.
    pub(crate) first: u64,
}

/// Counts the messages of others after an offset, looking at no more than the limit.
pub(crate) fn unread(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    reader: PersonId,
    after: u64,
) -> Result<Unread, Error> {
    let sql = "SELECT count(*), min(offset) FROM (SELECT author, redacted, offset \
               FROM chat_message \
               WHERE topic = ?1 AND peer = ?2 AND offset > ?3 ORDER BY offset LIMIT ?4) AS later \
               WHERE author <> ?5 AND redacted = 0";
    let values = params![stretch.topic, stretch.peer.0, after, UNREAD_MAX, reader.0];
    let found = snapshot.query_one(sql, values, |row| {
        let first: Option<u64> = row.get(1)?;
        Ok(Unread { count: row.get(0)?, first: first.unwrap_or(0) })
    })?;
    Ok(found.unwrap_or_default())
}

/// Returns up to where a person has read.
pub(crate) fn read_offset(
    snapshot: &Snapshot<'_>,
    reader: PersonId,
    stretch: Stretch,
) -> Result<u64, Error> {
    let sql = "SELECT offset FROM chat_read WHERE person = ?1 AND topic = ?2 AND peer = ?3";
    let values = params![reader.0, stretch.topic, stretch.peer.0];
    Ok(snapshot.query_one(sql, values, |row| row.get(0))?.unwrap_or(0))
}

/// Keeps up to where a person has read, unless it has read further.
pub(crate) fn set_read_offset(
    tx: &mut Tx<'_>,
    reader: PersonId,
    stretch: Stretch,
    offset: u64,
) -> Result<(), Error> {
    let sql = "INSERT INTO chat_read (person, topic, peer, offset) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (person, topic, peer) DO UPDATE SET offset = excluded.offset \
               WHERE excluded.offset > chat_read.offset";
    tx.execute(sql, params![reader.0, stretch.topic, stretch.peer.0, offset]).map(drop)
}

/// Returns the other person of a direct message in an inbox.
pub(crate) fn peer_of(
    snapshot: &Snapshot<'_>,
    inbox: TopicId,
    msgid: &str,
) -> Result<Option<PersonId>, Error> {
    let sql = "SELECT peer FROM chat_message WHERE topic = ?1 AND msgid = ?2";
    snapshot.query_one(sql, params![inbox, msgid], |row| Ok(PersonId(row.get(0)?)))
}

/// Returns every room, and every inbox with a conversation.
pub(crate) fn all_topics(snapshot: &Snapshot<'_>) -> Result<Vec<TopicId>, Error> {
    let sql = "SELECT topic FROM chat_room UNION SELECT inbox FROM chat_direct";
    snapshot.query(sql, &[], |row| row.get(0))
}

/// Returns the name of a room.
pub(crate) fn name_of(snapshot: &Snapshot<'_>, topic: TopicId) -> Result<Option<RoomName>, Error> {
    let sql = "SELECT name FROM chat_room WHERE topic = ?1";
    let name = snapshot.query_one(sql, params![topic], |row| row.get::<String>(0))?;
    Ok(name.and_then(|name| RoomName::new(&name).ok()))
}

/// Says whether a room of this name exists.
pub(crate) fn exists(snapshot: &Snapshot<'_>, folded: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM chat_room WHERE folded = ?1";
    Ok(snapshot.query_one(sql, params![folded], |_| Ok(()))?.is_some())
}

/// Counts the rooms.
pub(crate) fn count_rooms(snapshot: &Snapshot<'_>) -> Result<u64, Error> {
    let count = snapshot.query_one("SELECT count(*) FROM chat_room", &[], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Counts the rooms on a person's list.
pub(crate) fn count_listed(snapshot: &Snapshot<'_>, person: PersonId) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM chat_member WHERE person = ?1";
    Ok(snapshot.query_one(sql, params![person.0], |row| row.get(0))?.unwrap_or(0))
}

/// Finds rooms nobody would miss: no message in them, and on nobody's list.
pub(crate) fn pointless_rooms(snapshot: &Snapshot<'_>) -> Result<Vec<Room>, Error> {
    let sql = format!(
        "{ROOM} AS r WHERE NOT EXISTS (SELECT 1 FROM chat_member m WHERE m.topic = r.topic) \
         AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.topic = r.topic)"
    );
    snapshot.query(&sql, &[], room)
}

/// Says whether nobody would miss a room now.
pub(crate) fn is_pointless(snapshot: &Snapshot<'_>, topic: TopicId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM chat_room r WHERE topic = ?1 \
               AND NOT EXISTS (SELECT 1 FROM chat_member m WHERE m.topic = r.topic) \
               AND NOT EXISTS (SELECT 1 FROM chat_message m WHERE m.topic = r.topic)";
    Ok(snapshot.query_one(sql, params![topic], |_| Ok(()))?.is_some())
}

/// Removes a room that has neither messages nor members.
pub(crate) fn delete_room(tx: &mut Tx<'_>, topic: TopicId) -> Result<(), Error> {
    tx.execute("DELETE FROM chat_read WHERE topic = ?1 AND peer = 0", params![topic])?;
    order::clear(tx, topic)?;
    looks::clear(tx, topic)?;
    tx.execute("DELETE FROM chat_room WHERE topic = ?1", params![topic]).map(drop)
}

/// Finds inboxes with conversations whose person is gone for good.
pub(crate) fn orphaned_inboxes(snapshot: &Snapshot<'_>) -> Result<Vec<TopicId>, Error> {
    let sql = "SELECT DISTINCT inbox FROM chat_direct";
    let inboxes: Vec<TopicId> = snapshot.query(sql, &[], |row| row.get(0))?;
    let mut orphaned = Vec::new();
    for inbox in inboxes {
        match snapshot.position(inbox) {
            Ok(_) => {}
            Err(Error::NoSuchTopic(_)) => orphaned.push(inbox),
            Err(error) => return Err(error),
        }
    }
    Ok(orphaned)
}

/// Removes the conversations of an inbox.
pub(crate) fn clear_inbox(tx: &mut Tx<'_>, inbox: TopicId) -> Result<(), Error> {
    tx.execute("DELETE FROM chat_message WHERE topic = ?1", params![inbox])?;
    amended::clear(tx, inbox)?;
    tx.execute("DELETE FROM chat_direct WHERE inbox = ?1", params![inbox]).map(drop)
}
