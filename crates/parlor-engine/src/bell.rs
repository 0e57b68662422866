//! An eventfd that wakes the accept loop: shutdown, a freed descriptor, the last handler gone.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};

use crate::interleave::{step, wait_until_readable};

/// Rings until somebody silences it; ringing twice is ringing once.
#[derive(Debug)]
pub(crate) struct Bell {
    fd: OwnedFd,
}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { fd: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)? })
    }

    pub(crate) fn ring(&self) {
        step();
        // The only failure is a counter at its maximum, and then the bell rings already.
        rustix::io::write(&self.fd, &1u64.to_ne_bytes()).ok();
    }

    /// Waits until it rings. A signal may end that early.
    pub(crate) fn wait(&self) {
        wait_until_readable(&self.fd);
    }

    /// Before one looks why it has rung: who rings afterwards is heard the next time.
    pub(crate) fn silence(&self) {
        step();
        rustix::io::read(&self.fd, &mut [0u8; 8]).ok();
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
