//! `floor:epoll`: the bare loop that no handler, timer or model on epoll can beat.
//!
//! Accept, receive, send, edge-triggered, one buffer for all, no state but the descriptors.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags, accept_with, recv, send, shutdown};
use slab::Slab;

use crate::order::Task;

/// The listener's place among the connections.
pub(super) const LISTENER: u64 = u64::MAX;

/// Events taken at once, as many as the engine takes.
pub(super) const EVENTS: usize = 512;

/// A listener with a backlog of its own, and an epoll that watches it.
pub(super) fn listen(backlog: u32) -> std::io::Result<(TcpListener, OwnedFd, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    rustix::net::listen(&listener, i32::try_from(backlog).unwrap_or(i32::MAX))?;
    // Accepted sockets inherit it.
    rustix::net::sockopt::set_tcp_nodelay(&listener, true)?;
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let address = listener.local_addr()?;
    Ok((listener, poll, address))
}

/// Takes all that wait.
pub(super) fn accept(listener: &TcpListener, poll: &OwnedFd, connections: &mut Slab<OwnedFd>) {
    while let Ok(fd) = accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
        let place = connections.vacant_entry();
        let data = EventData::new_u64(place.key() as u64);
        if epoll::add(poll, &fd, data, EventFlags::IN | EventFlags::ET).is_ok() {
            place.insert(fd);
        }
    }
}

/// Starts the loop on a thread of its own; it ends with the process.
pub(super) fn start(task: Task, backlog: u32) -> std::io::Result<SocketAddr> {
    let (listener, poll, address) = listen(backlog)?;
    std::thread::Builder::new()
        .name("floor".to_owned())
        .spawn(move || serve(&listener, &poll, task))?;
    Ok(address)
}

fn serve(listener: &TcpListener, poll: &OwnedFd, task: Task) {
    let mut connections: Slab<OwnedFd> = Slab::new();
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        events.clear();
        epoll::wait(poll, spare_capacity(&mut events), None).ok();
        for event in &events {
            let token = event.data.u64();
            if token == LISTENER {
                accept(listener, poll, &mut connections);
                continue;
            }
            let Ok(key) = usize::try_from(token) else { continue };
            let Some(fd) = connections.get(key) else { continue };
            match recv(fd.as_fd(), &mut buffer[..], RecvFlags::empty()) {
                Ok((count, _)) if count > 0 => {
                    send(fd, &buffer[..count], SendFlags::NOSIGNAL).ok();
                    if task == Task::Once {
                        shutdown(fd, Shutdown::Write).ok();
                        connections.remove(key);
                    }
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Ok(_) | Err(_) => drop(connections.remove(key)),
            }
        }
    }
}
