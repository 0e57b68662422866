//! Chunks that wait to be written, in a queue that belongs to the thread.
//!
//! As with receive buffers (see `received`): a connection has a queue while it has something to
//! write, and ten thousand idle ones have none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use crate::limits::{QUEUE_CAPACITY_KEPT, QUEUES_SPARE_MAX};

thread_local! {
    /// Boxed, because that is what a connection has room for.
    #[expect(clippy::vec_box, reason = "the boxes themselves are what is reused")]
    static SPARE: RefCell<Vec<Box<Chunks>>> = const { RefCell::new(Vec::new()) };
}

/// What a connection has to write, in order. Empty, it is one pointer.
#[derive(Default)]
pub(super) struct Queue(Option<Box<Chunks>>);

/// Invariant: never empty inside a [`Queue`]; no chunk is empty; `bytes` is the sum of all.
#[derive(Default)]
struct Chunks {
    chunks: VecDeque<Bytes>,
    bytes: usize,
}

impl Queue {
    /// Bytes in all chunks.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.bytes)
    }

    /// Adds a chunk, without copying it.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            let queue = self.0.get_or_insert_with(take);
            queue.bytes += bytes.len();
            queue.chunks.push_back(bytes);
        }
    }

    /// The first chunk, and whether there are others.
    #[inline]
    pub(super) fn first(&self) -> Option<(&Bytes, bool)> {
        let queue = self.0.as_ref()?;
        queue.chunks.front().map(|first| (first, queue.chunks.len() > 1))
    }

    /// Fills the slices with the first chunks; returns how many.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let Some(queue) = &self.0 else { return 0 };
        let mut count = 0;
        for (slice, chunk) in slices.iter_mut().zip(&queue.chunks) {
            *slice = IoSlice::new(chunk);
            count += 1;
        }
        count
    }

    /// Forgets the first so many bytes, which are with the kernel.
    pub(super) fn advance(&mut self, mut sent: usize) {
        let Some(queue) = &mut self.0 else { return };
        queue.bytes -= sent;
        while let Some(first) = queue.chunks.front_mut() {
            if sent < first.len() {
                first.advance(sent);
                return;
            }
            sent -= first.len();
            queue.chunks.pop_front();
        }
        if let Some(queue) = self.0.take() {
            give_back(queue);
        }
    }
}

fn take() -> Box<Chunks> {
    SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten().unwrap_or_default()
}

/// Keeps a queue for the next connection, unless a burst has made it large or there are enough.
fn give_back(queue: Box<Chunks>) {
    if queue.chunks.capacity() > QUEUE_CAPACITY_KEPT {
        return;
    }
    SPARE
        .try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < QUEUES_SPARE_MAX {
                spare.push(queue);
            }
        })
        .ok();
}
