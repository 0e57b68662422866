//! One topic on one worker: its ring, its pages, and the subscriptions that read them.

use std::task::Waker;

use smallvec::SmallVec;

use crate::page::Page;
use crate::registry::Head;
use crate::ring::Ring;
use crate::{Error, ResetReason, TopicId};

/// A topic that somebody on this worker subscribes to.
pub(crate) struct Channel {
    pub(crate) topic: TopicId,
    /// Where the topic stands, as far as this worker has heard.
    pub(crate) head: Head,
    pub(crate) state: ChannelState,
    pub(crate) ring: Ring,
    /// How many ephemeral frames came so far.
    pub(crate) ephemerals: u32,
    pub(crate) subs: Vec<SubRef>,
    /// Subscriptions that are being made.
    pub(crate) holds: u32,
    /// How many subscriptions are live, and how many read from the store.
    pub(crate) live: u32,
    pub(crate) lagging: u32,
    pub(crate) pages: Vec<Page>,
    pub(crate) waits: Vec<PageWait>,
    /// Changes whenever pages that were read before are void.
    pub(crate) generation: u64,
    /// Whether its readers must be told of something new.
    pub(crate) fresh: bool,
}

/// Whether a channel knows where its topic stands.
pub(crate) enum ChannelState {
    /// It has asked; meanwhile things may arrive.
    Opening { arrived: Option<Head>, renewed: bool, waiters: Vec<Waker> },
    /// It does.
    Open,
    /// It could not find out, or the topic is gone.
    Failed(Error),
}

/// Readers that wait for a page.
pub(crate) struct PageWait {
    pub(crate) start: u64,
    /// Tells this wait from an earlier one for the same page.
    pub(crate) ticket: u64,
    pub(crate) readers: Vec<u32>,
}

/// Which subscription of which reader.
#[derive(Clone, Copy)]
pub(crate) struct SubRef {
    pub(crate) reader: u32,
    pub(crate) sub: u32,
}

/// One subscription: a position, not a queue.
#[derive(Clone, Copy)]
pub(crate) struct Sub {
    pub(crate) channel: u32,
    /// Where the channel lists it.
    pub(crate) slot: u32,
    /// The last durable event delivered.
    pub(crate) delivered: u64,
    /// The next frame of the ring, while live.
    pub(crate) cursor: u64,
    /// The ticket of the page it waits for, or waited for last; 0 before.
    pub(crate) waiting: u64,
    /// While lagging: how many ephemeral frames the topic had when it fell behind.
    pub(crate) ephemerals: u32,
    pub(crate) state: SubState,
    /// Whether its reader has it on the list of those to look at.
    pub(crate) queued: bool,
    /// Whether its reader must be told that ephemeral frames were dropped.
    pub(crate) missed: bool,
}

/// From where a subscription gets its next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubState {
    /// From the ring.
    Live,
    /// From the store, until it has caught up with the ring.
    Lagging,
    /// From nowhere: it must be told so.
    Reset(ResetReason),
}

/// The subscriptions of one reader.
#[derive(Default)]
pub(crate) struct Session {
    pub(crate) subs: SmallVec<[Sub; 2]>,
    /// Which of them have something, or may.
    pub(crate) ready: SmallVec<[u32; 4]>,
    pub(crate) waker: Option<Waker>,
}

impl Channel {
    /// Takes a subscription out of the ring or off the store.
    pub(crate) fn detach(&mut self, sub: &Sub) {
        match sub.state {
            SubState::Live => {
                self.live -= 1;
                self.ring.release(sub.cursor, 1);
            }
            SubState::Lagging => self.lagging -= 1,
            SubState::Reset(_) => {}
        }
    }

    /// Makes a subscription live from an index of the ring on.
    pub(crate) fn go_live(&mut self, sub: &mut Sub, cursor: u64) {
        sub.state = SubState::Live;
        sub.cursor = cursor;
        self.live += 1;
        self.ring.pin(cursor);
    }

    /// Lets a subscription read from the store.
    pub(crate) fn go_lagging(&mut self, sub: &mut Sub) {
        if sub.state == SubState::Live {
            sub.ephemerals = self.ephemerals_at(sub.cursor);
        }
        self.detach(sub);
        sub.state = SubState::Lagging;
        self.lagging += 1;
    }

    /// Makes a subscription live again if the ring has all that it needs.
    pub(crate) fn rejoin(&mut self, sub: &mut Sub) -> bool {
        let cursor = match self.ring.after(sub.delivered) {
            Some(cursor) => cursor,
            None if sub.delivered >= self.head.offset => self.ring.end(),
            None => return false,
        };
        self.detach(sub);
        // Counted with wrapping: negative when the ring reaches back to before it fell behind.
        let dropped = self.ephemerals_at(cursor).wrapping_sub(sub.ephemerals).cast_signed();
        sub.missed |= dropped > 0;
        self.go_live(sub, cursor);
        true
    }

    /// Drops what nobody needs: everything that all live readers took, unless readers that are
    /// catching up may soon want it.
    pub(crate) fn shed(&mut self) {
        if self.lagging == 0 {
            self.ring.shed();
        }
    }

    fn ephemerals_at(&self, cursor: u64) -> u32 {
        self.ring.get(cursor).map_or(self.ephemerals, |entry| entry.ephemerals)
    }
}
