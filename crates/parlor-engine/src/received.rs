//! Received bytes, in a buffer that belongs to the thread.
//!
//! A server with ten thousand idle connections and a buffer for each holds 160 MB of nothing. Here
//! a buffer is taken when there are bytes to put in, and given back when the handler has looked at
//! them, so a whole thread usually gets along with one.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Deref;

use crate::limits::{
    RECV_BUFFER_BYTES, RECV_BUFFERS_SPARE_MAX, RECV_PARKED_BYTES, RECV_PARKED_BYTES_MAX,
};

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    /// What this thread parks with.
    static PARKED_BYTES: Cell<usize> = const { Cell::new(RECV_PARKED_BYTES) };
}

/// Bytes that were received; empty at the end of the stream.
///
/// Dropping it gives its buffer back to the thread. Several may be kept, each with a buffer of its
/// own, but copy out what is to be kept for long: a buffer is far larger than a message.
pub struct Received {
    buffer: Vec<u8>,
    start: usize,
}

impl Received {
    /// The end of the stream.
    pub(crate) fn end() -> Self {
        Self { buffer: Vec::new(), start: 0 }
    }

    pub(crate) fn new(buffer: Vec<u8>) -> Self {
        Self { buffer, start: 0 }
    }

    /// True when the buffer was too small to tell whether there is more.
    pub(crate) fn is_full(&self) -> bool {
        !self.buffer.is_empty() && self.buffer.len() == self.buffer.capacity()
    }

    /// Forgets bytes at the front.
    pub(crate) fn advance(&mut self, count: usize) {
        self.start += count;
    }
}

impl Deref for Received {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}

impl AsRef<[u8]> for Received {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes are somebody's message and do not belong in a log.
        write!(f, "Received({} bytes)", self.len())
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.buffer));
    }
}

/// An empty buffer of [`RECV_BUFFER_BYTES`].
#[inline]
pub(crate) fn take() -> Vec<u8> {
    let spare = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let at = spare.iter().rposition(|buffer| buffer.capacity() >= RECV_BUFFER_BYTES)?;
        Some(spare.swap_remove(at))
    });
    spare.ok().flatten().unwrap_or_else(|| Vec::with_capacity(RECV_BUFFER_BYTES))
}

/// An empty small buffer for a thread that parks with it, perhaps for hours. What else the thread
/// has to spare is freed.
pub(crate) fn take_for_parking() -> Vec<u8> {
    let bytes = PARKED_BYTES.get();
    let small = |buffer: &Vec<u8>| buffer.capacity() == bytes;
    let spare = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        spare.retain(small);
        spare.pop()
    });
    spare.ok().flatten().unwrap_or_else(|| Vec::with_capacity(bytes))
}

/// What this thread has parked with was too little.
pub(crate) fn park_with_more() {
    PARKED_BYTES.set((PARKED_BYTES.get() * 2).min(RECV_PARKED_BYTES_MAX));
}

/// Keeps a buffer for the next one to take, or frees it when there are enough.
#[inline]
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 {
        return;
    }
    buffer.clear();
    SPARE
        .try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < RECV_BUFFERS_SPARE_MAX {
                spare.push(buffer);
            }
        })
        .ok();
}
