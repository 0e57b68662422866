//! `floor:io_uring`: the bare ring that no handler, timer or model on `io_uring` can beat.
//!
//! The loop itself is the engine's, since talking to a ring takes `unsafe`, which stands there only.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;

use super::START_GRACE;

/// Starts the loop on a thread of its own; it ends with the process.
pub(super) fn start(backlog: u32) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    rustix::net::listen(&listener, i32::try_from(backlog).unwrap_or(i32::MAX))?;
    // Accepted sockets inherit it.
    rustix::net::sockopt::set_tcp_nodelay(&listener, true)?;
    let address = listener.local_addr()?;
    let (failed, failure) = channel();
    std::thread::Builder::new().name("floor".to_owned()).spawn(move || {
        if let Some(error) = parlor_engine::bare_ring_echo(&listener).err() {
            failed.send(error).ok();
        }
    })?;
    // A machine without rings has no such floor.
    match failure.recv_timeout(START_GRACE) {
        Ok(error) => Err(std::io::Error::other(format!("this machine can't run it: {error}"))),
        Err(_) => Ok(address),
    }
}
