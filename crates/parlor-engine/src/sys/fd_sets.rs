//! The bit sets of `select`, which own the descriptors they name.
//!
//! `rustix::event::select` is unsafe because a number whose descriptor was closed meanwhile may
//! name another file by now. Here a bit stands only while the descriptor is kept open, and a
//! number that has no bit is refused rather than written behind the end of the set.

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

const ELEMENTS: usize = FD_SETSIZE / (8 * size_of::<FdSetElement>());

struct Owner {
    fd: Arc<OwnedFd>,
    token: u64,
}

/// Descriptors to wait for, each with a token of the caller's.
///
/// Invariant: a bit of `read` or `write` is set only if `owners` has an owner of that number.
pub(crate) struct FdSets {
    /// By descriptor number.
    owners: Vec<Option<Owner>>,
    read: [FdSetElement; ELEMENTS],
    write: [FdSetElement; ELEMENTS],
}

impl Default for FdSets {
    fn default() -> Self {
        let empty = [FdSetElement::default(); ELEMENTS];
        Self { owners: Vec::new(), read: empty, write: empty }
    }
}

impl FdSets {
    /// Adds a descriptor, watched for nothing yet; false when it has no bit.
    pub(crate) fn insert(&mut self, fd: &Arc<OwnedFd>, token: u64) -> bool {
        let Some(number) = number_of(fd) else { return false };
        if number >= self.owners.len() {
            self.owners.resize_with(number + 1, || None);
        }
        self.owners[number] = Some(Owner { fd: Arc::clone(fd), token });
        true
    }

    /// Changes what a descriptor of the sets is watched for.
    pub(crate) fn watch(&mut self, fd: &Arc<OwnedFd>, interest: Readiness) {
        let Some(Some(owner)) = number_of(fd).and_then(|number| self.owners.get(number)) else {
            return;
        };
        let number = owner.fd.as_raw_fd();
        set(&mut self.read, number, interest.contains(Readiness::READ));
        set(&mut self.write, number, interest.contains(Readiness::WRITE));
    }

    /// Forgets a descriptor.
    pub(crate) fn remove(&mut self, fd: &Arc<OwnedFd>) {
        self.watch(fd, Readiness::NONE);
        if let Some(owner) = number_of(fd).and_then(|number| self.owners.get_mut(number)) {
            drop(owner.take());
        }
    }

    /// Waits, then reports the token and direction of everything that is ready; a descriptor that
    /// is ready for both is reported twice.
    pub(crate) fn wait(
        &self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64, Readiness),
    ) -> io::Result<()> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        // The kernel answers in place, so it gets copies.
        let (mut read, mut write) = (self.read, self.write);
        let bound = fd_set_bound(&read).max(fd_set_bound(&write));
        // SAFETY: every bit names a descriptor that its owner keeps open (the invariant), and no
        // bit lies behind the end of the arrays, so `bound` is at most `FD_SETSIZE`.
        unsafe { select(bound, Some(&mut read), Some(&mut write), None, timeout.as_ref()) }?;
        for (set, direction) in [(&read, Readiness::READ), (&write, Readiness::WRITE)] {
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

fn number_of(fd: &OwnedFd) -> Option<usize> {
    usize::try_from(fd.as_raw_fd()).ok().filter(|number| *number < FD_SETSIZE)
}

fn set(bits: &mut [FdSetElement], number: i32, on: bool) {
    if on { fd_set_insert(bits, number) } else { fd_set_remove(bits, number) }
}
