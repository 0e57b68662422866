//! A consistent view of all tables and topics: the read half of every closure.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension, params_from_iter};

use crate::event::Stored;
use crate::frame::Order;
use crate::registry::{Head, Registry, read_topic};
use crate::value::Parameter;
use crate::{Error, Event, Position, Row, TopicId, Value};

/// A consistent view of all tables and topics, for one short read.
pub struct Snapshot<'a> {
    pub(crate) connection: &'a Connection,
    /// The writer's registry, inside a transaction: there it knows better than the table.
    pub(crate) registry: Option<&'a RefCell<Registry>>,
    pub(crate) now_ms: u64,
    /// The first error that ends the transaction, whatever the closure made of it.
    ended: RefCell<Option<Error>>,
}

impl<'a> Snapshot<'a> {
    /// A view for reading only.
    pub(crate) fn reading(connection: &'a Connection, now_ms: u64) -> Self {
        Self { connection, registry: None, now_ms, ended: RefCell::new(None) }
    }

    /// A view inside the writer's transaction.
    pub(crate) fn writing(
        connection: &'a Connection,
        registry: &'a RefCell<Registry>,
        now_ms: u64,
    ) -> Self {
        Self { connection, registry: Some(registry), now_ms, ended: RefCell::new(None) }
    }

    /// The rows of a query, each made into a value.
    pub fn query<T>(
        &self,
        sql: &str,
        params: &[Value],
        mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.statement(sql)?;
        let mut rows =
            self.note(statement.query(params_from_iter(params.iter().map(Parameter))))?;
        let mut found = Vec::new();
        while let Some(next) = self.note(rows.next())? {
            found.push(row(&Row::new(next))?);
        }
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub fn query_one<T>(
        &self,
        sql: &str,
        params: &[Value],
        row: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.statement(sql)?;
        let mut rows =
            self.note(statement.query(params_from_iter(params.iter().map(Parameter))))?;
        self.note(rows.next())?.map(|first| row(&Row::new(first))).transpose()
    }

    /// The topic with this name.
    pub fn find_topic(&self, name: &str) -> Result<Option<TopicId>, Error> {
        let mut select = self
            .note(self.connection.prepare_cached("SELECT id FROM topics_topic WHERE name = ?1"))?;
        let id = self.note(select.query_row([name], |row| row.get::<_, i64>(0)).optional())?;
        Ok(id.map(|id| TopicId(id.cast_unsigned())))
    }

    /// Where the topic stands in this snapshot.
    pub fn position(&self, topic: TopicId) -> Result<Position, Error> {
        let head = self.head(topic)?;
        Ok(Position { epoch: head.epoch, offset: head.offset })
    }

    /// Events after an offset, in order, at most `limit`. Events that retention removed are left
    /// out; any other missing or damaged event is an error.
    pub fn events(&self, topic: TopicId, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let head = self.head(topic)?;
        let mut next = (after.saturating_add(1)).max(head.first);
        let mut events = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.each_event(topic, next, limit, |event, _| {
            let expected = std::mem::replace(&mut next, event.offset + 1);
            if event.offset != expected {
                return Err(Error::Corrupt { topic, offset: expected });
            }
            events.push(event);
            Ok(true)
        })?;
        if (events.len() as u64) < limit && next <= head.offset {
            return Err(Error::Corrupt { topic, offset: next });
        }
        Ok(events)
    }

    /// The time of this snapshot.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Where the topic stands, with what is kept of it.
    pub(crate) fn head(&self, topic: TopicId) -> Result<Head, Error> {
        let found = match self.registry {
            Some(registry) => match registry.borrow_mut().topic(self.connection, topic) {
                Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
                other => other.map(Some),
            },
            None => read_topic(self.connection, topic),
        };
        Ok(self.note(found)?.ok_or(Error::NoSuchTopic(topic))?.head)
    }

    /// Gives the events from an offset on to `each` until it says stop, checking every checksum.
    pub(crate) fn each_event(
        &self,
        topic: TopicId,
        from: u64,
        limit: u64,
        mut each: impl FnMut(Event, Order) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut select = self.note(self.connection.prepare_cached(
            "SELECT seq, commit_no, place, at_ms, actor, kind, body, checksum FROM topics_event
             WHERE topic = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = select.query((topic.0.cast_signed(), from.cast_signed(), limit));
        let mut rows = self.note(rows)?;
        while let Some(row) = self.note(rows.next())? {
            let (event, order) = read_event(topic, row)?;
            if !each(event, order)? {
                break;
            }
        }
        Ok(())
    }

    /// Turns an SQLite error into ours, and remembers one that ends the transaction.
    pub(crate) fn note<T>(&self, result: rusqlite::Result<T>) -> Result<T, Error> {
        result.map_err(|error| {
            let error = Error::sqlite(&error);
            if error.ends_transaction() {
                self.ended.borrow_mut().get_or_insert_with(|| error.clone());
            }
            error
        })
    }

    /// The error that ended the transaction, if one did.
    pub(crate) fn ended(&self) -> Option<Error> {
        self.ended.borrow().clone()
    }

    /// Prepares a statement of an app.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'a>, Error> {
        if !is_plain(sql) {
            let why = "only SELECT, INSERT, UPDATE, DELETE and WITH may stand in a closure";
            return Err(Error::Statement(Arc::from(why)));
        }
        let statement = self.note(self.connection.prepare_cached(sql))?;
        if self.registry.is_none() && !statement.readonly() {
            return Err(Error::Statement(Arc::from("a read cannot change anything")));
        }
        Ok(statement)
    }
}

/// Whether a statement leaves the transaction, the connection and the tables' shape alone.
fn is_plain(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    ["select", "insert", "update", "delete", "replace", "with", "values"]
        .iter()
        .any(|plain| word.eq_ignore_ascii_case(plain))
}

/// An event from its row, if the row is what was once written.
fn read_event(topic: TopicId, row: &rusqlite::Row<'_>) -> Result<(Event, Order), Error> {
    let read = || -> rusqlite::Result<Option<(Event, Order)>> {
        let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
        let stored = Stored {
            topic,
            offset: number(0)?,
            order: Order { commit: number(1)?, place: row.get(2)? },
            at_ms: number(3)?,
            actor: number(4)?,
            kind: row.get_ref(5)?.as_str()?,
            body: row.get_ref(6)?.as_blob()?,
        };
        if i64::from(stored.checksum()) != row.get::<_, i64>(7)? {
            return Ok(None);
        }
        let event = Event {
            topic,
            offset: stored.offset,
            at_ms: stored.at_ms,
            actor: stored.actor,
            kind: stored.kind.into(),
            body: Bytes::copy_from_slice(stored.body),
        };
        Ok(Some((event, stored.order)))
    };
    let offset = row.get::<_, i64>(0).map_or(0, i64::cast_unsigned);
    // A value of the wrong type is damage too: the tables are STRICT.
    read().ok().flatten().ok_or(Error::Corrupt { topic, offset })
}
