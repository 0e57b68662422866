//! Who wants to hear of a topic: workers, not sessions. Publishing hands one shared frame to each
//! worker with a subscriber; the worker's own tables find its sessions.
//!
//! Everything that is published passes the one lock here, so all workers see it in the same order:
//! transactions in the order of their commits, announcements between them. A worker registers its
//! interest under the same lock *before* it asks the store where the topic stands, so that every
//! event is either in that answer or handed over later (or both, which offsets tell).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use smallvec::SmallVec;

use crate::frame::{Frame, Order};
use crate::limits::TOPICS_REMEMBERED_MAX;
use crate::mailbox::{Arrival, Mailbox};
use crate::registry::Head;
use crate::{Announcement, Event, TopicId};

/// Something committed, for the subscribers of a topic.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) topic: TopicId,
    /// Where the topic stands with it.
    pub(crate) head: Head,
    pub(crate) change: Change,
}

/// What was committed.
#[derive(Debug)]
pub(crate) enum Change {
    /// An event was appended.
    Appended { event: Event, order: Order },
    /// The body of an event was overwritten.
    Redacted,
    /// The first events were removed.
    Trimmed,
    /// The topic has a new epoch.
    Renewed,
    /// The topic is gone.
    Deleted,
}

/// Which workers want to hear of which topics.
#[derive(Default)]
pub(crate) struct Fanout {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    workers: Vec<Option<Arc<Mailbox>>>,
    interests: HashMap<TopicId, SmallVec<[u32; 4]>>,
    /// Where recently written topics stand, so that subscribing to them reads nothing.
    heads: HashMap<TopicId, Head>,
    /// The last commit published, and how many announcements came after it: an announcement
    /// stands right behind that commit in the order of frames.
    commit: u64,
    announced: u32,
    closed: bool,
}

/// Announcements stand behind all events of the commit they follow.
const FIRST_ANNOUNCEMENT: u32 = 1 << 31;

impl Fanout {
    /// Hands what was committed to the workers that want it.
    pub(crate) fn publish(&self, publications: &mut Vec<Publication>) {
        let mut wakers = Wakers::default();
        let mut state = self.lock();
        let state = &mut *state;
        for publication in publications.drain(..) {
            let Publication { topic, head, change } = publication;
            state.remember(topic, head, &change);
            let interested = state.interests.get(&topic).map_or(&[][..], |workers| workers);
            let arrival = match change {
                Change::Appended { event, order } => {
                    if order.commit > state.commit {
                        state.commit = order.commit;
                        state.announced = 0;
                    }
                    if interested.is_empty() {
                        continue;
                    }
                    let frame = Arc::new(Frame::ordered(event, order.commit, order));
                    Arrival::Frame { frame, head }
                }
                Change::Redacted => Arrival::Redacted { topic },
                Change::Trimmed => Arrival::Trimmed { topic, head },
                Change::Renewed => Arrival::Renewed { topic, head },
                Change::Deleted => Arrival::Deleted { topic, head },
            };
            for worker in interested {
                if let Some(Some(mailbox)) = state.workers.get(*worker as usize) {
                    wakers.0.extend(mailbox.deliver(arrival.clone()));
                }
            }
        }
    }

    /// Hands an announcement to the workers that want it.
    pub(crate) fn announce(
        &self,
        topics: &[TopicId],
        what: &Announcement,
        at_ms: u64,
        commit: u64,
    ) {
        let mut wakers = Wakers::default();
        let mut state = self.lock();
        let state = &mut *state;
        let place = FIRST_ANNOUNCEMENT.saturating_add(state.announced);
        state.announced = state.announced.saturating_add(1);
        let order = Order { commit: state.commit, place };
        for topic in topics {
            let Some(interested) = state.interests.get(topic) else { continue };
            let event = Event {
                topic: *topic,
                offset: 0,
                at_ms,
                actor: what.actor,
                kind: what.kind.clone(),
                body: what.body.clone(),
            };
            let frame = Arc::new(Frame::ordered(event, commit, order));
            for worker in interested {
                if let Some(Some(mailbox)) = state.workers.get(*worker as usize) {
                    wakers.0.extend(mailbox.announce(&frame, what.key));
                }
            }
        }
    }

    /// Takes a worker in; `None` when the store is closed.
    pub(crate) fn join(&self, mailbox: &Arc<Mailbox>) -> u32 {
        let mut state = self.lock();
        if state.closed {
            mailbox.close();
        }
        let free = state.workers.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            state.workers.push(None);
            state.workers.len() - 1
        });
        state.workers[index] = Some(Arc::clone(mailbox));
        u32::try_from(index).expect("there are fewer workers than threads")
    }

    /// A worker has gone.
    pub(crate) fn leave(&self, worker: u32) {
        let mut state = self.lock();
        state.workers[worker as usize] = None;
        state.interests.retain(|_, workers| {
            workers.retain(|other| *other != worker);
            !workers.is_empty()
        });
    }

    /// A worker wants to hear of a topic from now on; says where it stands if that is known.
    pub(crate) fn register(&self, worker: u32, topic: TopicId) -> Option<Head> {
        let mut state = self.lock();
        let workers = state.interests.entry(topic).or_default();
        if !workers.contains(&worker) {
            workers.push(worker);
        }
        state.heads.get(&topic).copied()
    }

    /// A worker has no subscriber of a topic any more.
    pub(crate) fn unregister(&self, worker: u32, topic: TopicId) {
        let mut state = self.lock();
        if let Some(workers) = state.interests.get_mut(&topic) {
            workers.retain(|other| *other != worker);
            if workers.is_empty() {
                state.interests.remove(&topic);
            }
        }
    }

    /// Tells all workers that nothing will come any more.
    pub(crate) fn close(&self) {
        let mut wakers = Wakers::default();
        let mut state = self.lock();
        state.closed = true;
        for mailbox in state.workers.iter().flatten() {
            wakers.0.extend(mailbox.close());
        }
    }

    /// How many workers there are, and how many topics they want to hear of.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        (state.workers.iter().flatten().count(), state.interests.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes when it is dropped: declared before the lock is taken, that is after it was released.
#[derive(Default)]
struct Wakers(SmallVec<[Waker; 8]>);

impl Drop for Wakers {
    fn drop(&mut self) {
        for waker in self.0.drain(..) {
            waker.wake();
        }
    }
}

impl State {
    fn remember(&mut self, topic: TopicId, head: Head, change: &Change) {
        if matches!(change, Change::Deleted) {
            self.heads.remove(&topic);
            return;
        }
        if self.heads.len() >= TOPICS_REMEMBERED_MAX {
            self.heads.clear();
        }
        self.heads.insert(topic, head);
    }
}
