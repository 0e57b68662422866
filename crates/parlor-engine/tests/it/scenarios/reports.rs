//! What handlers have to say to their test, perhaps from another process.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use parlor_engine::{Conn, Service, is_worker, service};

use crate::running::{PATIENCE, wait_until};

/// A handler that reports what it saw, perhaps from another process.
pub(super) fn reporting<F>(
    handler: impl Fn(Conn, Reporter) -> F + Send + Sync + 'static,
) -> (Service, Option<Reports>)
where
    F: Future<Output = ()> + 'static,
{
    let path = std::env::temp_dir().join("reports");
    // A worker has the same path, and nobody to report to it.
    let reports = (!is_worker()).then(|| {
        std::fs::remove_file(&path).ok();
        Reports(UnixListener::bind(&path).unwrap())
    });
    let reporter = Reporter(path);
    (service(move |conn| handler(conn, reporter.clone())), reports)
}

#[derive(Clone)]
pub(super) struct Reporter(PathBuf);

impl Reporter {
    pub(super) fn send(&self, text: &str) {
        UnixStream::connect(&self.0).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

pub(super) struct Reports(UnixListener);

impl Reports {
    pub(super) fn next(&self) -> Vec<u8> {
        self.0.set_nonblocking(true).unwrap();
        let mut accepted = None;
        wait_until("a report", || {
            accepted = self.0.accept().ok();
            accepted.is_some()
        });
        let (mut stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        text
    }
}
