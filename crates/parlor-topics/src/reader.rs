//! A session's subscriptions: positions, not queues.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::{Error, Frame, Position, TopicId};

/// The subscriptions of one session.
pub struct Reader {
    _worker: Rc<()>,
}

/// What a reader receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event: the next of its topic, or an ephemeral one.
    Event(Arc<Frame>),
    /// The events after the subscriber's position are not to be had: load the state afresh. The
    /// subscription goes on after `position`, except when the topic was deleted.
    Reset {
        /// The topic.
        topic: TopicId,
        /// Where the subscription goes on.
        position: Position,
        /// Why.
        why: ResetReason,
    },
    /// Ephemeral events of this topic were dropped.
    Missed {
        /// The topic.
        topic: TopicId,
    },
}

/// Why a subscriber cannot simply go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// The history of the topic was lost or restored.
    Epoch,
    /// The position lies after the end of the topic.
    Future,
    /// The events after the position were removed by retention.
    Trimmed,
    /// The topic was deleted; the subscription has ended.
    Deleted,
}

impl Reader {
    /// Subscribes to a topic after a position (`None`: from now on) and returns where the topic
    /// stood at that moment. A second subscription to the same topic replaces the first.
    pub async fn subscribe(
        &mut self,
        topic: TopicId,
        after: Option<Position>,
    ) -> Result<Position, Error> {
        let _ = (topic, after);
        todo!()
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, topic: TopicId) {
        let _ = topic;
        todo!()
    }

    /// The last place delivered, of a topic that is subscribed.
    pub fn position(&self, topic: TopicId) -> Option<Position> {
        let _ = topic;
        todo!()
    }

    /// The next delivery.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivery, Error>> {
        let _ = cx;
        todo!()
    }

    /// The next delivery. Safe to cancel: a delivery is taken only when it is returned.
    pub async fn next(&mut self) -> Result<Delivery, Error> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }
}
