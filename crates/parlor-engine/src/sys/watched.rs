//! A listener in tokio's reactor.
//!
//! tokio has no way to wait for its `TcpListener` without accepting with it, and its `AsyncFd` for
//! any descriptor wants a promise that the descriptor stays what it is.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches a listener for clients, on the tokio runtime of this thread.
pub(crate) fn watch_listener(fd: Arc<OwnedFd>) -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    // SAFETY: the `AsyncFd` owns a share of the descriptor, which nobody can close, and an
    // `Arc<OwnedFd>` names the same descriptor as long as it lives.
    let watched = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    watched.map_err(io::Error::from)
}
