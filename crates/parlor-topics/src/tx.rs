//! A transaction: what a closure given to `Store::write` may do.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{OptionalExtension, params_from_iter};

use crate::event::Stored;
use crate::fanout::{Change, Publication};
use crate::frame::Order;
use crate::limits::{EVENT_BODY_BYTES_MAX, EVENT_KIND_BYTES_MAX, NAME_BYTES_MAX};
use crate::registry::{Head, Topic};
use crate::value::Parameter;
use crate::{Error, Event, NewEvent, Retention, Snapshot, TopicId, Value, params};

/// A transaction. It sees its own changes; nobody else does until it is committed.
pub struct Tx<'a> {
    snapshot: Snapshot<'a>,
    /// Its number; every event it appends carries it.
    commit: u64,
    place: u32,
    bytes: usize,
    publications: &'a mut Vec<Publication>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Snapshot<'a>;

    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        snapshot: Snapshot<'a>,
        commit: u64,
        publications: &'a mut Vec<Publication>,
    ) -> Self {
        Self { snapshot, commit, place: 0, bytes: 0, publications }
    }

    /// The topic with this name; creates it when there is none (the retention of one that exists
    /// stays as it is).
    pub fn topic(&mut self, name: &str, retention: Retention) -> Result<TopicId, Error> {
        if let Some(topic) = self.find_topic(name)? {
            return Ok(topic);
        }
        within("the topic's name", name.len(), NAME_BYTES_MAX)?;
        let head = Head { epoch: new_epoch()?, offset: 0, first: 1 };
        let (kind, amount) = retention.columns();
        self.execute(
            "INSERT INTO topics_topic (name, epoch, head, first, retention, amount)
             VALUES (?1, ?2, 0, 1, ?3, ?4)",
            params![name, head.epoch, kind, amount],
        )?;
        let id = TopicId(self.insert_id().cast_unsigned());
        if let Some(registry) = self.snapshot.registry {
            registry.borrow_mut().created(id, head, retention);
        }
        Ok(id)
    }

    /// Appends an event and returns its offset.
    pub fn append(&mut self, topic: TopicId, event: NewEvent<'_>) -> Result<u64, Error> {
        within("the event's kind", event.kind.len(), EVENT_KIND_BYTES_MAX)?;
        within("the event's body", event.body.len(), EVENT_BODY_BYTES_MAX)?;
        let Topic { head, retention, .. } = self.load(topic)?;
        let head = Head { offset: head.offset + 1, ..head };
        let order = Order { commit: self.commit, place: self.place };
        let stored = Stored {
            topic,
            offset: head.offset,
            order,
            at_ms: self.now_ms(),
            actor: event.actor,
            kind: event.kind,
            body: event.body,
        };
        self.insert_event(&stored)?;
        self.place += 1;
        self.bytes += event.body.len();
        self.moved(topic, head);
        let event = Event {
            topic,
            offset: head.offset,
            at_ms: stored.at_ms,
            actor: stored.actor,
            kind: stored.kind.into(),
            body: Bytes::copy_from_slice(stored.body),
        };
        let change = Change::Appended { event, order };
        self.publications.push(Publication { topic, head, change });
        if let Some(first) = retention.first_kept(head.first, head.offset) {
            self.trim(topic, first)?;
        }
        Ok(head.offset)
    }

    /// Runs a statement that changes the app's tables; returns how many rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<usize, Error> {
        let mut statement = self.statement(sql)?;
        let changed = statement.execute(params_from_iter(params.iter().map(Parameter)));
        self.note(changed)
    }

    /// The row id of the last insert.
    pub fn insert_id(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Overwrites the body of an event, for deletions; the app also appends an event that says so.
    pub fn redact(&mut self, topic: TopicId, offset: u64, body: &[u8]) -> Result<(), Error> {
        within("the event's body", body.len(), EVENT_BODY_BYTES_MAX)?;
        let head = self.load(topic)?.head;
        // A damaged event can be redacted too, so its checksum is not asked.
        let mut select = self.note(self.connection.prepare_cached(
            "SELECT commit_no, place, at_ms, actor, kind FROM topics_event
             WHERE topic = ?1 AND seq = ?2",
        ))?;
        let row = select.query_row((topic.0.cast_signed(), offset.cast_signed()), |row| {
            let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
            let order = Order { commit: number(0)?, place: row.get(1)? };
            Ok((order, number(2)?, number(3)?, row.get::<_, String>(4)?))
        });
        let row = self.note(row.optional())?;
        let (order, at_ms, actor, kind) = row.ok_or(Error::NoSuchEvent { topic, offset })?;
        let checksum = Stored { topic, offset, order, at_ms, actor, kind: &kind, body }.checksum();
        self.execute(
            "UPDATE topics_event SET body = ?3, checksum = ?4 WHERE topic = ?1 AND seq = ?2",
            params![topic, offset, body, checksum],
        )?;
        self.publications.push(Publication { topic, head, change: Change::Redacted });
        Ok(())
    }

    /// Removes the events before an offset; those after the end of the topic cannot be meant.
    pub fn trim(&mut self, topic: TopicId, before: u64) -> Result<(), Error> {
        let head = self.load(topic)?.head;
        let first = before.min(head.offset + 1);
        if first <= head.first {
            return Ok(());
        }
        self.execute(
            "DELETE FROM topics_event WHERE topic = ?1 AND seq < ?2",
            params![topic, first],
        )?;
        let head = Head { first, ..head };
        self.moved(topic, head);
        self.publications.push(Publication { topic, head, change: Change::Trimmed });
        Ok(())
    }

    /// Gives a topic another name, under which it is found from now on; its id and its events stay.
    /// A name that another topic has is a broken constraint: ask
    /// [`find_topic`](Snapshot::find_topic) first.
    pub fn rename_topic(&mut self, topic: TopicId, name: &str) -> Result<(), Error> {
        within("the topic's name", name.len(), NAME_BYTES_MAX)?;
        self.load(topic)?;
        self.execute("UPDATE topics_topic SET name = ?2 WHERE id = ?1", params![topic, name])?;
        Ok(())
    }

    /// Removes a topic and its events; its subscribers get a `Reset` and are unsubscribed. The id
    /// is never used again, also not for a new topic of the same name.
    pub fn delete_topic(&mut self, topic: TopicId) -> Result<(), Error> {
        let head = self.load(topic)?.head;
        self.execute("DELETE FROM topics_event WHERE topic = ?1", params![topic])?;
        self.execute("DELETE FROM topics_topic WHERE id = ?1", params![topic])?;
        if let Some(registry) = self.snapshot.registry {
            registry.borrow_mut().deleted(topic);
        }
        self.publications.push(Publication { topic, head, change: Change::Deleted });
        Ok(())
    }

    /// Gives a topic a new epoch, because its history was lost or restored; returns it.
    pub fn renew_epoch(&mut self, topic: TopicId) -> Result<u64, Error> {
        let head = Head { epoch: new_epoch()?, ..self.load(topic)?.head };
        self.moved(topic, head);
        self.publications.push(Publication { topic, head, change: Change::Renewed });
        Ok(head.epoch)
    }

    /// What this producer wrote with this idempotency key, if it did within the last day.
    pub fn seen(&mut self, producer: u64, key: &str) -> Result<Option<(TopicId, u64)>, Error> {
        self.query_one(
            "SELECT topic, seq FROM topics_key WHERE producer = ?1 AND key = ?2",
            params![producer, key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Remembers what this producer wrote with this idempotency key, for at least a day. A key
    /// that is remembered already is a broken constraint: ask [`seen`](Self::seen) first.
    pub fn remember(
        &mut self,
        producer: u64,
        key: &str,
        topic: TopicId,
        offset: u64,
    ) -> Result<(), Error> {
        within("the idempotency key", key.len(), NAME_BYTES_MAX)?;
        let now_ms = self.now_ms();
        self.execute(
            "INSERT INTO topics_key (producer, key, topic, seq, at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![producer, key, topic, offset, now_ms],
        )?;
        Ok(())
    }

    /// How many bytes of events were appended.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn load(&self, topic: TopicId) -> Result<Topic, Error> {
        let Some(registry) = self.snapshot.registry else {
            return Err(Error::Statement(Arc::from("a read cannot change anything")));
        };
        match registry.borrow_mut().topic(self.connection, topic) {
            Err(rusqlite::Error::QueryReturnedNoRows) => Err(Error::NoSuchTopic(topic)),
            other => self.note(other),
        }
    }

    fn moved(&self, topic: TopicId, head: Head) {
        if let Some(registry) = self.snapshot.registry {
            registry.borrow_mut().moved(topic, head);
        }
    }

    fn insert_event(&self, stored: &Stored<'_>) -> Result<(), Error> {
        let mut insert = self.note(self.connection.prepare_cached(
            "INSERT INTO topics_event
             (topic, seq, commit_no, place, at_ms, actor, kind, body, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        ))?;
        let inserted = insert.execute((
            stored.topic.0.cast_signed(),
            stored.offset.cast_signed(),
            stored.order.commit.cast_signed(),
            stored.order.place,
            stored.at_ms.cast_signed(),
            stored.actor.cast_signed(),
            stored.kind,
            stored.body,
            stored.checksum(),
        ));
        self.note(inserted).map(|_| ())
    }
}

fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), Error> {
    if bytes > max { Err(Error::TooLarge { what, bytes, max }) } else { Ok(()) }
}

/// A random epoch of 48 bits: short in a token, and never that of another history.
fn new_epoch() -> Result<u64, Error> {
    let random = getrandom::u64().map_err(|error| Error::Io(Arc::from(error.to_string())))?;
    Ok((random >> 16).max(1))
}
