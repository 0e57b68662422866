//! What the writer knows about topics, so that an append costs no read.
//!
//! Heads change in memory and go to the table once per commit. A closure that is undone takes its
//! changes back here too, and a commit that fails makes the writer forget and read again.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, ffi};

use crate::limits::TOPICS_REMEMBERED_MAX;
use crate::{Retention, TopicId};

/// Where a topic stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) epoch: u64,
    /// The last event's offset; 0 when there was none yet.
    pub(crate) offset: u64,
    /// The first event that is kept; `offset + 1` when none is.
    pub(crate) first: u64,
}

/// A topic as the writer knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topic {
    pub(crate) head: Head,
    pub(crate) retention: Retention,
    dirty: bool,
}

/// The topics the writer knows.
#[derive(Default)]
pub(crate) struct Registry {
    known: HashMap<TopicId, Topic>,
    /// What this closure changed, and how it was before.
    undo: Vec<(TopicId, Option<Topic>)>,
    dirty: Vec<TopicId>,
}

impl Registry {
    /// A topic, from memory or from its table.
    pub(crate) fn topic(
        &mut self,
        connection: &Connection,
        id: TopicId,
    ) -> Result<Topic, rusqlite::Error> {
        if let Some(topic) = self.known.get(&id) {
            return Ok(*topic);
        }
        let topic = read_topic(connection, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.known.insert(id, topic);
        Ok(topic)
    }

    /// A topic was created by this closure.
    pub(crate) fn created(&mut self, id: TopicId, head: Head, retention: Retention) {
        self.undo.push((id, None));
        self.known.insert(id, Topic { head, retention, dirty: false });
    }

    /// A topic stands elsewhere now.
    pub(crate) fn moved(&mut self, id: TopicId, head: Head) {
        let Some(topic) = self.known.get_mut(&id) else { return };
        self.undo.push((id, Some(*topic)));
        topic.head = head;
        if !topic.dirty {
            topic.dirty = true;
            self.dirty.push(id);
        }
    }

    /// A topic was deleted by this closure.
    pub(crate) fn deleted(&mut self, id: TopicId) {
        let before = self.known.remove(&id);
        self.undo.push((id, before));
    }

    /// Whether the closure has changed nothing.
    pub(crate) fn is_as_before(&self) -> bool {
        self.undo.is_empty()
    }

    /// The closure's changes stand.
    pub(crate) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The closure's changes are taken back.
    pub(crate) fn undo(&mut self) {
        for (id, before) in self.undo.drain(..).rev() {
            match before {
                Some(topic) => self.known.insert(id, topic),
                None => self.known.remove(&id),
            };
        }
    }

    /// Whether nothing has moved since the last commit.
    pub(crate) fn is_clean(&self) -> bool {
        self.dirty.is_empty()
    }

    /// Writes what has moved to the table.
    pub(crate) fn flush(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        for id in &self.dirty {
            // One that is dirty no more was deleted, or its move was undone.
            let Some(Topic { head, dirty: true, .. }) = self.known.get(id) else { continue };
            let mut update = connection.prepare_cached(
                "UPDATE topics_topic SET epoch = ?2, head = ?3, first = ?4 WHERE id = ?1",
            )?;
            update.execute((
                id.0.cast_signed(),
                head.epoch.cast_signed(),
                head.offset.cast_signed(),
                head.first.cast_signed(),
            ))?;
        }
        Ok(())
    }

    /// The commit went through.
    pub(crate) fn committed(&mut self) {
        for id in self.dirty.drain(..) {
            if let Some(topic) = self.known.get_mut(&id) {
                topic.dirty = false;
            }
        }
        if self.known.len() > TOPICS_REMEMBERED_MAX {
            self.known.clear();
        }
    }

    /// The commit did not go through: what is in memory may be wrong.
    pub(crate) fn forget(&mut self) {
        self.undo.clear();
        self.dirty.clear();
        self.known.clear();
    }
}

/// A topic from its table.
pub(crate) fn read_topic(
    connection: &Connection,
    id: TopicId,
) -> Result<Option<Topic>, rusqlite::Error> {
    let mut select = connection.prepare_cached(
        "SELECT epoch, head, first, retention, amount,
            EXISTS (SELECT 1 FROM topics_event WHERE topic = id AND seq = head + 1)
            OR EXISTS (SELECT 1 FROM topics_event WHERE topic = id AND seq = first - 1)
         FROM topics_topic WHERE id = ?1",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let number = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
        let head = Head { epoch: number(0)?, offset: number(1)?, first: number(2)? };
        let retention = Retention::from_columns(number(3)?, number(4)?);
        // A row has no checksum, but its events stand exactly from `first` to `head`.
        let possible = i64::try_from(head.offset).is_ok_and(|offset| offset < i64::MAX)
            && (1..=head.offset + 1).contains(&head.first);
        if !possible || row.get(5)? {
            return Err(damaged(id));
        }
        Ok(Topic { head, retention, dirty: false })
    };
    select.query_row([id.0.cast_signed()], read).optional()
}

fn damaged(topic: TopicId) -> rusqlite::Error {
    let why = format!("topic {topic} does not stand where its events do");
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(why))
}
