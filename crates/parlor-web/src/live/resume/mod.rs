//! Going on where a client stopped: which topics continue without a gap, and which start anew.
//!
//! When thousands come back at once they have missed the same events. How heavy those are is read from
//! the store once for all of them; who comes meanwhile waits for that read.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use parlor_http::Problem;
use parlor_topics::{Error, Position, Snapshot, Store, TopicId};
use tokio::sync::Mutex;

use crate::failure;
use crate::limits;

/// A topic the client has seen up to `from` and that stands at `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) topic: TopicId,
    pub(super) from: Position,
    pub(super) to: Position,
}

impl Gap {
    /// Whether the gap is short enough to be looked at: same history, and few events.
    pub(super) fn is_short(&self) -> bool {
        self.from.epoch == self.to.epoch
            && self.from.offset <= self.to.offset
            && self.to.offset - self.from.offset <= limits::RESUME_EVENTS_MAX
    }
}

/// How heavy the last events of topics are.
#[derive(Debug, Default)]
pub(crate) struct Weights(std::sync::Mutex<HashMap<TopicId, Arc<Mutex<Stretch>>>>);

/// The sizes of a topic's events from one place on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stretch {
    epoch: u64,
    /// It has all events after this offset that are still there.
    reaches: u64,
    /// The first event that it has is the one after this offset.
    after: u64,
    bytes: Vec<usize>,
}

impl Weights {
    /// The positions to replay from, for those gaps that are short in events and in bytes.
    pub(super) async fn replayable(
        &self,
        store: &Store,
        gaps: impl Iterator<Item = Gap>,
    ) -> Result<HashMap<TopicId, Position>, Problem> {
        let mut replayable = HashMap::new();
        for gap in gaps.filter(Gap::is_short) {
            if self.is_light(store, gap).await.map_err(|error| failure::hub(error.into()))? {
                replayable.insert(gap.topic, gap.from);
            }
        }
        Ok(replayable)
    }

    async fn is_light(&self, store: &Store, gap: Gap) -> Result<bool, Error> {
        if gap.from.offset == gap.to.offset {
            return Ok(true);
        }
        let stretch = self.of(gap.topic);
        let mut stretch = stretch.lock().await;
        if !stretch.covers(&gap) {
            let after = stretch.missing_after(&gap);
            let read = store.read(move |snapshot| Stretch::read(snapshot, &gap, after));
            stretch.go_on_with(read.await?);
        }
        Ok(stretch.bytes(&gap) <= limits::RESUME_BYTES_MAX)
    }

    fn of(&self, topic: TopicId) -> Arc<Mutex<Stretch>> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if topics.len() >= limits::WEIGHED_TOPICS_MAX && !topics.contains_key(&topic) {
            topics.clear();
        }
        Arc::clone(topics.entry(topic).or_default())
    }
}

impl Stretch {
    /// Reads the events after an offset, up to the end of a gap.
    fn read(snapshot: &Snapshot<'_>, gap: &Gap, reaches: u64) -> Result<Self, Error> {
        let most = usize::try_from(gap.to.offset - reaches).unwrap_or(usize::MAX);
        let events = snapshot.events(gap.topic, reaches, most)?;
        let after = events.first().map_or(gap.to.offset, |event| event.offset - 1);
        let bytes = events.iter().map(|event| event.body.len()).collect();
        Ok(Self { epoch: gap.to.epoch, reaches, after, bytes })
    }

    fn end(&self) -> u64 {
        self.after + self.bytes.len() as u64
    }

    /// Whether nothing has to be read for a gap.
    fn covers(&self, gap: &Gap) -> bool {
        self.epoch == gap.to.epoch && self.reaches <= gap.from.offset && gap.to.offset <= self.end()
    }

    /// From where to read what a gap has and this has not.
    fn missing_after(&self, gap: &Gap) -> u64 {
        let goes_on = self.epoch == gap.to.epoch
            && (self.reaches..=self.end()).contains(&gap.from.offset)
            && self.end() < gap.to.offset;
        if goes_on { self.end() } else { gap.to.offset.saturating_sub(limits::RESUME_EVENTS_MAX) }
    }

    /// Takes over what was read, behind what it has if that is where it begins.
    fn go_on_with(&mut self, read: Self) {
        if read.epoch != self.epoch || read.after != self.end() {
            *self = read;
            return;
        }
        self.bytes.extend(read.bytes);
        let most = usize::try_from(limits::RESUME_EVENTS_MAX).unwrap_or(usize::MAX);
        let too_many = self.bytes.len().saturating_sub(most);
        self.bytes.drain(..too_many);
        self.after += too_many as u64;
        if too_many > 0 {
            self.reaches = self.after;
        }
    }

    /// The bytes of a gap that it covers.
    fn bytes(&self, gap: &Gap) -> usize {
        let index = |offset: u64| {
            let index = usize::try_from(offset.saturating_sub(self.after)).unwrap_or(usize::MAX);
            index.min(self.bytes.len())
        };
        self.bytes[index(gap.from.offset)..index(gap.to.offset)].iter().sum()
    }
}

#[cfg(test)]
mod tests;
