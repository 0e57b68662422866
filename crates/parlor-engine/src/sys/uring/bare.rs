//! A bare ring that echoes: what no handler, timer or model over `io_uring` can beat.
//!
//! Accepting and receiving go on by themselves once asked for (multishot), and what was received is
//! sent from the very buffer that it came in. That is as little as the kernel can be asked to do.
//! It is not a server: a peer that sends and never reads takes the buffers of all others.

use std::convert::Infallible;
use std::io;
use std::mem::ManuallyDrop;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use io_uring::types::Fd;
use io_uring::{IoUring, cqueue, opcode, squeue};
use rustix::io::Errno;
use slab::Slab;

use super::SEND_FLAGS;
use super::buffers::{Buffers, Filled, GROUP};
use super::setup::{FLAVOURS, Shape, build};

const ACCEPT: u64 = u64::MAX;
/// Set in what a send carries along; the rest is its place. A receive carries a connection's.
const SENDING: u64 = 1 << 63;

const SHAPE: Shape = Shape {
    submissions: 2048,
    completions: 8192,
    buffers: 1024,
    buffer_bytes: 16 * 1024,
    ahead_bytes: 0,
    direct: 0,
};

/// What the kernel may touch. It is never dropped, since nothing here waits until the kernel is
/// done with it.
struct Bare {
    ring: IoUring,
    buffers: Buffers,
    connections: Slab<OwnedFd>,
    sending: Slab<Filled>,
    /// Closed when the entries that name them are with the kernel.
    closing: Vec<OwnedFd>,
}

/// Echoes whatever connects to a listener, on the current thread, until a system call fails: one
/// `io_uring_enter(2)` a turn, and `close(2)` for who has left.
///
/// For comparisons only: see the head of its file.
///
/// # Errors
///
/// When there is no ring to be had, or it fails.
pub fn bare_ring_echo(listener: &TcpListener) -> io::Result<Infallible> {
    let mut buffers = Buffers::new(SHAPE.buffers, SHAPE.buffer_bytes)?;
    let ring = build(SHAPE, &FLAVOURS)?;
    buffers.register(&ring)?;
    let (connections, sending, closing) = (Slab::new(), Slab::new(), Vec::new());
    let mut bare = ManuallyDrop::new(Bare { ring, buffers, connections, sending, closing });
    bare.accept(listener)?;
    let mut done: Vec<cqueue::Entry> = Vec::new();
    loop {
        match bare.ring.submit_and_wait(1) {
            Err(error) if error.raw_os_error() != Some(Errno::INTR.raw_os_error()) => {
                return Err(error);
            }
            _ => {}
        }
        bare.closing.clear();
        done.extend(bare.ring.completion());
        for completion in done.drain(..) {
            match completion.user_data() {
                ACCEPT => bare.accepted(&completion, listener)?,
                place if place & SENDING != 0 => bare.sent(place & !SENDING),
                place => bare.received(&completion, place)?,
            }
        }
    }
}

impl Bare {
    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        let entry = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).build();
        self.push(&entry.user_data(ACCEPT))
    }

    fn accepted(&mut self, done: &cqueue::Entry, listener: &TcpListener) -> io::Result<()> {
        if done.result() >= 0 {
            // SAFETY: the kernel has made this descriptor for us and names it once.
            let fd = unsafe { OwnedFd::from_raw_fd(done.result()) };
            let place = self.connections.insert(fd);
            self.receive(place)?;
        }
        if !cqueue::more(done.flags()) {
            self.accept(listener)?;
        }
        Ok(())
    }

    fn receive(&mut self, place: usize) -> io::Result<()> {
        let fd = Fd(self.connections[place].as_raw_fd());
        let entry = opcode::RecvMulti::new(fd, GROUP).build();
        self.push(&entry.user_data(place as u64))
    }

    fn received(&mut self, done: &cqueue::Entry, place: u64) -> io::Result<()> {
        let filled = self.buffers.taken(done);
        let Some(place) =
            usize::try_from(place).ok().filter(|place| self.connections.contains(*place))
        else {
            return Ok(());
        };
        match filled {
            Some(filled) if done.result() > 0 => {
                let fd = Fd(self.connections[place].as_raw_fd());
                let bytes = self.buffers.bytes(&filled);
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                let send = opcode::Send::new(fd, bytes.as_ptr(), length).flags(SEND_FLAGS).build();
                let sending = self.sending.insert(filled) as u64;
                self.push(&send.user_data(SENDING | sending))?;
                if cqueue::more(done.flags()) { Ok(()) } else { self.receive(place) }
            }
            _ if done.result() == -Errno::NOBUFS.raw_os_error() => self.receive(place),
            filled => {
                if let Some(filled) = filled {
                    self.buffers.give_back(filled);
                }
                self.closing.push(self.connections.remove(place));
                Ok(())
            }
        }
    }

    fn sent(&mut self, sending: u64) {
        let sending = usize::try_from(sending).unwrap_or(usize::MAX);
        if let Some(filled) = self.sending.try_remove(sending) {
            self.buffers.give_back(filled);
        }
    }

    fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        for _ in 0..2 {
            // SAFETY: it points to a buffer that is in `sending` until it has completed, or to
            // nothing; both it and the descriptor stay until it was submitted, and `Bare` is never
            // dropped.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return Ok(());
            }
            self.ring.submit()?;
        }
        Err(Errno::BUSY.into())
    }
}
