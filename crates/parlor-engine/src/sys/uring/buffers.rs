//! The buffers that a ring's kernel side picks from when bytes arrive.
//!
//! One mapping holds the ring of entries (which buffer is free to be picked) and behind it the
//! buffers themselves. A buffer is the kernel's from the moment that its entry is published until
//! a completion names it; then it is ours, as a [`Filled`], until that is given back. Nothing but
//! the type says which, so a `Filled` cannot be copied, and only a completion makes one.

use std::io;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;
use io_uring::{IoUring, cqueue};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// The only group of buffers of a ring.
pub(super) const GROUP: u16 = 0;

/// Distance between the end of a buffer and the next. Buffers whose distance is a power of two would
/// all begin in the same few sets of the processor's caches, and small messages live in the first
/// line of a buffer.
const GAP_BYTES: usize = 192;

/// The kernel reads the tail from the unused last field of the first entry.
const TAIL_OFFSET: usize = 14;
const _: () = assert!(offset_of!(Layout, tail) == TAIL_OFFSET);
const _: () = assert!(size_of::<Layout>() == size_of::<BufRingEntry>());

/// `struct io_uring_buf` of the kernel's header, seen as `struct io_uring_buf_ring`.
#[repr(C)]
struct Layout {
    address: u64,
    length: u32,
    id: u16,
    tail: u16,
}

/// Received bytes, in a buffer that the kernel has let go of.
#[derive(Debug)]
pub(crate) struct Filled {
    id: u16,
    length: u32,
}

/// A ring of free buffers and their memory. Must outlive everything that the kernel may still do
/// with it: see [`Uring`](super::Uring).
pub(super) struct Buffers {
    base: NonNull<u8>,
    mapped: usize,
    count: u16,
    bytes_each: usize,
    tail: u16,
    /// How many are ours now.
    out: u16,
}

impl Buffers {
    /// Maps memory for `count` buffers, a power of two. Pages that were never written cost nothing.
    pub(super) fn new(count: u16, bytes_each: usize) -> io::Result<Self> {
        assert!(count.is_power_of_two(), "the kernel takes the tail modulo a power of two");
        let entries = entries_bytes(count);
        let mapped = entries + usize::from(count) * (bytes_each + GAP_BYTES);
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: no address is asked for, so nothing that exists is replaced.
        let base =
            unsafe { mmap_anonymous(std::ptr::null_mut(), mapped, protection, MapFlags::PRIVATE) }?;
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at null"))?;
        Ok(Self { base, mapped, count, bytes_each, tail: 0, out: count })
    }

    /// Tells a ring of them, and lets the kernel have them all.
    pub(super) fn register(&mut self, ring: &IoUring) -> io::Result<()> {
        let address = self.base.as_ptr().expose_provenance() as u64;
        // SAFETY: the mapping begins with room for `count` entries, is aligned to a page, and lives
        // longer than the ring (the contract of this type).
        unsafe { ring.submitter().register_buf_ring_with_flags(address, self.count, GROUP, 0) }?;
        for id in 0..self.count {
            self.give_back(Filled { id, length: 0 });
        }
        Ok(())
    }

    /// How many the kernel can pick from, if it has picked none that we do not know of.
    pub(super) fn free(&self) -> usize {
        usize::from(self.count - self.out)
    }

    /// The buffer that a completion names, if it names one.
    pub(super) fn taken(&mut self, completion: &cqueue::Entry) -> Option<Filled> {
        let id = cqueue::buffer_select(completion.flags()).filter(|id| *id < self.count)?;
        self.out += 1;
        let length = u32::try_from(completion.result()).unwrap_or(0);
        Some(Filled { id, length })
    }

    /// The received bytes.
    pub(super) fn bytes(&self, filled: &Filled) -> &[u8] {
        let length = self.bytes_each.min(filled.length as usize);
        let start = self.buffer(filled.id).as_ptr().cast_const();
        // SAFETY: the buffer lies in our mapping, whose pages are zero until they are written, and
        // while a `Filled` names it, it is not published, so the kernel does not write to it.
        unsafe { std::slice::from_raw_parts(start, length) }
    }

    /// Publishes a buffer to the kernel again.
    pub(super) fn give_back(&mut self, filled: Filled) {
        let Filled { id, .. } = filled;
        let address = self.buffer(id).as_ptr().expose_provenance() as u64;
        let place = usize::from(self.tail % self.count) * size_of::<BufRingEntry>();
        // SAFETY: the place is one of `count` entries at the start of the mapping.
        let entry = unsafe { self.base.add(place) }.cast::<BufRingEntry>();
        // SAFETY: an aligned entry that the kernel does not look at before the tail has passed it.
        let entry = unsafe { &mut *entry.as_ptr() };
        entry.set_addr(address);
        entry.set_len(u32::try_from(self.bytes_each).unwrap_or(u32::MAX));
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        self.out -= 1;
        // Publishes what was just written.
        self.shared_tail().store(self.tail, Ordering::Release);
    }

    fn buffer(&self, id: u16) -> NonNull<u8> {
        let each = self.bytes_each + GAP_BYTES;
        let offset = entries_bytes(self.count) + usize::from(id) * each;
        // SAFETY: `id` is less than `count` wherever a `Filled` is made, so this is in the mapping.
        unsafe { self.base.add(offset) }
    }

    fn shared_tail(&self) -> &AtomicU16 {
        // SAFETY: the tail lies in the first entry, which is in the mapping.
        let tail = unsafe { self.base.add(TAIL_OFFSET) }.cast::<u16>();
        // SAFETY: aligned, alive as long as `self`, and everybody else (the kernel) reads it
        // atomically.
        unsafe { AtomicU16::from_ptr(tail.as_ptr()) }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: our own mapping; the owner drops it only when the kernel is done with it.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.mapped) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// The room for the entries, in whole pages, so that buffers begin on a page.
fn entries_bytes(count: u16) -> usize {
    (usize::from(count) * size_of::<BufRingEntry>()).next_multiple_of(4096)
}
