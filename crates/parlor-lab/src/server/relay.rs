//! `floor:relay`: the bare loop that sends what anybody says to everybody.
//!
//! What came in during one turn goes out with one `send` for each connection, which is what a
//! broadcast can be at best: the messages of a turn joined, no handlers, no queues.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::{SendFlags, send};

use super::floor::{Then, spawn};

/// Starts the loop.
pub(super) fn start(backlog: u32) -> std::io::Result<SocketAddr> {
    spawn("relay", backlog, |mut bare| {
        let mut said = Vec::new();
        loop {
            said.clear();
            bare.turn(|_, bytes| {
                said.extend_from_slice(bytes);
                Then::Stays
            });
            if !said.is_empty() {
                // One that can't take it all has lost a message, which the receivers' count shows.
                let sent = |fd: &OwnedFd| send(fd, &said, SendFlags::NOSIGNAL);
                bare.connections.retain(|_, fd| sent(fd) == Ok(said.len()));
            }
        }
    })
}
