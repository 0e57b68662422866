//! Arrivals: what publishers, reads of the store and closing put into the mailbox, and what it
//! means for the channels.
//!
//! An event goes into its ring only if it is the next one of its topic; what the channel knew
//! already is skipped, and a gap sends its readers to the store. While a channel is opening, news
//! is kept aside and merged with the store's answer, so nothing between the question and the
//! answer is lost.

use std::sync::Arc;

use super::Tables;
use crate::channel::{ChannelState, SubRef, SubState};
use crate::frame::{Frame, LocalFrame, Order};
use crate::mailbox::{Arrival, Overflow};
use crate::registry::Head;
use crate::ring::Entry;
use crate::{Error, ResetReason, TopicId};

impl Tables {
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Frame { frame, head } => self.appended(frame, head),
            Arrival::Announced { frame } => self.announced(frame),
            Arrival::Redacted { topic } => {
                if let Some(channel) = self.topics.get(&topic) {
                    self.void_pages(*channel);
                }
            }
            Arrival::Trimmed { topic, head } => self.trimmed(topic, head),
            Arrival::Renewed { topic, head } => self.renewed(topic, head),
            Arrival::Deleted { topic, .. } => self.deleted(topic),
            Arrival::Opened { topic, result } => self.opened(topic, result),
            Arrival::Page { topic, page } => self.page_read(topic, *page),
        }
    }

    fn appended(&mut self, frame: Arc<Frame>, head: Head) {
        self.last = self.last.max(frame.order);
        let Some(&index) = self.topics.get(&frame.event.topic) else { return };
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Opening { arrived, .. } = &mut channel.state {
            *arrived = Some(head);
            return;
        }
        // The channel may have heard of it when it asked the store; and what belongs to another
        // epoch is followed, or was preceded, by the news of that epoch.
        if head.epoch != channel.head.epoch || frame.event.offset <= channel.head.offset {
            return;
        }
        if frame.event.offset != channel.head.offset + 1 {
            tracing::error!(topic = %channel.topic, "a published event is missing");
            self.skipped(index, head);
            return;
        }
        let before = channel.head.offset;
        channel.head = head;
        let entry = Entry {
            order: frame.order,
            frame: Some(frame.into()),
            before,
            ephemerals: channel.ephemerals,
            pending: channel.live,
        };
        self.push(index, entry);
    }

    fn announced(&mut self, frame: Arc<Frame>) {
        self.last = self.last.max(frame.order);
        let Some(&index) = self.topics.get(&frame.event.topic) else { return };
        self.push_ephemeral(index, frame.order, Some(frame));
    }

    fn push_ephemeral(&mut self, index: u32, order: Order, frame: Option<Arc<Frame>>) {
        let channel = &mut self.channels[index as usize];
        if !matches!(channel.state, ChannelState::Open) {
            return;
        }
        let entry = Entry {
            frame: frame.map(LocalFrame::from),
            order,
            before: channel.head.offset,
            ephemerals: channel.ephemerals,
            pending: channel.live,
        };
        channel.ephemerals = channel.ephemerals.wrapping_add(1);
        self.push(index, entry);
    }

    fn trimmed(&mut self, topic: TopicId, head: Head) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Opening { arrived, .. } = &mut channel.state {
            *arrived = Some(head);
        } else if head.epoch == channel.head.epoch {
            channel.head.first = channel.head.first.max(head.first);
        }
    }

    fn renewed(&mut self, topic: TopicId, head: Head) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        match &mut channel.state {
            ChannelState::Opening { arrived, renewed, .. } => {
                *arrived = Some(head);
                *renewed = true;
            }
            ChannelState::Open if channel.head.epoch != head.epoch => {
                channel.head = head;
                self.reset_all(index, ResetReason::Epoch);
            }
            _ => {}
        }
    }

    fn deleted(&mut self, topic: TopicId) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let failed = ChannelState::Failed(Error::NoSuchTopic(topic));
        let channel = &mut self.channels[index as usize];
        let before = std::mem::replace(&mut channel.state, failed);
        if let ChannelState::Opening { waiters, .. } = before {
            self.wakers.extend(waiters);
        }
        self.reset_all(index, ResetReason::Deleted);
    }

    fn opened(&mut self, topic: TopicId, result: Result<Head, Error>) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        let ChannelState::Opening { arrived, renewed, waiters } = &mut channel.state else {
            return;
        };
        self.wakers.append(waiters);
        channel.state = match result {
            Ok(head) => {
                channel.head = match *arrived {
                    // Without news of a new epoch, the answer with another epoch is the newer.
                    Some(arrived) if *renewed || arrived.epoch == head.epoch => Head {
                        offset: if *renewed && arrived.epoch != head.epoch {
                            arrived.offset
                        } else {
                            arrived.offset.max(head.offset)
                        },
                        first: arrived.first.max(head.first),
                        epoch: arrived.epoch,
                    },
                    _ => head,
                };
                ChannelState::Open
            }
            Err(error) => ChannelState::Failed(error),
        };
        self.remove_idle(index);
    }

    /// The mailbox was full: the worker hears only where the topic stands.
    pub(super) fn overflow(&mut self, topic: TopicId, overflow: Overflow) {
        let Some(&index) = self.topics.get(&topic) else { return };
        if overflow.deleted {
            self.deleted(topic);
            return;
        }
        if overflow.missed {
            self.push_ephemeral(index, self.last, None);
        }
        let Some(head) = overflow.head else { return };
        let channel = &mut self.channels[index as usize];
        match &mut channel.state {
            ChannelState::Opening { arrived, renewed, .. } => {
                *renewed |= arrived.is_some_and(|arrived| arrived.epoch != head.epoch);
                *arrived = Some(head);
            }
            ChannelState::Open if head.epoch != channel.head.epoch => self.renewed(topic, head),
            ChannelState::Open if head.offset > channel.head.offset => self.skipped(index, head),
            ChannelState::Open => {
                channel.head.first = channel.head.first.max(head.first);
            }
            ChannelState::Failed(_) => {}
        }
    }

    /// Events were left out, so every reader of the topic goes to the store.
    fn skipped(&mut self, index: u32, head: Head) {
        let channel = &mut self.channels[index as usize];
        channel.head = head;
        for at in 0..channel.subs.len() {
            let SubRef { reader, sub } = channel.subs[at];
            let sub = &mut self.sessions[reader as usize].subs[sub as usize];
            if sub.state == SubState::Live {
                channel.go_lagging(sub);
            }
        }
        self.clear_ring(index);
        self.mark_fresh(index);
    }

    fn reset_all(&mut self, index: u32, why: ResetReason) {
        let channel = &mut self.channels[index as usize];
        for at in 0..channel.subs.len() {
            let SubRef { reader, sub } = channel.subs[at];
            let sub = &mut self.sessions[reader as usize].subs[sub as usize];
            channel.detach(sub);
            sub.state = SubState::Reset(why);
        }
        self.clear_ring(index);
        self.void_pages(index);
        self.mark_fresh(index);
    }

    /// Tells readers of what is new, once for all that came in one go.
    pub(super) fn tell(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        for index in fresh.drain(..) {
            let Some(channel) = self.channels.get_mut(index as usize) else { continue };
            if !std::mem::take(&mut channel.fresh) {
                continue;
            }
            let end = channel.ring.end();
            for SubRef { reader, sub: at } in &channel.subs {
                let session = &mut self.sessions[*reader as usize];
                let sub = &mut session.subs[*at as usize];
                let quiet = sub.state == SubState::Live && sub.cursor == end && !sub.missed;
                if quiet {
                    continue;
                }
                // One that lags is woken by its page.
                if !sub.queued || sub.state != SubState::Lagging {
                    self.wakers.extend(session.waker.take());
                }
                if !sub.queued {
                    sub.queued = true;
                    session.ready.push(*at);
                }
            }
        }
        self.fresh = fresh;
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        for (_, channel) in &mut self.channels {
            if let ChannelState::Opening { waiters, .. } = &mut channel.state {
                self.wakers.append(waiters);
                channel.state = ChannelState::Failed(Error::Closed);
            }
        }
        self.wake_all();
    }

    pub(super) fn wake_all(&mut self) {
        for (_, session) in &mut self.sessions {
            self.wakers.extend(session.waker.take());
        }
        for (_, channel) in &mut self.channels {
            if let ChannelState::Opening { waiters, .. } = &mut channel.state {
                self.wakers.append(waiters);
            }
        }
    }
}
