//! A delivered event, shared by all its receivers: encoded and decoded once, not once each.

use bytes::Bytes;

use crate::Event;

/// How many encodings there may be.
pub const ENCODINGS: usize = 16;

/// A representation of events on the wire; below [`ENCODINGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(pub u8);

/// A delivered event, shared by everybody who receives it.
#[derive(Debug)]
pub struct Frame {
    /// What happened.
    pub event: Event,
    /// The number of the transaction or announcement it belongs to: equal for all events of one.
    pub commit: u64,
}

impl Frame {
    /// The event on the wire: made by the first receiver that asks, shared by the others. Empty
    /// bytes mean that there is nothing to send.
    pub fn encoded(&self, encoding: Encoding, f: impl FnOnce(&Event) -> Bytes) -> Bytes {
        let _ = (encoding, f);
        todo!()
    }

    /// The event decoded: by the first receiver that asks, shared by the others.
    pub fn typed<T: Send + Sync + 'static>(&self, f: impl FnOnce(&Event) -> T) -> &T {
        let _ = f;
        todo!()
    }
}
