//! Counters in memory that a parent and its workers share.
//!
//! A worker adds to its slot as it goes, and the parent reads whenever somebody asks, with no
//! message between them. What a worker has counted outlives it. Nothing but atomics lies in that
//! memory, so whatever another process writes there is at worst a wrong number.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::AtomicU64;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

/// One worker's counts, on cache lines of their own.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    pub(crate) recvs: AtomicU64,
    pub(crate) sends: AtomicU64,
    pub(crate) waits: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) tasks_panicked: AtomicU64,
    pub(crate) unselectable: AtomicU64,
    pub(crate) timed_out: AtomicU64,
    /// How many are queued now, not a sum.
    pub(crate) queued: AtomicU64,
    /// The most that ever were.
    pub(crate) queued_max: AtomicU64,
}

/// A mapping of so many slots, and the descriptor to give to others.
#[derive(Debug)]
pub(crate) struct SharedCounts {
    fd: OwnedFd,
    slots: NonNull<Slot>,
    count: usize,
}

impl SharedCounts {
    /// Makes slots that are all zero.
    pub(crate) fn create(count: usize) -> io::Result<Self> {
        let fd = rustix::fs::memfd_create(
            c"parlor-counts",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        rustix::fs::ftruncate(&fd, bytes(count) as u64)?;
        rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Self::map(fd, count)
    }

    /// Maps slots that another process has made.
    ///
    /// # Errors
    ///
    /// When there are fewer of them, or when they could become fewer.
    pub(crate) fn open(fd: OwnedFd, count: usize) -> io::Result<Self> {
        let size = u64::try_from(rustix::fs::fstat(&fd)?.st_size).unwrap_or(0);
        let seals = rustix::fs::fcntl_get_seals(&fd)?;
        if size < bytes(count) as u64 || !seals.contains(SealFlags::SHRINK) {
            return Err(io::Error::other("the shared counters are too few"));
        }
        Self::map(fd, count)
    }

    fn map(fd: OwnedFd, count: usize) -> io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses the place, so nothing that exists is mapped over.
        let at = unsafe {
            rustix::mm::mmap(ptr::null_mut(), bytes(count), protection, MapFlags::SHARED, &fd, 0)
        }?;
        let slots = NonNull::new(at.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Self { fd, slots, count })
    }

    /// All slots.
    pub(crate) fn slots(&self) -> &[Slot] {
        // SAFETY: the mapping begins at a page, holds `count` slots, cannot shrink (it is sealed),
        // and is unmapped only when `self` is dropped. All bit patterns are valid atomics, and
        // other processes, too, change them by atomic operations only.
        unsafe { slice::from_raw_parts(self.slots.as_ptr(), self.count) }
    }
}

impl AsFd for SharedCounts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for SharedCounts {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `map` made, and no slice of it outlives `self`.
        let unmapped = unsafe { rustix::mm::munmap(self.slots.as_ptr().cast(), bytes(self.count)) };
        if let Err(error) = unmapped {
            tracing::error!(%error, "cannot unmap the shared counters");
        }
    }
}

// SAFETY: the pointer is to memory of the process, not of a thread, and all access is atomic.
unsafe impl Send for SharedCounts {}

// SAFETY: shared access is to atomics only.
unsafe impl Sync for SharedCounts {}

fn bytes(count: usize) -> usize {
    count.max(1) * size_of::<Slot>()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{SharedCounts, Slot};

    #[test]
    fn two_mappings_see_the_same_numbers() {
        let ours = SharedCounts::create(3).unwrap();
        let fd = rustix::io::fcntl_dupfd_cloexec(&ours, 0).unwrap();
        let theirs = SharedCounts::open(fd, 3).unwrap();
        theirs.slots()[1].recvs.fetch_add(5, Ordering::Relaxed);
        ours.slots()[1].recvs.fetch_add(2, Ordering::Relaxed);
        drop(theirs);
        let recvs = |slot: &Slot| slot.recvs.load(Ordering::Relaxed);
        assert_eq!(ours.slots().iter().map(recvs).collect::<Vec<_>>(), [0, 7, 0]);
    }

    #[test]
    fn what_is_too_small_or_could_shrink_is_not_mapped() {
        let two = SharedCounts::create(2).unwrap();
        let fd = rustix::io::fcntl_dupfd_cloexec(&two, 0).unwrap();
        assert!(SharedCounts::open(fd, 3).is_err());
        let loose = std::fs::File::from(
            rustix::fs::memfd_create(c"loose", rustix::fs::MemfdFlags::CLOEXEC).unwrap(),
        );
        loose.set_len(4096).unwrap();
        assert!(SharedCounts::open(loose.into(), 1).is_err());
    }
}
