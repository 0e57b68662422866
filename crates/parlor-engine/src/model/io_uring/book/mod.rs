//! What is known about each connection on a ring: a state machine without a kernel.
//!
//! The ring does what the book says, and tells it what came back. Per connection there is at most
//! one receive and one send in flight, so bytes keep their order, and an idle connection owns no
//! buffer. The rules, which the tests hold against a kernel that answers in any order:
//!
//! - A receive is asked for only when a task waits for bytes and there are none. It may go on by
//!   itself until it has brought a few KiB; a handler that does not read is that and one buffer
//!   behind at most. Bytes that were not taken by the end of the next turn are copied out, so that
//!   stalled handlers do not hold the buffers that the others need.
//! - When no buffer was free the connection waits in a queue, and is armed again when one is.
//! - Written bytes are the ring's at once. Until they are with the kernel, the next write waits.
//!   An error of a send is told by the write after it.
//! - A connection that is dropped first finishes its send, for a bounded time, then is closed. Its
//!   place is used again when the last completion has come, no matter in which order.

mod slot;
mod spares;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use slab::Slab;

use self::slot::{Fin, Phase, Recv, Send, Slot, Unread, narrow, store};
use self::spares::Spares;
use crate::limits::{RING_LINGER_MS, RING_SEND_BYTES};
use crate::sys::{Attempt, Flight, Socket};

/// What the book asks of a ring. The tests have one of their own.
pub(super) trait Kernel {
    /// A provided buffer with received bytes.
    type Filled;

    fn recv(&mut self, socket: &Socket, tag: Tag, poll_first: bool) -> Flight;
    fn send(
        &mut self,
        socket: &Socket,
        tag: Tag,
        bytes: Vec<u8>,
        from: usize,
        attempt: Attempt,
    ) -> Flight;
    /// Somebody waits for a send: its end is to be told without waiting for other things.
    fn hurry(&mut self);
    fn shutdown_write(&mut self, socket: &Socket, tag: Tag);
    fn cancel(&mut self, target: Flight, tag: Tag);
    fn close(&mut self, place: u32, tag: Tag);
    fn bytes<'a>(&'a self, filled: &'a Self::Filled) -> &'a [u8];
    fn give_back(&mut self, filled: Self::Filled);
    fn buffers_free(&self) -> usize;
}

/// Names a connection. A reused place has another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(super) place: u32,
    generation: u32,
}

/// What an operation was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verb {
    Recv,
    Send,
    /// Shutting down, cancelling, closing: only that it has ended is of interest.
    Other,
}

/// An operation's connection and verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tag {
    pub(super) key: Key,
    pub(super) verb: Verb,
}

/// How an operation went.
pub(super) struct Outcome<F> {
    pub(super) result: Result<u32, Errno>,
    /// It goes on.
    pub(super) more: bool,
    pub(super) nonempty: bool,
    pub(super) filled: Option<F>,
    pub(super) bytes: Option<Vec<u8>>,
}

/// All connections of one ring.
pub(super) struct Book<K: Kernel> {
    slots: Slab<Slot<K::Filled>>,
    generation: u32,
    /// Bytes landed in this turn.
    landed: Vec<Key>,
    /// In the order in which they found no buffer.
    starved: VecDeque<Key>,
    fins: Vec<Key>,
    /// In the order of their deadlines.
    lingering: VecDeque<(Instant, Key)>,
    spares: Spares,
    /// Wakers that are no longer needed. Dropping one may run any code, so the ring does that when
    /// nobody has borrowed the book.
    discarded: Vec<Waker>,
}

impl<K: Kernel> Book<K> {
    pub(super) fn new() -> Self {
        Self {
            slots: Slab::new(),
            generation: 0,
            landed: Vec::new(),
            starved: VecDeque::new(),
            fins: Vec::new(),
            lingering: VecDeque::new(),
            spares: Spares::default(),
            discarded: Vec::new(),
        }
    }

    /// The place that the next connection will have. No direct descriptor of this number is in use.
    pub(super) fn next_place(&self) -> u32 {
        u32::try_from(self.slots.vacant_key()).expect("fewer than four billion connections")
    }

    /// Wakers that the caller is to drop.
    pub(super) fn take_discarded(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.discarded)
    }

    /// True when every place is free again.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds a connection at the next place.
    pub(super) fn open(&mut self, socket: Socket) -> Key {
        self.generation = (self.generation + 1) & Tag::GENERATION;
        let key = Key { place: self.next_place(), generation: self.generation };
        self.slots.insert(Slot {
            generation: key.generation,
            phase: Phase::Open,
            fin: Fin::Open,
            nonempty: true,
            in_flight: 0,
            recv: Recv::Idle,
            unread: Unread::Nothing,
            send: Send::Idle,
            reader: None,
            writer: None,
            socket: Some(socket),
        });
        key
    }

    /// Hands received bytes, up to `room` of them, to `put`; the number of bytes, 0 at the end.
    pub(super) fn poll_recv(
        &mut self,
        kernel: &mut K,
        key: Key,
        cx: &Context<'_>,
        room: usize,
        put: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let Some(slot) = slot_of(&mut self.slots, key) else { return Poll::Ready(Err(gone())) };
        match std::mem::replace(&mut slot.unread, Unread::Nothing) {
            Unread::Nothing => {}
            Unread::Landed(filled, start) => {
                let bytes = &kernel.bytes(&filled)[start as usize..];
                let (count, left) = (bytes.len().min(room), bytes.len().saturating_sub(room));
                put(&bytes[..count]);
                if left == 0 {
                    kernel.give_back(filled);
                } else {
                    slot.unread = Unread::Landed(filled, start + narrow(count));
                }
                return Poll::Ready(Ok(count));
            }
            Unread::Kept(all, start) => {
                let bytes = &all[start as usize..];
                let (count, left) = (bytes.len().min(room), bytes.len().saturating_sub(room));
                put(&bytes[..count]);
                if left > 0 {
                    slot.unread = Unread::Kept(all, start + narrow(count));
                }
                return Poll::Ready(Ok(count));
            }
        }
        match slot.recv {
            Recv::Idle => slot.arm(kernel, key),
            Recv::Armed(_) | Recv::Starved => {}
            Recv::Failed(error) => {
                slot.recv = Recv::Idle;
                return Poll::Ready(Err(error.into()));
            }
            Recv::Ended => return Poll::Ready(Ok(0)),
        }
        self.discarded.extend(store(&mut slot.reader, cx));
        Poll::Pending
    }

    /// Takes bytes to be sent, as many as fit in a buffer.
    pub(super) fn poll_send(
        &mut self,
        kernel: &mut K,
        key: Key,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(slot) = slot_of(&mut self.slots, key) else { return Poll::Ready(Err(gone())) };
        if slot.fin != Fin::Open {
            return Poll::Ready(Err(Errno::PIPE.into()));
        }
        if slot.poll_sent(kernel)?.is_pending() {
            self.discarded.extend(store(&mut slot.writer, cx));
            return Poll::Pending;
        }
        let total = slices.iter().map(|slice| slice.len()).sum::<usize>().min(RING_SEND_BYTES);
        let mut bytes = self.spares.take(total);
        for slice in slices {
            let room = total - bytes.len();
            bytes.extend_from_slice(&slice[..slice.len().min(room)]);
        }
        slot.start_sending(kernel, key, bytes, 0, Attempt::First);
        Poll::Ready(Ok(total))
    }

    /// Ends our direction, once everything is with the kernel.
    pub(super) fn poll_shutdown(
        &mut self,
        kernel: &mut K,
        key: Key,
        cx: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(slot) = slot_of(&mut self.slots, key) else { return Poll::Ready(Err(gone())) };
        if slot.fin == Fin::Open {
            if slot.poll_sent(kernel)?.is_pending() {
                self.discarded.extend(store(&mut slot.writer, cx));
                return Poll::Pending;
            }
            slot.fin = Fin::Wanted;
            self.fins.push(key);
        }
        Poll::Ready(Ok(()))
    }

    /// The connection's owner has dropped it.
    pub(super) fn close(&mut self, kernel: &mut K, key: Key, now: Instant) {
        let Some(slot) = slot_of(&mut self.slots, key) else { return };
        self.discarded.extend(slot.reader.take());
        self.discarded.extend(slot.writer.take());
        if let Recv::Armed(flight) = std::mem::replace(&mut slot.recv, Recv::Idle) {
            slot.cancel(kernel, key, flight);
        }
        if let Unread::Landed(filled, _) = std::mem::replace(&mut slot.unread, Unread::Nothing) {
            kernel.give_back(filled);
        }
        if let Send::Sending(..) = slot.send {
            kernel.hurry();
            slot.phase = Phase::Lingering;
            let deadline = now + Duration::from_millis(RING_LINGER_MS);
            self.lingering.push_back((deadline, key));
        } else {
            slot.give_up(kernel, key);
        }
        self.forget_if_done(key);
    }

    /// An operation has an answer; who is to be woken.
    pub(super) fn complete(
        &mut self,
        kernel: &mut K,
        tag: Tag,
        outcome: Outcome<K::Filled>,
    ) -> Option<Waker> {
        let Tag { key, verb } = tag;
        let slot = self.slots.get_mut(key.place as usize)?;
        debug_assert_eq!(slot.generation, key.generation, "a place was reused too early");
        slot.in_flight -= u8::from(!outcome.more);
        let woken = match verb {
            Verb::Recv => self.received(kernel, key, outcome),
            Verb::Send => self.sent(kernel, key, outcome),
            Verb::Other => None,
        };
        self.forget_if_done(key);
        woken
    }

    /// The end of a turn: what was put off until now.
    pub(super) fn tidy(&mut self, kernel: &mut K) {
        while let Some(key) = self.fins.pop() {
            // One that was closed meanwhile needs no half close before.
            if let Some(slot) = slot_of(&mut self.slots, key) {
                slot.fin = Fin::Told;
                slot.in_flight += 1;
                if let Some(socket) = &slot.socket {
                    kernel.shutdown_write(socket, Tag { key, verb: Verb::Other });
                }
            }
        }
        while let Some(key) = self.landed.pop() {
            let Some(slot) = slot_of(&mut self.slots, key) else { continue };
            if let Unread::Landed(..) = slot.unread {
                slot.put_aside(kernel, None);
            }
        }
        // As many as there are buffers; one that finds none after all comes back.
        let mut free = kernel.buffers_free();
        while free > 0
            && let Some(key) = self.starved.pop_front()
        {
            if let Some(slot) = slot_of(&mut self.slots, key)
                && matches!(slot.recv, Recv::Starved)
            {
                slot.arm(kernel, key);
                free -= 1;
            }
        }
    }

    /// When the first of those that linger has had its time.
    pub(super) fn next_deadline(&mut self) -> Option<Instant> {
        // Nearly all are done within a turn.
        while let Some((deadline, key)) = self.lingering.front().copied() {
            if self.lingers(key).is_some() {
                return Some(deadline);
            }
            self.lingering.pop_front();
        }
        None
    }

    /// Ends the sends of those that have lingered long enough.
    pub(super) fn expire(&mut self, kernel: &mut K, now: Instant) {
        while let Some((_, key)) = self.lingering.pop_front_if(|(deadline, _)| *deadline <= now) {
            if let Some((slot, flight)) = self.lingers(key) {
                slot.cancel(kernel, key, flight);
            }
        }
    }

    /// A connection that is still sending its last bytes.
    fn lingers(&mut self, key: Key) -> Option<(&mut Slot<K::Filled>, Flight)> {
        let slot = self.slots.get_mut(key.place as usize)?;
        match slot.send {
            Send::Sending(flight, _)
                if slot.generation == key.generation && slot.phase == Phase::Lingering =>
            {
                Some((slot, flight))
            }
            _ => None,
        }
    }

    fn received(&mut self, kernel: &mut K, key: Key, outcome: Outcome<K::Filled>) -> Option<Waker> {
        let slot = &mut self.slots[key.place as usize];
        if slot.phase != Phase::Open {
            if let Some(filled) = outcome.filled {
                kernel.give_back(filled);
            }
            return None;
        }
        slot.nonempty = outcome.nonempty;
        slot.recv = match (outcome.result, outcome.filled) {
            (Ok(1..), Some(filled)) => {
                if slot.land(kernel, filled) {
                    self.landed.push(key);
                }
                if outcome.more { slot.recv } else { Recv::Idle }
            }
            (Ok(_), filled) => {
                if let Some(filled) = filled {
                    kernel.give_back(filled);
                }
                Recv::Ended
            }
            (Err(Errno::NOBUFS), _) if !matches!(slot.unread, Unread::Nothing) => {
                // There are more bytes, for when these are read.
                slot.nonempty = true;
                Recv::Idle
            }
            (Err(Errno::NOBUFS), _) => {
                // There are bytes. Nobody is woken before they are here.
                slot.nonempty = true;
                slot.recv = Recv::Starved;
                self.starved.push_back(key);
                return None;
            }
            // Interrupted: the next poll asks again.
            (Err(Errno::INTR | Errno::AGAIN | Errno::CANCELED), _) => Recv::Idle,
            (Err(error), _) => Recv::Failed(error),
        };
        slot.reader.take()
    }

    fn sent(&mut self, kernel: &mut K, key: Key, outcome: Outcome<K::Filled>) -> Option<Waker> {
        let slot = &mut self.slots[key.place as usize];
        let Send::Sending(_, before) = slot.send else { return None };
        let bytes = outcome.bytes.unwrap_or_default();
        let (sent, failure) = match outcome.result {
            Ok(count) => (before as usize + count as usize, None),
            Err(Errno::INTR | Errno::AGAIN) => (before as usize, None),
            Err(error) => (before as usize, Some(error)),
        };
        if failure.is_none() && sent < bytes.len() {
            slot.start_sending(kernel, key, bytes, sent, Attempt::Again);
            return None;
        }
        self.spares.give_back(bytes);
        slot.send = failure.map_or(Send::Idle, Send::Failed);
        if slot.phase == Phase::Lingering {
            slot.give_up(kernel, key);
        }
        slot.writer.take()
    }

    fn forget_if_done(&mut self, key: Key) {
        let slot = &self.slots[key.place as usize];
        if slot.phase == Phase::Closed && slot.in_flight == 0 {
            self.slots.remove(key.place as usize);
        }
    }
}

/// The connection, if its owner still has it.
fn slot_of<F>(slots: &mut Slab<Slot<F>>, key: Key) -> Option<&mut Slot<F>> {
    let slot = slots.get_mut(key.place as usize)?;
    (slot.generation == key.generation && slot.phase == Phase::Open).then_some(slot)
}

/// The ring has ended before the connection.
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the worker of this connection has ended")
}

impl Tag {
    const GENERATION: u32 = (1 << 29) - 1;

    /// As a number that a ring carries along.
    pub(super) fn pack(self) -> u64 {
        let verb = match self.verb {
            Verb::Recv => 0,
            Verb::Send => 1,
            Verb::Other => 2,
        };
        u64::from(verb << 29 | self.key.generation) << 32 | u64::from(self.key.place)
    }

    /// What [`Tag::pack`] made of one.
    #[expect(clippy::cast_possible_truncation, reason = "two halves of 32 bits")]
    pub(super) fn unpack(number: u64) -> Self {
        let (upper, place) = ((number >> 32) as u32, number as u32);
        let verb = match upper >> 29 {
            0 => Verb::Recv,
            1 => Verb::Send,
            _ => Verb::Other,
        };
        Self { key: Key { place, generation: upper & Self::GENERATION }, verb }
    }
}

#[cfg(test)]
mod tests;
