//! A session's subscriptions: positions, not queues.
//!
//! A reader that keeps up takes shared frames from the ring of each topic; one that does not reads
//! the store page by page until it has caught up. It costs the same few bytes either way.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::limits::ASKS_MAX;
use crate::store::Shared;
use crate::worker::{Attach, Worker};
use crate::{Error, LocalFrame, Position, TopicId};

/// The subscriptions of one session.
pub struct Reader {
    worker: Rc<Worker>,
    session: u32,
}

/// What a reader receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event: the next of its topic, or an ephemeral one.
    Event(LocalFrame),
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
    pub(crate) fn new(worker: &Rc<Worker>) -> Self {
        Self { worker: Rc::clone(worker), session: worker.add_session() }
    }

    /// Subscribes to a topic after a position (`None`: from now on) and returns where the topic
    /// stood at that moment. A second subscription to the same topic replaces the first.
    ///
    /// Safe to cancel: then there is no subscription.
    pub async fn subscribe(
        &mut self,
        topic: TopicId,
        after: Option<Position>,
    ) -> Result<Position, Error> {
        self.unsubscribe(topic);
        let mut hold = Hold::new(&self.worker, topic);
        poll_fn(|cx| self.worker.poll_open(hold.channel, cx)).await?;
        let mut asked = None;
        for _ in 0..ASKS_MAX {
            match self.worker.attach(self.session, hold.channel, after, asked)? {
                Attach::Done(position) => {
                    hold.done = true;
                    return Ok(position);
                }
                // What was committed but has not arrived here yet decides; it comes at once.
                Attach::Ask => {
                    let head =
                        Shared::read(&self.worker.shared, move |snapshot| snapshot.head(topic));
                    asked = Some(head.await?);
                }
            }
        }
        Err(Error::Busy)
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, topic: TopicId) {
        self.worker.unsubscribe(self.session, topic);
    }

    /// The last place delivered, of a topic that is subscribed.
    pub fn position(&self, topic: TopicId) -> Option<Position> {
        self.worker.position(self.session, topic)
    }

    /// The next delivery. After an error other than `Closed`, the subscription that could not be
    /// read has ended; the others go on.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivery, Error>> {
        self.worker.poll_next(self.session, cx)
    }

    /// The next delivery. Safe to cancel: a delivery is taken only when it is returned.
    pub async fn next(&mut self) -> Result<Delivery, Error> {
        poll_fn(|cx| self.poll_next(cx)).await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.worker.remove_session(self.session);
    }
}

/// Keeps a channel while a subscription is made, also when making it is cancelled.
struct Hold<'a> {
    worker: &'a Worker,
    channel: u32,
    done: bool,
}

impl<'a> Hold<'a> {
    fn new(worker: &'a Worker, topic: TopicId) -> Self {
        Self { worker, channel: worker.hold(topic), done: false }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.worker.release(self.channel);
        // It may have been the one that is woken by arrivals.
        if !self.done && !self.worker.driven.get() {
            self.worker.undriven();
        }
    }
}
