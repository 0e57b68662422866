//! Where another thread can come in between, marked so that tests can try all that can happen.
//!
//! What threads hand to each other (wakes, connections, the request to stop) takes its locks from
//! here, and says [`step`] before it looks at or changes what others see. In the program these are
//! the locks of the standard library, and nothing at all. In tests they belong to a [`stage`], on
//! which one thread runs at a time and every order of their steps is tried.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};

#[cfg(test)]
pub(crate) use self::locks::{Condvar, Mutex, MutexGuard};
#[cfg(not(test))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Another thread may come in between here.
#[inline]
pub(crate) fn step() {
    #[cfg(test)]
    stage::step();
}

/// Waits until a descriptor is readable. A signal may end it early.
pub(crate) fn wait_until_readable(fd: &OwnedFd) {
    #[cfg(test)]
    if stage::is_actor() {
        let fd = fd.try_clone().expect("a descriptor for the test");
        return stage::wait_until(move || stage::is_readable(&fd));
    }
    poll(&mut [PollFd::new(fd, PollFlags::IN)], None).ok();
}

#[cfg(test)]
mod locks;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;
