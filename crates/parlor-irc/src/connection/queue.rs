//! What the client is sent: answers, and deliveries of what happened elsewhere, in one order.
//!
//! Above one bound nothing more is delivered into the queue; the reader keeps its position, and goes
//! on where it is when the client has taken some. A list that is long goes out in portions, so that
//! who asks for it and does not read it holds no more than anybody else. A client that takes nothing
//! for a minute is closed.

use std::task::{Context, Poll};

use bytes::Bytes;
use parlor_engine::time;
use parlor_topics::Delivery;

use super::{Connection, Goodbye};
use crate::delivery;
use crate::limits;

impl Connection {
    /// Queues the answer.
    pub(super) async fn answer(&mut self) {
        self.settle().await;
        self.session.finish(&mut self.out);
        self.push_out();
    }

    pub(super) fn push_out(&mut self) {
        if !self.out.is_empty() {
            let lines = self.out.take();
            self.push_lines(lines);
        }
    }

    pub(super) fn push_lines(&mut self, lines: Bytes) {
        self.push(self.session.framing.apply(lines));
    }

    fn push(&mut self, bytes: Bytes) {
        if self.wire.queued() == 0 {
            self.clocks.written(time::now());
        }
        self.wire.push(bytes);
    }

    /// Queues everything that was published up to now; once for each answer.
    pub(super) async fn settle(&mut self) {
        if self.settled {
            return;
        }
        self.settled = true;
        loop {
            let Some(attachment) = &self.attachment else { return };
            attachment.local.drain();
            let complete = std::future::poll_fn(|cx| Poll::Ready(self.take_deliveries(cx))).await;
            if complete || self.ending.is_some() || !self.make_room().await {
                return;
            }
        }
    }

    /// Between two entries of a long list: when enough is gathered, queues it and waits until the
    /// client has taken most of what waits. False when it takes nothing.
    pub(super) async fn portion(&mut self) -> bool {
        if self.session.label.is_some() || self.out.len() < limits::PORTION_BYTES {
            return true;
        }
        self.push_out();
        if self.wire.queued() < limits::DELIVERY_QUEUE_BYTES_MAX {
            return true;
        }
        let taken = self.make_room().await;
        // Whoever takes a list is there, although it was not listened to meanwhile.
        self.clocks.heard(time::now());
        taken
    }

    /// Waits until there is room for deliveries again; false when the client takes nothing.
    pub(super) async fn make_room(&mut self) -> bool {
        let wire = &mut self.wire;
        let half = std::future::poll_fn(|cx| match wire.poll_drain(cx) {
            Poll::Ready(written) => Poll::Ready(written.is_ok()),
            Poll::Pending if wire.queued() < limits::DELIVERY_QUEUE_BYTES_MAX / 2 => {
                Poll::Ready(true)
            }
            Poll::Pending => Poll::Pending,
        });
        let written = Box::pin(time::timeout(limits::STALL_MAX, half)).await.unwrap_or(false);
        match written {
            true => self.clocks.written(time::now()),
            false => self.ending = Some("Sending takes too long"),
        }
        written
    }

    /// Takes deliveries and queues their lines. True when there are no more for now, false when
    /// the queue is full.
    pub(super) fn take_deliveries(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            if self.wire.queued() >= limits::DELIVERY_QUEUE_BYTES_MAX {
                return false;
            }
            let Some(attachment) = &mut self.attachment else { return true };
            match attachment.reader.poll_next(cx) {
                Poll::Pending => return true,
                Poll::Ready(Ok(delivery)) => self.deliver(&delivery),
                Poll::Ready(Err(error)) => {
                    tracing::warn!(%error, "a subscription ended");
                    self.ending = Some("The server cannot read its store");
                    return true;
                }
            }
        }
    }

    fn deliver(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Event(frame) => {
                let wire = &mut self.wire;
                if wire.queued() == 0 {
                    self.clocks.written(time::now());
                }
                let mut push = |bytes: &Bytes| wire.push_shared(bytes);
                let effect =
                    delivery::deliver(&mut self.session, &mut self.memory, frame, &mut push);
                self.take_effect(effect);
            }
            Delivery::Reset { topic, .. } => self.memory.forget(*topic),
            // What is lost was presence; the next NAMES puts it right.
            Delivery::Missed { .. } => {}
        }
    }

    pub(super) fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Goodbye> {
        let before = self.wire.queued();
        if before == 0 {
            return Ok(());
        }
        match self.wire.poll_drain(cx) {
            Poll::Ready(Ok(())) => Ok(()),
            Poll::Ready(Err(_)) => Err(Goodbye::Silent("Connection lost")),
            Poll::Pending => {
                if self.wire.queued() < before {
                    self.clocks.written(time::now());
                }
                if self.clocks.stalls() {
                    self.arm();
                }
                Ok(())
            }
        }
    }
}
