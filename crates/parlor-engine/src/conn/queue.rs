//! What waits to be written, in a queue that belongs to the thread.
//!
//! As with receive buffers (see `received`): a connection has a queue while it has something to
//! write, and ten thousand idle ones have none.
//!
//! Large chunks are shared with whoever else has them. Small ones that follow each other are copied
//! into one, because the kernel takes one slice faster than many.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use crate::limits::{QUEUE_CAPACITY_KEPT, QUEUE_COPIES_KEPT, QUEUES_SPARE_MAX};

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
    /// Behind all chunks: bytes that were copied, of which the first `copies_sent` are written.
    copies: Vec<u8>,
    copies_sent: usize,
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
            queue.close_copies();
            queue.chunks.push_back(bytes);
        }
    }

    /// Adds a copy of these bytes.
    pub(super) fn copy(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let queue = self.0.get_or_insert_with(take);
            queue.bytes += bytes.len();
            queue.copies.extend_from_slice(bytes);
        }
    }

    /// The first chunk, and whether there are others.
    #[inline]
    pub(super) fn first(&self) -> Option<(&[u8], bool)> {
        let queue = self.0.as_ref()?;
        let copied = queue.copied();
        Some(match queue.chunks.front() {
            Some(first) => (first, queue.chunks.len() > 1 || !copied.is_empty()),
            None => (copied, false),
        })
    }

    /// Fills the slices with the first chunks; returns how many.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let Some(queue) = &self.0 else { return 0 };
        let copied = Some(queue.copied()).filter(|copied| !copied.is_empty());
        let mut count = 0;
        for (slice, chunk) in
            slices.iter_mut().zip(queue.chunks.iter().map(|c| &c[..]).chain(copied))
        {
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
        queue.copies_sent += sent;
        if queue.bytes == 0
            && let Some(queue) = self.0.take()
        {
            give_back(queue);
        }
    }
}

impl Chunks {
    fn copied(&self) -> &[u8] {
        &self.copies[self.copies_sent..]
    }

    /// Makes what was copied a chunk, because another one follows.
    fn close_copies(&mut self) {
        let copied = self.copied();
        if !copied.is_empty() {
            let chunk = Bytes::copy_from_slice(copied);
            self.chunks.push_back(chunk);
        }
        self.copies.clear();
        self.copies_sent = 0;
    }
}

fn take() -> Box<Chunks> {
    SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten().unwrap_or_default()
}

/// Keeps a queue for the next connection, unless a burst has made it large or there are enough.
fn give_back(mut queue: Box<Chunks>) {
    if queue.chunks.capacity() > QUEUE_CAPACITY_KEPT || queue.copies.capacity() > QUEUE_COPIES_KEPT
    {
        return;
    }
    queue.copies.clear();
    queue.copies_sent = 0;
    SPARE
        .try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < QUEUES_SPARE_MAX {
                spare.push(queue);
            }
        })
        .ok();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Copy(usize),
        Send(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let length = prop_oneof![0usize..20, 1_000usize..40_000];
        let step = prop_oneof![
            length.clone().prop_map(Step::Push),
            length.prop_map(Step::Copy),
            (0usize..50_000).prop_map(Step::Send),
        ];
        prop::collection::vec(step, 1..60)
    }

    /// What the next write would give to the kernel.
    fn next(queue: &Queue) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); 4];
        let count = queue.fill(&mut slices);
        slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect()
    }

    proptest! {
        /// Whatever is shared or copied, and however much of it each write takes: the bytes come
        /// out once, and in order.
        #[test]
        fn what_goes_in_comes_out_in_order(steps in steps()) {
            let mut queue = Queue::default();
            let mut expected = VecDeque::new();
            let mut number = 0u8;
            for step in steps {
                match step {
                    Step::Push(length) | Step::Copy(length) => {
                        number = number.wrapping_add(1);
                        let numbers = (0..=u8::MAX).cycle().skip(number.into());
                        let bytes: Vec<u8> = numbers.take(length).collect();
                        expected.extend(&bytes);
                        match step {
                            Step::Push(_) => queue.push(bytes.into()),
                            _ => queue.copy(&bytes),
                        }
                    }
                    Step::Send(most) => {
                        let first = queue.first().map(|(first, more)| (first.to_vec(), more));
                        let sent = next(&queue);
                        prop_assert_eq!(first.is_none(), sent.is_empty());
                        if let Some((first, more)) = first {
                            prop_assert_eq!(&sent[..first.len()], &first);
                            prop_assert_eq!(more, sent.len() > first.len());
                        }
                        let count = most.min(sent.len());
                        let wanted: Vec<u8> = expected.drain(..count).collect();
                        prop_assert_eq!(&sent[..count], &wanted);
                        queue.advance(count);
                    }
                }
                prop_assert_eq!(queue.bytes(), expected.len());
                prop_assert_eq!(queue.0.is_none(), expected.is_empty(), "empty, it is one pointer");
            }
        }
    }
}
