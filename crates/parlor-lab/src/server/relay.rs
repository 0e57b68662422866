//! `floor:relay`: the bare loop that sends what anybody says to everybody.
//!
//! What came in during one turn goes out with one `send` for each connection, which is what a
//! broadcast can be at best: the messages of a turn joined, no handlers, no queues.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, Event};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use slab::Slab;

use super::floor::{EVENTS, LISTENER, accept, listen};

/// Starts the loop on a thread of its own; it ends with the process.
pub(super) fn start(backlog: u32) -> std::io::Result<SocketAddr> {
    let (listener, poll, address) = listen(backlog)?;
    std::thread::Builder::new().name("relay".to_owned()).spawn(move || serve(&listener, &poll))?;
    Ok(address)
}

fn serve(listener: &TcpListener, poll: &OwnedFd) {
    let mut connections: Slab<OwnedFd> = Slab::new();
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
    let mut said = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        events.clear();
        epoll::wait(poll, spare_capacity(&mut events), None).ok();
        said.clear();
        for event in &events {
            let token = event.data.u64();
            if token == LISTENER {
                accept(listener, poll, &mut connections);
                continue;
            }
            let Ok(key) = usize::try_from(token) else { continue };
            let Some(fd) = connections.get(key) else { continue };
            match recv(fd.as_fd(), &mut buffer[..], RecvFlags::empty()) {
                Ok((count, _)) if count > 0 => said.extend_from_slice(&buffer[..count]),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Ok(_) | Err(_) => drop(connections.remove(key)),
            }
        }
        if said.is_empty() {
            continue;
        }
        // One that can't take it all has lost a message, which the receivers' count shows.
        connections.retain(|_, fd| send(fd, &said, SendFlags::NOSIGNAL) == Ok(said.len()));
    }
}
