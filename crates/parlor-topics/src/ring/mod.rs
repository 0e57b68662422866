//! The frames of one topic that readers of this worker have yet to take.
//!
//! Every frame counts the readers that have it before them, and goes when the last one took it, so
//! a topic whose readers keep up holds none. Indexes are absolute: they go on counting while
//! frames leave at the front.

use std::collections::VecDeque;

use crate::frame::{LocalFrame, Order};
use crate::limits::{RING_BYTES_MAX, RING_FRAMES_MAX};

/// The frames of one topic.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    base: u64,
    bytes: usize,
}

/// One frame, or the place where ephemeral ones are missing.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// `None` where ephemeral frames were dropped before they came here.
    pub(crate) frame: Option<LocalFrame>,
    /// Where it stands among the frames of all topics.
    pub(crate) order: Order,
    /// The offset of the last durable event before it.
    pub(crate) before: u64,
    /// How many ephemeral frames the topic had before it.
    pub(crate) ephemerals: u32,
    /// How many readers have it before them.
    pub(crate) pending: u32,
}

impl Entry {
    fn cost(&self) -> usize {
        size_of::<Self>() + self.frame.as_ref().map_or(0, |frame| frame.cost())
    }
}

impl Ring {
    /// An empty ring that counts from here.
    pub(crate) fn starting_at(base: u64) -> Self {
        Self { base, ..Self::default() }
    }

    /// The index of the first frame that is there.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// The index the next frame will have.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    /// How many bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it holds more than a ring may.
    pub(crate) fn is_over(&self) -> bool {
        self.entries.len() > RING_FRAMES_MAX
            || (self.bytes > RING_BYTES_MAX && self.entries.len() > 1)
    }

    pub(crate) fn get(&self, index: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(index.checked_sub(self.base)?).ok()?)
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.bytes += entry.cost();
        self.entries.push_back(entry);
    }

    /// Takes the oldest frame out, whoever still waits for it.
    pub(crate) fn evict(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.base += 1;
        self.bytes -= entry.cost();
        // A burst's memory is given back once the burst is over.
        if self.entries.is_empty() && self.entries.capacity() > 64 {
            self.entries = VecDeque::new();
        }
        Some(entry)
    }

    /// A reader took this frame.
    pub(crate) fn took(&mut self, index: u64) {
        if let Some(at) = self.at(index) {
            self.entries[at].pending -= 1;
        }
    }

    /// Readers will not take the frames from here on.
    pub(crate) fn release(&mut self, from: u64, readers: u32) {
        let at = self.at(from.max(self.base)).unwrap_or(self.entries.len());
        for entry in self.entries.range_mut(at..) {
            entry.pending -= readers;
        }
    }

    /// A reader will take the frames from here on.
    pub(crate) fn pin(&mut self, from: u64) {
        let at = self.at(from).unwrap_or(self.entries.len());
        for entry in self.entries.range_mut(at..) {
            entry.pending += 1;
        }
    }

    /// Drops what every reader took.
    pub(crate) fn shed(&mut self) {
        while self.entries.front().is_some_and(|entry| entry.pending == 0) {
            self.evict();
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        while self.evict().is_some() {}
    }

    /// Where a reader that has everything up to this offset goes on, if nothing is missing
    /// between that and what is here.
    pub(crate) fn after(&self, offset: u64) -> Option<u64> {
        let front = self.entries.front()?;
        if front.before > offset {
            return None;
        }
        let at = self.entries.partition_point(|entry| entry.before < offset);
        Some(self.base + at as u64)
    }

    fn at(&self, index: u64) -> Option<usize> {
        let at = usize::try_from(index.checked_sub(self.base)?).ok()?;
        (at < self.entries.len()).then_some(at)
    }
}

#[cfg(test)]
mod tests;
