//! File descriptors: each connection is one, so the process takes as many as the system gives.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files as far as this process may.
pub(crate) fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
}
