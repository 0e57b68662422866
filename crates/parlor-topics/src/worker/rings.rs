//! The rings of a worker, and their common bound.
//!
//! `ring_bytes` is the sum over all rings, so whoever changes a ring changes it too; `ring_log`
//! has every frame that is in a ring, oldest first, and may have some that have left. A frame that
//! goes while a reader needs it makes that reader lag; it never makes it skip.

use super::Tables;
use crate::channel::{SubRef, SubState};
use crate::limits::RINGS_BYTES_MAX;
use crate::ring::Entry;

impl Tables {
    pub(super) fn push(&mut self, index: u32, entry: Entry) {
        let channel = &mut self.channels[index as usize];
        // With nobody to take it now or soon, it is not kept.
        if channel.live == 0 && channel.lagging == 0 {
            return;
        }
        let before = channel.ring.bytes();
        self.ring_log.push_back((index, channel.ring.end()));
        channel.ring.push(entry);
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
        while self.channels[index as usize].ring.is_over() {
            self.evict(index);
        }
        while self.ring_bytes > RINGS_BYTES_MAX
            && let Some((oldest, at)) = self.ring_log.pop_front()
        {
            if self.holds_frame(oldest, at) {
                self.evict(oldest);
            }
        }
        self.trim_ring_log();
        self.mark_fresh(index);
    }

    /// Takes the oldest frame out of a ring; whoever needed it goes to the store.
    fn evict(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        let before = channel.ring.bytes();
        let at = channel.ring.base();
        let pending = channel.ring.get(at).map_or(0, |entry| entry.pending);
        if pending > 0 {
            for slot in 0..channel.subs.len() {
                let SubRef { reader, sub } = channel.subs[slot];
                let sub = &mut self.sessions[reader as usize].subs[sub as usize];
                if sub.state == SubState::Live && sub.cursor == at {
                    sub.ephemerals = channel.ring.get(at).map_or(0, |entry| entry.ephemerals);
                    sub.state = SubState::Lagging;
                    channel.live -= 1;
                    channel.lagging += 1;
                }
            }
            channel.ring.release(at, pending);
        }
        drop(channel.ring.evict());
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
    }

    pub(super) fn clear_ring(&mut self, index: u32) {
        let ring = &mut self.channels[index as usize].ring;
        self.ring_bytes -= ring.bytes();
        ring.clear();
    }

    pub(super) fn shed(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        let before = channel.ring.bytes();
        channel.shed();
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
    }

    fn holds_frame(&self, index: u32, at: u64) -> bool {
        self.channels.get(index as usize).is_some_and(|channel| channel.ring.get(at).is_some())
    }

    /// Forgets frames that have left their rings, before they are most of the log.
    fn trim_ring_log(&mut self) {
        while self.ring_log.front().is_some_and(|(index, at)| !self.holds_frame(*index, *at)) {
            self.ring_log.pop_front();
        }
        if self.ring_log.len() < 4_096 || self.ring_log.len() < self.ring_log.capacity() {
            return;
        }
        let channels = &self.channels;
        self.ring_log.retain(|(index, at)| {
            let channel = channels.get(*index as usize);
            channel.is_some_and(|channel| channel.ring.get(*at).is_some())
        });
    }

    pub(super) fn mark_fresh(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        if !channel.fresh {
            channel.fresh = true;
            self.fresh.push(index);
        }
    }
}
