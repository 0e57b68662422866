//! One connection in the book: how its two directions stand.

use std::io;
use std::task::{Context, Poll, Waker};

use rustix::io::Errno;

use super::{Kernel, Key, Tag, Verb};
use crate::sys::{Attempt, Flight, Socket};

/// What the kernel was asked to receive.
#[derive(Clone, Copy)]
pub(super) enum Recv {
    /// Nothing: nobody has asked, or what was asked for has come.
    Idle,
    Armed(Flight),
    /// Asked for while no buffer was free; waits in the queue.
    Starved,
    Failed(Errno),
    Ended,
}

/// What it has received and nobody has read, from an offset on.
pub(super) enum Unread<F> {
    Nothing,
    /// Bytes in a provided buffer.
    Landed(F, u32),
    /// Bytes that nobody took in time, or that came before the last ones were taken.
    Kept(Box<[u8]>, u32),
}

/// The writing side.
pub(super) enum Send {
    Idle,
    /// So many bytes of the buffer are with the kernel.
    Sending(Flight, u32),
    Failed(Errno),
}

/// The end of our direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fin {
    Open,
    /// To be told to the kernel at the end of the turn.
    Wanted,
    Told,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Nobody has the connection any more, but its last bytes are still being sent.
    Lingering,
    /// The descriptor is given up; completions may still come.
    Closed,
}

/// One connection.
pub(super) struct Slot<F> {
    pub(super) generation: u32,
    pub(super) phase: Phase,
    pub(super) fin: Fin,
    /// The last receive said that there is more.
    pub(super) nonempty: bool,
    pub(super) in_flight: u8,
    pub(super) recv: Recv,
    pub(super) unread: Unread<F>,
    pub(super) send: Send,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
    pub(super) socket: Option<Socket>,
}

impl<F> Slot<F> {
    pub(super) fn arm<K: Kernel<Filled = F>>(&mut self, kernel: &mut K, key: Key) {
        if let Some(socket) = &self.socket {
            // With nothing to be read, the first attempt would be for nothing.
            let flight = kernel.recv(socket, Tag { key, verb: Verb::Recv }, !self.nonempty);
            self.recv = Recv::Armed(flight);
            self.in_flight += 1;
        }
    }

    /// Adds received bytes to those that nobody has read. True: they are the first, and stay in their
    /// buffer for now.
    pub(super) fn land<K: Kernel<Filled = F>>(&mut self, kernel: &mut K, filled: F) -> bool {
        if let Unread::Nothing = self.unread {
            self.unread = Unread::Landed(filled, 0);
            return true;
        }
        self.put_aside(kernel, Some(filled));
        false
    }

    /// Copies what nobody has read out of its buffer, and what came after it.
    pub(super) fn put_aside<K: Kernel<Filled = F>>(&mut self, kernel: &mut K, more: Option<F>) {
        let mut all = match std::mem::replace(&mut self.unread, Unread::Nothing) {
            Unread::Nothing => Vec::new(),
            Unread::Landed(filled, start) => {
                let bytes = kernel.bytes(&filled)[start as usize..].to_vec();
                kernel.give_back(filled);
                bytes
            }
            Unread::Kept(all, start) => {
                let mut all = all.into_vec();
                all.drain(..start as usize);
                all
            }
        };
        if let Some(filled) = more {
            all.extend_from_slice(kernel.bytes(&filled));
            kernel.give_back(filled);
        }
        if !all.is_empty() {
            self.unread = Unread::Kept(all.into(), 0);
        }
    }

    pub(super) fn start_sending<K: Kernel<Filled = F>>(
        &mut self,
        kernel: &mut K,
        key: Key,
        bytes: Vec<u8>,
        from: usize,
        attempt: Attempt,
    ) {
        if let Some(socket) = &self.socket {
            let tag = Tag { key, verb: Verb::Send };
            let flight = kernel.send(socket, tag, bytes, from, attempt);
            self.send = Send::Sending(flight, narrow(from));
            self.in_flight += 1;
        }
    }

    pub(super) fn cancel<K: Kernel<Filled = F>>(
        &mut self,
        kernel: &mut K,
        key: Key,
        flight: Flight,
    ) {
        kernel.cancel(flight, Tag { key, verb: Verb::Other });
        self.in_flight += 1;
    }

    /// Lets go of the descriptor. The kernel keeps the socket for what is still in flight.
    pub(super) fn give_up<K: Kernel<Filled = F>>(&mut self, kernel: &mut K, key: Key) {
        self.phase = Phase::Closed;
        if let Some(Socket::Direct(place)) = self.socket.take() {
            kernel.close(place, Tag { key, verb: Verb::Other });
            self.in_flight += 1;
        }
    }

    /// Ready when no send is in flight, with the error of the last one if it failed.
    pub(super) fn poll_sent<K: Kernel>(&mut self, kernel: &mut K) -> io::Result<Poll<()>> {
        match self.send {
            Send::Idle => Ok(Poll::Ready(())),
            Send::Sending(..) => {
                kernel.hurry();
                Ok(Poll::Pending)
            }
            Send::Failed(error) => {
                self.send = Send::Idle;
                Err(error.into())
            }
        }
    }
}

/// Keeps the task's waker; returns that of another task.
pub(super) fn store(place: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    if place.as_ref().is_some_and(|stored| stored.will_wake(cx.waker())) {
        return None;
    }
    place.replace(cx.waker().clone())
}

/// A count of bytes in a buffer.
pub(super) fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("buffers are far smaller")
}
