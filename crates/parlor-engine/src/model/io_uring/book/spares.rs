//! Buffers for sending that were used and are used again.
//!
//! With every client busy, a turn has a thousand small messages in flight at once, more than an
//! allocator keeps at hand. No memory of idle connections: the numbers are those of a turn.

use crate::limits::{
    RING_SPARE_BYTES, RING_SPARE_SMALL_BYTES, RING_SPARES_MAX, RING_SPARES_SMALL_MAX,
};

#[derive(Default)]
pub(super) struct Spares {
    /// Of less than [`RING_SPARE_BYTES`].
    small: Vec<Vec<u8>>,
    large: Vec<Vec<u8>>,
}

impl Spares {
    /// An empty buffer with room for so many bytes.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) -> Vec<u8> {
        let kept = if bytes < RING_SPARE_BYTES { &mut self.small } else { &mut self.large };
        match kept.pop() {
            Some(mut buffer) => {
                buffer.reserve(bytes);
                buffer
            }
            None => Vec::with_capacity(bytes.max(RING_SPARE_SMALL_BYTES)),
        }
    }

    /// Keeps a buffer, or frees it when there are enough.
    #[inline]
    pub(super) fn give_back(&mut self, mut buffer: Vec<u8>) {
        let (kept, most) = if buffer.capacity() < RING_SPARE_BYTES {
            (&mut self.small, RING_SPARES_SMALL_MAX)
        } else {
            (&mut self.large, RING_SPARES_MAX)
        };
        if buffer.capacity() > 0 && kept.len() < most {
            buffer.clear();
            kept.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_and_not_too_many_are_kept() {
        let mut spares = Spares::default();
        for bytes in [1, RING_SPARE_SMALL_BYTES, RING_SPARE_BYTES - 1, RING_SPARE_BYTES, 1 << 16] {
            let mut buffer = spares.take(bytes);
            assert!(buffer.is_empty() && buffer.capacity() >= bytes);
            buffer.push(1);
            let first = buffer.as_ptr();
            spares.give_back(buffer);
            let again = spares.take(bytes);
            assert_eq!((again.as_ptr(), again.len()), (first, 0), "{bytes}");
            for _ in 0..2 * RING_SPARES_SMALL_MAX {
                spares.give_back(Vec::with_capacity(bytes));
            }
            let (small, large) = (spares.small.len(), spares.large.len());
            let kept = if bytes < RING_SPARE_BYTES {
                (RING_SPARES_SMALL_MAX, 0)
            } else {
                (0, RING_SPARES_MAX)
            };
            assert_eq!((small, large), kept, "{bytes}");
            spares = Spares::default();
        }
        spares.give_back(Vec::new());
        assert!(spares.small.is_empty(), "nothing is no buffer");
    }
}
