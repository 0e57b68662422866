//! How long events are kept, and the slices in which old ones are removed.

use crate::limits::{HOUSEKEEPING_ROWS, KEY_KEPT_MS};
use crate::{Error, TopicId, Tx, params};

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

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Retention {
    pub(crate) fn columns(self) -> (u64, u64) {
        match self {
            Self::Forever => (0, 0),
            Self::Last { events } => (1, events),
            Self::Days(days) => (2, days.into()),
        }
    }

    pub(crate) fn from_columns(kind: u64, amount: u64) -> Self {
        match kind {
            1 => Self::Last { events: amount },
            2 => Self::Days(u32::try_from(amount).unwrap_or(u32::MAX)),
            _ => Self::Forever,
        }
    }

    /// The first event to keep when `first..=head` are there, if it is time to remove some. They
    /// are removed some at a time, because removing one at each append would double its cost.
    pub(crate) fn first_kept(self, first: u64, head: u64) -> Option<u64> {
        let Self::Last { events } = self else { return None };
        let events = events.max(1);
        let slack = (events / 8).clamp(16, 1_024);
        let kept = (head + 1).saturating_sub(first);
        (kept >= events + slack).then(|| head + 1 - events)
    }
}

/// Removes one slice of what is too old; says whether there is more.
pub(crate) fn housekeep(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let keys = forget_keys(tx)?;
    let mut events = 0;
    let days = tx.query("SELECT id, amount FROM topics_topic WHERE retention = 2", &[], |row| {
        Ok((row.get::<TopicId>(0)?, row.get::<u64>(1)?))
    })?;
    for (topic, days) in days {
        if events >= HOUSEKEEPING_ROWS {
            break;
        }
        events += trim_days(tx, topic, days, HOUSEKEEPING_ROWS - events)?;
    }
    Ok(keys >= HOUSEKEEPING_ROWS || events >= HOUSEKEEPING_ROWS)
}

fn forget_keys(tx: &mut Tx<'_>) -> Result<u64, Error> {
    let before = tx.now_ms().saturating_sub(KEY_KEPT_MS);
    let forgotten = tx.execute(
        "DELETE FROM topics_key WHERE (producer, key) IN
            (SELECT producer, key FROM topics_key WHERE at_ms < ?1 LIMIT ?2)",
        params![before, HOUSEKEEPING_ROWS],
    )?;
    Ok(forgotten as u64)
}

/// Removes the leading events that are older than their days. It stops at the first young one:
/// after a clock has jumped, events may be kept longer, never removed out of order.
fn trim_days(tx: &mut Tx<'_>, topic: TopicId, days: u64, most: u64) -> Result<u64, Error> {
    let before = tx.now_ms().saturating_sub(days.saturating_mul(DAY_MS));
    let ages = tx.query(
        "SELECT seq, at_ms FROM topics_event WHERE topic = ?1 ORDER BY seq LIMIT ?2",
        params![topic, most],
        |row| Ok((row.get::<u64>(0)?, row.get::<u64>(1)?)),
    )?;
    let old = ages.iter().take_while(|(_, at_ms)| *at_ms < before).count();
    if old == 0 {
        return Ok(0);
    }
    tx.trim(topic, ages[old - 1].0 + 1)?;
    Ok(old as u64)
}
