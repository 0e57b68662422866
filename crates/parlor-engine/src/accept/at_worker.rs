//! Accepting on a worker's own thread, in a task beside its connections.
//!
//! Nobody hands anything over: who accepts serves. Out of descriptors, the task pauses instead of
//! waiting for the listener, and looks again when the pause is over; a descriptor that has become
//! free meanwhile is used then.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Door, Intake, Taken};
use crate::context::{draining, yield_now};
use crate::limits::STARVED_PAUSE_MS;
use crate::model::Arrival;
use crate::time;

/// What a worker needs to accept for itself.
pub(crate) struct AtWorker {
    pub(crate) door: Arc<Door>,
    pub(crate) intake: Intake,
    /// Only one of the workers that wait for this door is to be woken.
    pub(crate) exclusive: bool,
}

/// A listener, as the worker's own loop watches it.
pub(crate) trait Watched {
    /// Ready when a client may be waiting.
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Nobody waits any more.
    fn exhausted(&self);
}

impl AtWorker {
    /// Accepts until the server is asked to stop.
    pub(crate) async fn run(mut self, listener: impl Watched, mut serve: impl FnMut(Arrival)) {
        let mut draining = pin!(draining());
        loop {
            let over = poll_fn(|cx| match draining.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => listener.poll_ready(cx).map(|()| false),
            });
            if over.await {
                return;
            }
            self.intake.counters.accept_wakes.fetch_add(1, Ordering::Relaxed);
            match self.intake.take_some(&self.door, &mut serve) {
                // The connections that have come in get their turn first.
                Taken::Batch => yield_now().await,
                Taken::All => listener.exhausted(),
                Taken::Starved => {
                    time::sleep(Duration::from_millis(STARVED_PAUSE_MS)).await;
                    self.intake.shed(&self.door, &mut serve);
                    self.intake.renew_reserve();
                }
            }
        }
    }
}
