//! What publishers hand to one worker, until the worker takes it over: bounded, in order.
//!
//! When it is full, nothing waits and nothing is lost in silence: durable events are left out and
//! the worker is told where the topic stands, so that its readers page them from the store;
//! ephemeral ones are dropped and their readers told that they missed some. Announcements with a
//! key replace the one before them that the worker has not taken yet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::frame::Frame;
use crate::limits::{MAILBOX_BYTES_MAX, MAILBOX_FRAMES_MAX};
use crate::page::PageRead;
use crate::registry::Head;
use crate::{Error, TopicId};

/// Something for a worker.
#[derive(Clone, Debug)]
pub(crate) enum Arrival {
    /// An event; with it the topic stands at `head`.
    Frame { frame: Arc<Frame>, head: Head },
    /// An ephemeral event.
    Announced { frame: Arc<Frame> },
    /// The body of an event was overwritten.
    Redacted { topic: TopicId },
    /// The first events were removed.
    Trimmed { topic: TopicId, head: Head },
    /// The topic has a new epoch.
    Renewed { topic: TopicId, head: Head },
    /// The topic is gone.
    Deleted { topic: TopicId, head: Head },
    /// The answer to the worker's question where a topic stands.
    Opened { topic: TopicId, result: Result<Head, Error> },
    /// The answer to the worker's request for a page.
    Page { topic: TopicId, page: Box<PageRead> },
}

/// What a topic's subscribers must know although the mailbox was full.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overflow {
    /// Durable changes were left out; this is where the topic stands.
    pub(crate) head: Option<Head>,
    /// The topic was deleted.
    pub(crate) deleted: bool,
    /// Ephemeral events were dropped.
    pub(crate) missed: bool,
}

/// What a worker takes over at a time.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// In order; `None` where a newer announcement took the place.
    pub(crate) arrivals: Vec<Option<Arrival>>,
    /// What came after them and found no room.
    pub(crate) overflow: HashMap<TopicId, Overflow>,
    pub(crate) closed: bool,
}

/// The mailbox of one worker.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// Whether there is something to take; asked without the lock.
    waiting: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: Taken,
    frames: usize,
    bytes: usize,
    /// Where the latest announcement of each key lies.
    latest: HashMap<(TopicId, u64, Box<str>), usize>,
    replaced: usize,
    waker: Option<Waker>,
}

impl Mailbox {
    /// Puts something durable, or an answer, in. Returns whom to wake.
    pub(crate) fn deliver(&self, arrival: Arrival) -> Option<Waker> {
        let mut state = self.lock();
        match &arrival {
            Arrival::Frame { frame, head } => {
                let topic = frame.event.topic;
                if !state.has_room(frame) || state.is_behind(topic) {
                    state.overflow(topic).head = Some(*head);
                } else {
                    state.count(frame);
                    state.taken.arrivals.push(Some(arrival));
                }
            }
            Arrival::Trimmed { topic, head } | Arrival::Renewed { topic, head }
                if state.is_full() || state.is_behind(*topic) =>
            {
                state.overflow(*topic).head = Some(*head);
            }
            Arrival::Deleted { topic, head } if state.is_full() || state.is_behind(*topic) => {
                let overflow = state.overflow(*topic);
                overflow.head = Some(*head);
                overflow.deleted = true;
            }
            _ => state.taken.arrivals.push(Some(arrival)),
        }
        self.announce_work(&mut state)
    }

    /// Puts something ephemeral in. Returns whom to wake.
    pub(crate) fn announce(&self, frame: &Arc<Frame>, key: Option<u64>) -> Option<Waker> {
        let mut state = self.lock();
        let topic = frame.event.topic;
        let at = state.taken.arrivals.len();
        if let Some(key) = key {
            let key = (topic, key, frame.event.kind.clone());
            if let Some(before) = state.latest.remove(&key) {
                state.replace(before);
            }
            if state.has_room(frame) && !state.is_behind(topic) {
                state.latest.insert(key, at);
            }
        }
        if state.has_room(frame) && !state.is_behind(topic) {
            state.count(frame);
            state.taken.arrivals.push(Some(Arrival::Announced { frame: Arc::clone(frame) }));
            state.compact();
        } else {
            state.overflow(topic).missed = true;
        }
        self.announce_work(&mut state)
    }

    /// Whether there is something to take.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// Takes everything out. The buffer comes back empty, to be used again.
    pub(crate) fn take(&self, buffer: Vec<Option<Arrival>>) -> Taken {
        debug_assert!(buffer.is_empty(), "a buffer comes back empty");
        let mut state = self.lock();
        self.waiting.store(false, Ordering::Relaxed);
        state.frames = 0;
        state.bytes = 0;
        state.replaced = 0;
        state.latest.clear();
        let closed = state.taken.closed;
        let fresh = Taken { arrivals: buffer, overflow: HashMap::new(), closed };
        std::mem::replace(&mut state.taken, fresh)
    }

    /// Says whom to wake when something comes; returns whom it was before. When there is something
    /// already, nobody is set.
    pub(crate) fn wait(&self, waker: &Waker) -> Option<Waker> {
        let mut state = self.lock();
        if self.is_waiting() {
            return None;
        }
        match &state.waker {
            Some(before) if before.will_wake(waker) => None,
            _ => state.waker.replace(waker.clone()),
        }
    }

    /// Nothing will come any more. Returns whom to wake.
    pub(crate) fn close(&self) -> Option<Waker> {
        let mut state = self.lock();
        state.taken.closed = true;
        self.announce_work(&mut state)
    }

    fn announce_work(&self, state: &mut State) -> Option<Waker> {
        self.waiting.store(true, Ordering::Release);
        state.waker.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&self) -> bool {
        self.frames >= MAILBOX_FRAMES_MAX || self.bytes >= MAILBOX_BYTES_MAX
    }

    fn has_room(&self, frame: &Frame) -> bool {
        self.frames < MAILBOX_FRAMES_MAX
            && (self.frames == 0 || self.bytes + frame.cost() <= MAILBOX_BYTES_MAX)
    }

    /// Whether something of this topic was left out, so that what follows must be too.
    fn is_behind(&self, topic: TopicId) -> bool {
        self.taken.overflow.get(&topic).is_some_and(|overflow| overflow.head.is_some())
    }

    fn overflow(&mut self, topic: TopicId) -> &mut Overflow {
        self.taken.overflow.entry(topic).or_default()
    }

    fn count(&mut self, frame: &Frame) {
        self.frames += 1;
        self.bytes += frame.cost();
    }

    /// Takes out an announcement that a newer one of its key makes void.
    fn replace(&mut self, at: usize) {
        if let Some(Arrival::Announced { frame }) = self.taken.arrivals[at].take() {
            self.frames -= 1;
            self.bytes -= frame.cost();
            self.replaced += 1;
        }
    }

    /// Closes the holes that replaced announcements leave, before they are most of the memory.
    fn compact(&mut self) {
        if self.replaced < 1_024 || self.replaced * 2 < self.taken.arrivals.len() {
            return;
        }
        let mut moved = Vec::with_capacity(self.taken.arrivals.len());
        let mut kept = 0;
        for arrival in &self.taken.arrivals {
            moved.push(kept);
            kept += usize::from(arrival.is_some());
        }
        self.taken.arrivals.retain(Option::is_some);
        for at in self.latest.values_mut() {
            *at = moved[*at];
        }
        self.replaced = 0;
    }
}

#[cfg(test)]
mod tests;
