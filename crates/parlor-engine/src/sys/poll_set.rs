//! A `pollfd` array that owns what it points to.
//!
//! `rustix::event::PollFd` borrows its descriptor. A selector has to keep the array between calls
//! (building it anew is what makes `poll` slow twice), so the borrow has to outlive the call. Here
//! the array and the owners of its descriptors change together, and that is the whole proof.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

struct Owner {
    fd: Arc<OwnedFd>,
    token: u64,
    flags: PollFlags,
}

/// Descriptors to wait for, each with a token of the caller's.
///
/// Invariant: `fds[i]` names the descriptor that `owners[i]` keeps open.
#[derive(Default)]
pub(crate) struct PollSet {
    fds: Vec<PollFd<'static>>,
    owners: Vec<Owner>,
}

impl PollSet {
    /// Adds a descriptor and returns its place, the last one.
    pub(crate) fn insert(&mut self, fd: &Arc<OwnedFd>, token: u64, flags: PollFlags) -> usize {
        self.fds.push(Self::entry(fd, flags));
        self.owners.push(Owner { fd: Arc::clone(fd), token, flags });
        self.owners.len() - 1
    }

    /// Changes what is waited for at a place.
    pub(crate) fn set(&mut self, place: usize, flags: PollFlags) {
        self.owners[place].flags = flags;
        self.fds[place] = Self::entry(&self.owners[place].fd, flags);
    }

    /// Forgets the descriptor at a place. The last one moves there: its token is returned, if it
    /// was another.
    pub(crate) fn remove(&mut self, place: usize) -> Option<u64> {
        self.fds.swap_remove(place);
        drop(self.owners.swap_remove(place));
        self.owners.get(place).map(|moved| moved.token)
    }

    /// Where a token is, found by looking at all of them.
    pub(crate) fn find(&self, token: u64) -> Option<usize> {
        self.owners.iter().position(|owner| owner.token == token)
    }

    /// Waits, then reports the token and flags of everything that is ready.
    pub(crate) fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64, PollFlags),
    ) -> io::Result<()> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut left = poll(&mut self.fds, timeout.as_ref())?;
        for (fd, owner) in self.fds.iter().zip(&self.owners) {
            if left == 0 {
                break;
            }
            if !fd.revents().is_empty() {
                left -= 1;
                ready(owner.token, fd.revents());
            }
        }
        Ok(())
    }

    /// The descriptor and token to be read, if there is nothing else in the set but `ignored`.
    pub(crate) fn only_one_to_read(&self, ignored: u64) -> Option<(&OwnedFd, u64)> {
        let mut owners = self.owners.iter().filter(|owner| owner.token != ignored);
        let only = owners.next().filter(|owner| owner.flags == PollFlags::IN)?;
        owners.next().is_none().then_some((&*only.fd, only.token))
    }

    fn entry(fd: &Arc<OwnedFd>, flags: PollFlags) -> PollFd<'static> {
        // SAFETY: the entry is stored only beside a clone of this `Arc` (see `insert` and `set`)
        // and is removed together with it, so the descriptor stays open as long as the borrow.
        let fd = unsafe { BorrowedFd::borrow_raw(fd.as_raw_fd()) };
        PollFd::from_borrowed_fd(fd, flags)
    }
}
