//! A delivered event, shared by all its receivers: encoded and decoded once, not once each.
//!
//! Most frames are encoded in one or two ways out of many, so the encodings hang on the frame
//! as a chain of write-once cells instead of an array: an unused encoding costs nothing, and two
//! threads that want the same one meet at the same cell, where only the first encodes.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::Event;

/// How many encodings there may be.
pub const ENCODINGS: usize = 128;

/// A representation of events on the wire; below [`ENCODINGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(pub u8);

/// A delivered event, shared by everybody who receives it.
pub struct Frame {
    /// What happened.
    pub event: Event,
    /// The number of the transaction or announcement it belongs to: equal for all events of one.
    /// Those of transactions rise in the order of their commits.
    pub commit: u64,
    pub(crate) order: Order,
    encoded: OnceLock<Box<Encoded>>,
    typed: OnceLock<Box<Typed>>,
}

/// Where a frame stands among all frames of the store: after which commit, and the how-manieth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    pub(crate) commit: u64,
    pub(crate) place: u32,
}

struct Encoded {
    encoding: Encoding,
    bytes: Bytes,
    next: OnceLock<Box<Self>>,
}

struct Typed {
    value: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Self>>,
}

impl Frame {
    /// A frame of this event, for tests of encoders; the store makes its own.
    pub fn new(event: Event, commit: u64) -> Self {
        Self::ordered(event, commit, Order { commit, place: 0 })
    }

    pub(crate) fn ordered(event: Event, commit: u64, order: Order) -> Self {
        Self { event, commit, order, encoded: OnceLock::new(), typed: OnceLock::new() }
    }

    /// The event on the wire: made by the first receiver that asks, shared by the others. Empty
    /// bytes mean that there is nothing to send.
    ///
    /// # Panics
    ///
    /// When the encoding is not below [`ENCODINGS`].
    pub fn encoded(&self, encoding: Encoding, f: impl FnOnce(&Event) -> Bytes) -> &Bytes {
        assert!(usize::from(encoding.0) < ENCODINGS, "there is no encoding {}", encoding.0);
        let mut cell = &self.encoded;
        let mut f = Some(f);
        loop {
            let node = cell.get_or_init(|| {
                let f = f.take().expect("a chain's free cell is reached once");
                Box::new(Encoded { encoding, bytes: f(&self.event), next: OnceLock::new() })
            });
            if node.encoding == encoding {
                return &node.bytes;
            }
            cell = &node.next;
        }
    }

    /// The event decoded: by the first receiver that asks, shared by the others.
    pub fn typed<T: Send + Sync + 'static>(&self, f: impl FnOnce(&Event) -> T) -> &T {
        let mut cell = &self.typed;
        let mut f = Some(f);
        loop {
            let node = cell.get_or_init(|| {
                let f = f.take().expect("a chain's free cell is reached once");
                Box::new(Typed { value: Box::new(f(&self.event)), next: OnceLock::new() })
            });
            if let Some(value) = node.value.downcast_ref() {
                return value;
            }
            cell = &node.next;
        }
    }

    /// About how much memory it takes, for the bounds of rings and mailboxes.
    pub(crate) fn cost(&self) -> usize {
        size_of::<Self>() + self.event.kind.len() + self.event.body.len()
    }

    pub(crate) fn is_ephemeral(&self) -> bool {
        self.event.offset == 0
    }
}

/// A frame among the readers of one thread, who count without atomics how many of them hold it: each
/// of them would pay for those with every event.
#[expect(clippy::redundant_allocation, reason = "the outer count is there to spare the atomic one")]
#[derive(Clone, Debug)]
pub struct LocalFrame(Rc<Arc<Frame>>);

impl From<Arc<Frame>> for LocalFrame {
    fn from(frame: Arc<Frame>) -> Self {
        Self(Rc::new(frame))
    }
}

impl Deref for LocalFrame {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.0
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frame = &mut f.debug_struct("Frame");
        frame.field("event", &self.event).field("commit", &self.commit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
