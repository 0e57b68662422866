//! A consistent view of all tables and topics.

use crate::{Error, Event, Position, Row, TopicId, Value};

/// A consistent view of all tables and topics, for one short read.
pub struct Snapshot<'a> {
    _connection: &'a (),
}

impl Snapshot<'_> {
    /// The rows of a query, each made into a value.
    pub fn query<T>(
        &self,
        sql: &str,
        params: &[Value],
        row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let _ = (sql, params, row);
        todo!()
    }

    /// The first row of a query, if there is one.
    pub fn query_one<T>(
        &self,
        sql: &str,
        params: &[Value],
        row: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let _ = (sql, params, row);
        todo!()
    }

    /// The topic with this name.
    pub fn find_topic(&self, name: &str) -> Result<Option<TopicId>, Error> {
        let _ = name;
        todo!()
    }

    /// Where the topic stands in this snapshot.
    pub fn position(&self, topic: TopicId) -> Result<Position, Error> {
        let _ = topic;
        todo!()
    }

    /// Events after an offset, in order, at most `limit`.
    pub fn events(&self, topic: TopicId, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let _ = (topic, after, limit);
        todo!()
    }

    /// The time of this snapshot.
    pub fn now_ms(&self) -> u64 {
        todo!()
    }
}
