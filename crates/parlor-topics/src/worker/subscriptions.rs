//! Subscriptions: how one begins, moves and ends, and how long its channel is kept.
//!
//! A subscription is known in two places, by its reader and by its channel, and each says where
//! the other has it: both are swapped together. A channel lives while it is held, has
//! subscriptions or waits for the store.

use std::sync::Arc;

use super::{Attach, Tables, slot};
use crate::channel::{Channel, ChannelState, Sub, SubRef, SubState};
use crate::mailbox::Arrival;
use crate::registry::Head;
use crate::ring::Ring;
use crate::{Error, Position, ResetReason, TopicId};

impl Tables {
    /// The channel of a topic; a new one asks where the topic stands.
    pub(super) fn channel(&mut self, topic: TopicId) -> u32 {
        if let Some(channel) = self.topics.get(&topic) {
            return *channel;
        }
        // Interest first, then the question: what happens in between arrives.
        let known = self.shared.fanout.register(self.worker, topic);
        let state = match known {
            Some(_) => ChannelState::Open,
            None => {
                let opening =
                    ChannelState::Opening { arrived: None, renewed: false, waiters: Vec::new() };
                self.ask(topic).map_or_else(ChannelState::Failed, |()| opening)
            }
        };
        self.generation += 1;
        let channel = slot(self.channels.insert(Channel {
            topic,
            head: known.unwrap_or(Head { epoch: 0, offset: 0, first: 1 }),
            state,
            ring: Ring::starting_at(self.ring_base),
            ephemerals: 0,
            subs: Vec::new(),
            holds: 0,
            live: 0,
            lagging: 0,
            pages: Vec::new(),
            waits: Vec::new(),
            generation: self.generation,
            fresh: false,
        }));
        self.topics.insert(topic, channel);
        channel
    }

    fn ask(&self, topic: TopicId) -> Result<(), Error> {
        let mailbox = Arc::clone(&self.mailbox);
        self.shared.read_for_worker(move |snapshot| {
            let result = snapshot.and_then(|snapshot| snapshot.head(topic));
            if let Some(waker) = mailbox.deliver(Arrival::Opened { topic, result }) {
                waker.wake();
            }
        })
    }

    pub(super) fn attach(
        &mut self,
        session: u32,
        index: u32,
        after: Option<Position>,
        asked: Option<Head>,
    ) -> Result<Attach, Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Failed(error) = &channel.state {
            return Err(error.clone());
        }
        let head = channel.head;
        let mut sub = Sub {
            channel: index,
            slot: slot(channel.subs.len()),
            delivered: head.offset,
            cursor: 0,
            waiting: 0,
            ephemerals: channel.ephemerals,
            state: SubState::Lagging,
            queued: false,
            missed: false,
        };
        match begin(head, after, asked) {
            Some((state, delivered)) => {
                sub.state = state;
                sub.delivered = delivered;
            }
            None => return Ok(Attach::Ask),
        }
        match sub.state {
            SubState::Live => channel.go_live(&mut sub, channel.ring.end()),
            SubState::Lagging => channel.lagging += 1,
            SubState::Reset(_) => {}
        }
        let session_subs = &mut self.sessions[session as usize];
        let at = slot(session_subs.subs.len());
        if sub.state != SubState::Live {
            sub.queued = true;
            session_subs.ready.push(at);
        }
        channel.subs.push(SubRef { reader: session, sub: at });
        session_subs.subs.push(sub);
        Ok(Attach::Done(Position { epoch: head.epoch, offset: head.offset.max(sub.delivered) }))
    }

    pub(super) fn find_sub(&self, session: u32, topic: TopicId) -> Option<usize> {
        let channel = *self.topics.get(&topic)?;
        self.sessions[session as usize].subs.iter().position(|sub| sub.channel == channel)
    }

    pub(super) fn unsubscribe(&mut self, session: u32, at: usize) {
        let reader = &mut self.sessions[session as usize];
        let sub = reader.subs.swap_remove(at);
        // The last subscription of the reader has moved into the gap.
        let (gone, moved) = (slot(at), slot(reader.subs.len()));
        reader.ready.retain(|ready| *ready != gone);
        for ready in &mut reader.ready {
            if *ready == moved {
                *ready = gone;
            }
        }
        if let Some(sub) = reader.subs.get(at) {
            self.channels[sub.channel as usize].subs[sub.slot as usize].sub = gone;
        }
        let channel = &mut self.channels[sub.channel as usize];
        channel.detach(&sub);
        // And so has the last one of the channel.
        channel.subs.swap_remove(sub.slot as usize);
        if let Some(SubRef { reader, sub: at }) = channel.subs.get(sub.slot as usize) {
            self.sessions[*reader as usize].subs[*at as usize].slot = sub.slot;
        }
        if channel.subs.capacity() > 64 && channel.subs.len() * 4 < channel.subs.capacity() {
            channel.subs.shrink_to(channel.subs.len() * 2);
        }
        self.shed(sub.channel);
        self.remove_idle(sub.channel);
    }

    /// Drops a channel that nobody uses.
    pub(super) fn remove_idle(&mut self, index: u32) {
        let channel = &self.channels[index as usize];
        let opening = matches!(channel.state, ChannelState::Opening { .. });
        if opening || channel.holds > 0 || !channel.subs.is_empty() {
            return;
        }
        self.clear_ring(index);
        let channel = self.channels.remove(index as usize);
        self.page_bytes -= channel.pages.iter().map(|page| page.bytes).sum::<usize>();
        self.ring_base = self.ring_base.max(channel.ring.end());
        self.topics.remove(&channel.topic);
        self.shared.fanout.unregister(self.worker, channel.topic);
    }
}

/// Where a subscription begins, if what is known of the topic decides it.
pub(super) fn begin(
    head: Head,
    after: Option<Position>,
    asked: Option<Head>,
) -> Option<(SubState, u64)> {
    let Some(after) = after else { return Some((SubState::Live, head.offset)) };
    if after.epoch == head.epoch && after.offset <= head.offset {
        let state = if after.offset == head.offset {
            SubState::Live
        } else if after.offset + 1 < head.first {
            SubState::Reset(ResetReason::Trimmed)
        } else {
            SubState::Lagging
        };
        return Some((state, after.offset));
    }
    // The position may be newer than what this worker has heard, so the store decides.
    let asked = asked?;
    if after.epoch != asked.epoch {
        Some((SubState::Reset(ResetReason::Epoch), after.offset))
    } else if after.offset > asked.offset {
        Some((SubState::Reset(ResetReason::Future), after.offset))
    } else if asked.epoch == head.epoch {
        // It is on its way: what arrives up to the position is skipped.
        Some((SubState::Live, after.offset))
    } else {
        None
    }
}
