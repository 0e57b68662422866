//! What the process asks of the system before it serves: descriptors and small pages.

use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::disable_transparent_huge_pages;

/// Prepares the process for thousands of connections.
pub(crate) fn prepare() {
    raise_descriptor_limit();
    // A session is a few kilobytes here and there. Where the system gives huge pages to everybody, or
    // an allocator asks for them, a thousand clients hold 25 MiB that nobody uses
    // (docs/performance.md).
    if let Err(error) = disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "could not ask for small pages");
    }
}

/// Takes as many file descriptors as the system gives: each connection is one.
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
}
