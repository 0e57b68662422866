//! The bit sets of `select`, which own the descriptors they name.
//!
//! `rustix::event::select` is unsafe because a number whose descriptor was closed meanwhile may
//! name another file by now. Here a bit stands only while the descriptor is kept open, and a
//! number that has no bit is refused rather than written behind the end of the set, or the set
//! grows first.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{
    FdSetElement, FdSetIter, Timespec, fd_set_bound, fd_set_insert, fd_set_remove, select,
};

use crate::coroutine::selector::Readiness;

/// Descriptors from this number up have no bit in an `fd_set`.
pub(crate) const FD_SETSIZE: usize = 1024;

struct Owner {
    fd: Arc<OwnedFd>,
    token: u64,
}

/// Descriptors to wait for, each with a token of the caller's.
///
/// Invariants: a bit of `read` or `write` is set only if `owners` has an owner of that number; the
/// two are of one length, and have a bit for every owner.
pub(crate) struct FdSets {
    /// By descriptor number.
    owners: Vec<Option<Owner>>,
    read: Vec<FdSetElement>,
    write: Vec<FdSetElement>,
    /// Numbers from this up are refused.
    end: usize,
    /// What the kernel is given, because it answers in place.
    read_ready: Vec<FdSetElement>,
    write_ready: Vec<FdSetElement>,
}

impl FdSets {
    /// Sets like an `fd_set`, with room for [`FD_SETSIZE`] descriptors.
    pub(crate) fn of_the_usual_size() -> Self {
        let mut sets = Self { end: FD_SETSIZE, ..Self::growing() };
        sets.grow_to(FD_SETSIZE);
        sets
    }

    /// Sets that grow with the highest descriptor.
    pub(crate) fn growing() -> Self {
        Self {
            owners: Vec::new(),
            read: Vec::new(),
            write: Vec::new(),
            end: usize::MAX,
            read_ready: Vec::new(),
            write_ready: Vec::new(),
        }
    }

    fn grow_to(&mut self, numbers: usize) {
        let elements = numbers.div_ceil(8 * size_of::<FdSetElement>());
        if elements > self.read.len() {
            self.read.resize(elements, FdSetElement::default());
            self.write.resize(elements, FdSetElement::default());
        }
    }

    /// Adds a descriptor, watched for nothing yet; false when it has no bit.
    pub(crate) fn insert(&mut self, fd: &Arc<OwnedFd>, token: u64) -> bool {
        let number = number_of(fd);
        if number >= self.end {
            return false;
        }
        self.grow_to(number + 1);
        if number >= self.owners.len() {
            self.owners.resize_with(number + 1, || None);
        }
        self.owners[number] = Some(Owner { fd: Arc::clone(fd), token });
        true
    }

    /// Changes what a descriptor of the sets is watched for.
    pub(crate) fn watch(&mut self, fd: &Arc<OwnedFd>, interest: Readiness) {
        let Some(Some(owner)) = self.owners.get(number_of(fd)) else { return };
        let number = owner.fd.as_raw_fd();
        set(&mut self.read, number, interest.contains(Readiness::READ));
        set(&mut self.write, number, interest.contains(Readiness::WRITE));
    }

    /// Forgets a descriptor.
    pub(crate) fn remove(&mut self, fd: &Arc<OwnedFd>) {
        self.watch(fd, Readiness::NONE);
        if let Some(owner) = self.owners.get_mut(number_of(fd)) {
            drop(owner.take());
        }
    }

    /// Waits, then reports the token and direction of everything that is ready; a descriptor that
    /// is ready for both is reported twice.
    pub(crate) fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64, Readiness),
    ) -> io::Result<()> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let bound = fd_set_bound(&self.read).max(fd_set_bound(&self.write));
        let (read, write) = (&mut self.read_ready, &mut self.write_ready);
        read.clone_from(&self.read);
        write.clone_from(&self.write);
        // SAFETY: every bit names a descriptor that its owner keeps open (the invariant), and no
        // bit lies behind the end of the sets, so `bound` is at most their length in bits.
        unsafe { select(bound, Some(read), Some(write), None, timeout.as_ref()) }?;
        let ready_sets =
            [(&self.read_ready, Readiness::READ), (&self.write_ready, Readiness::WRITE)];
        for (set, direction) in ready_sets {
            for number in FdSetIter::new(set) {
                let owner = usize::try_from(number).ok().and_then(|number| self.owners.get(number));
                if let Some(Some(owner)) = owner {
                    ready(owner.token, direction);
                }
            }
        }
        Ok(())
    }
}

fn number_of(fd: &OwnedFd) -> usize {
    usize::try_from(fd.as_raw_fd()).expect("an open descriptor is not negative")
}

fn set(bits: &mut [FdSetElement], number: i32, on: bool) {
    if on { fd_set_insert(bits, number) } else { fd_set_remove(bits, number) }
}
