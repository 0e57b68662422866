//! `floor:epoll`: the bare loop that no handler, timer or model on epoll can beat.
//!
//! Accept, receive, send, edge-triggered, one buffer for all, no state but the descriptors.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, SocketFlags, accept_with, recv, send, shutdown};
use slab::Slab;

use crate::order::Task;

/// The listener's place among the connections.
const LISTENER: u64 = u64::MAX;

/// Events taken at once, as many as the engine takes.
const EVENTS: usize = 512;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Stays,
    Ends,
}

/// A listener, an epoll that watches it and its connections, and one buffer for all of them.
pub(super) struct Bare {
    listener: TcpListener,
    poll: OwnedFd,
    pub(super) connections: Slab<OwnedFd>,
    events: Vec<Event>,
    buffer: Vec<u8>,
}

/// Listens, with a backlog of its own, and serves on a thread of its own; it ends with the process.
pub(super) fn spawn(
    name: &str,
    backlog: u32,
    serve: impl FnOnce(Bare) + Send + 'static,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    rustix::net::listen(&listener, i32::try_from(backlog).unwrap_or(i32::MAX))?;
    // Accepted sockets inherit it.
    rustix::net::sockopt::set_tcp_nodelay(&listener, true)?;
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let connections = Slab::new();
        // An event has room for a pointer, so it can't be sent to a thread.
        let (events, buffer) = (Vec::with_capacity(EVENTS), vec![0; 16 * 1024]);
        serve(Bare { listener, poll, connections, events, buffer });
    })?;
    Ok(address)
}

impl Bare {
    /// Waits once, takes who has come, and hands on what was received.
    pub(super) fn turn(&mut self, mut received: impl FnMut(&OwnedFd, &[u8]) -> Then) {
        self.events.clear();
        epoll::wait(&self.poll, spare_capacity(&mut self.events), None).ok();
        for event in &self.events {
            let token = event.data.u64();
            if token == LISTENER {
                accept(&self.listener, &self.poll, &mut self.connections);
                continue;
            }
            let Ok(key) = usize::try_from(token) else { continue };
            let Some(fd) = self.connections.get(key) else { continue };
            let then = match recv(fd, &mut self.buffer[..], RecvFlags::empty()) {
                Ok((count, _)) if count > 0 => received(fd, &self.buffer[..count]),
                Err(Errno::AGAIN | Errno::INTR) => Then::Stays,
                Ok(_) | Err(_) => Then::Ends,
            };
            if then == Then::Ends {
                self.connections.remove(key);
            }
        }
    }
}

/// Takes all that wait.
fn accept(listener: &TcpListener, poll: &OwnedFd, connections: &mut Slab<OwnedFd>) {
    while let Ok(fd) = accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
        let place = connections.vacant_entry();
        let data = EventData::new_u64(place.key() as u64);
        if epoll::add(poll, &fd, data, EventFlags::IN | EventFlags::ET).is_ok() {
            place.insert(fd);
        }
    }
}

/// Starts the loop that echoes.
pub(super) fn start(task: Task, backlog: u32) -> std::io::Result<SocketAddr> {
    spawn("floor", backlog, move |mut bare| {
        loop {
            bare.turn(|fd, bytes| {
                send(fd, bytes, SendFlags::NOSIGNAL).ok();
                if task == Task::Once {
                    shutdown(fd, Shutdown::Write).ok();
                    return Then::Ends;
                }
                Then::Stays
            });
        }
    })
}
