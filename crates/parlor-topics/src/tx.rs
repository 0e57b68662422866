//! A transaction: what a closure given to `Store::write` may do.

use std::ops::Deref;

use crate::{Error, NewEvent, Snapshot, TopicId, Value};

/// How long a topic keeps its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// For ever.
    Forever,
    /// About this many of the latest events, never fewer.
    Last {
        /// How many.
        events: u64,
    },
    /// This many days.
    Days(u32),
}

/// A transaction. It sees its own changes; nobody else does until it is committed.
pub struct Tx<'a> {
    snapshot: Snapshot<'a>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Snapshot<'a>;

    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

impl Tx<'_> {
    /// The topic with this name; creates it when there is none (the retention of one that exists
    /// stays as it is).
    pub fn topic(&mut self, name: &str, retention: Retention) -> Result<TopicId, Error> {
        let _ = (name, retention);
        todo!()
    }

    /// Appends an event and returns its offset.
    pub fn append(&mut self, topic: TopicId, event: NewEvent<'_>) -> Result<u64, Error> {
        let _ = (topic, event);
        todo!()
    }

    /// Runs a statement that changes the app's tables; returns how many rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<usize, Error> {
        let _ = (sql, params);
        todo!()
    }

    /// The row id of the last insert.
    pub fn insert_id(&self) -> i64 {
        todo!()
    }

    /// Overwrites the body of an event, for deletions; the app also appends an event that says so.
    pub fn redact(&mut self, topic: TopicId, offset: u64, body: &[u8]) -> Result<(), Error> {
        let _ = (topic, offset, body);
        todo!()
    }

    /// Removes the events before an offset.
    pub fn trim(&mut self, topic: TopicId, before: u64) -> Result<(), Error> {
        let _ = (topic, before);
        todo!()
    }

    /// Removes a topic and its events; its subscribers get a `Reset` and are unsubscribed.
    pub fn delete_topic(&mut self, topic: TopicId) -> Result<(), Error> {
        let _ = topic;
        todo!()
    }

    /// Gives a topic a new epoch, because its history was lost or restored.
    pub fn renew_epoch(&mut self, topic: TopicId) -> Result<u64, Error> {
        let _ = topic;
        todo!()
    }

    /// What this producer wrote with this idempotency key, if it did within the last day.
    pub fn seen(&mut self, producer: u64, key: &str) -> Result<Option<(TopicId, u64)>, Error> {
        let _ = (producer, key);
        todo!()
    }

    /// Remembers what this producer wrote with this idempotency key, for at least a day.
    pub fn remember(
        &mut self,
        producer: u64,
        key: &str,
        topic: TopicId,
        offset: u64,
    ) -> Result<(), Error> {
        let _ = (producer, key, topic, offset);
        todo!()
    }
}
