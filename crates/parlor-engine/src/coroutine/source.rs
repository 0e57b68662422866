//! A registered socket and what is known about it.
//!
//! The readiness cache is what makes edge triggering work: the kernel says "readable" once, and
//! until a read finds nothing the socket counts as readable, so that a handler that still has
//! bytes to read never asks the kernel whether it may. A wait is then one store of a waker.

use std::borrow::Borrow;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Weak;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::event_loop::EventLoop;
use super::selector::{Readiness, Token, Trigger};
use crate::accept::at_worker::Watched;
use crate::received::{self, Received};

/// A descriptor that a loop watches.
pub(crate) enum Fd {
    /// The loop's alone. A shared one would be an allocation and a cache line more for each of
    /// ten thousand connections.
    Own(OwnedFd),
    /// Somebody else has it too: a set of a level-triggered selector, whoever may have to end a
    /// thread that is parked in `recv`, the other workers of a listener.
    Shared(Arc<OwnedFd>),
}

impl Fd {
    /// The descriptor as a set may keep it.
    pub(crate) fn shared(&self) -> io::Result<&Arc<OwnedFd>> {
        match self {
            Self::Own(_) => Err(io::Error::other("this selector keeps what it watches")),
            Self::Shared(fd) => Ok(fd),
        }
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(fd) => fd.as_fd(),
            Self::Shared(fd) => fd.as_fd(),
        }
    }
}

/// One socket on one event loop.
pub(crate) struct Source {
    fd: Fd,
    token: Token,
    home: Weak<EventLoop>,
    trigger: Trigger,
    /// What the socket is known to be ready for.
    ready: Cell<Readiness>,
    /// What somebody waits for: READ wakes `reader`, WRITE wakes `writer`.
    wanted: Cell<Readiness>,
    reader: Cell<Option<Waker>>,
    /// Boxed, because most connections never have to wait for room.
    writer: Cell<Option<Box<Waker>>>,
    /// Bytes the selector received instead of waiting (see `model::threads`). Boxed, because most
    /// models never have any, and every connection pays for the place.
    landed: Cell<Option<Box<io::Result<Received>>>>,
}

impl Source {
    pub(crate) fn new(fd: Fd, token: Token, home: Weak<EventLoop>, trigger: Trigger) -> Self {
        // A new socket can be written to. Whether it can be read is worth one attempt on a loop,
        // where it saves a turn for every client that speaks first; a thread of its own had better
        // go straight to the `recv` that it parks in.
        let ready = match trigger {
            Trigger::Edge => Readiness::READ | Readiness::WRITE,
            Trigger::Level => Readiness::WRITE,
        };
        Self {
            fd,
            token,
            home,
            trigger,
            ready: Cell::new(ready),
            wanted: Cell::new(Readiness::NONE),
            reader: Cell::new(None),
            writer: Cell::new(None),
            landed: Cell::new(None),
        }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn watched(&self) -> &Fd {
        &self.fd
    }

    pub(crate) fn token(&self) -> Token {
        self.token
    }

    pub(crate) fn wanted(&self) -> Readiness {
        self.wanted.get()
    }

    /// True when `waker` would be woken by this socket, for each direction.
    pub(crate) fn count_wakers_like(&self, waker: &Waker) -> usize {
        usize::from(is_like(&self.reader, waker)) + usize::from(is_like(&self.writer, waker))
    }

    /// Ready when a read or write (`direction`) is worth a try; else the task is woken when it is.
    #[inline]
    pub(crate) fn poll_ready(&self, direction: Readiness, cx: &Context<'_>) -> Poll<()> {
        if self.ready.get().intersects(direction) {
            return Poll::Ready(());
        }
        // Keep the waker between waits: most of the time the same task waits again, and a clone
        // is an atomic operation.
        if direction == Readiness::READ {
            let stored = self.reader.take().filter(|stored| stored.will_wake(cx.waker()));
            self.reader.set(Some(stored.unwrap_or_else(|| cx.waker().clone())));
        } else {
            let stored = self.writer.take().filter(|stored| stored.will_wake(cx.waker()));
            self.writer.set(Some(stored.unwrap_or_else(|| Box::new(cx.waker().clone()))));
        }
        self.want(self.wanted.get() | direction);
        Poll::Pending
    }

    /// A read or write would have blocked: nothing more until the kernel says so.
    pub(crate) fn exhausted(&self, direction: Readiness) {
        let closed =
            if direction == Readiness::READ { Readiness::READ_CLOSED } else { Readiness::NONE };
        self.ready.set(self.ready.get().without(direction | closed));
    }

    /// A read or write did less than was asked for, so the next one would block.
    ///
    /// Unless the peer has closed: the edge that told us so will not come again, and what is left
    /// to read is the end of the stream.
    #[inline]
    pub(crate) fn fell_short(&self, direction: Readiness) {
        if !(direction == Readiness::READ && self.ready.get().contains(Readiness::READ_CLOSED)) {
            self.ready.set(self.ready.get().without(direction));
        }
    }

    /// Takes bytes that arrived while the thread was parked in `recv`.
    #[inline]
    pub(crate) fn take_landed(&self) -> Option<io::Result<Received>> {
        self.landed.take().map(|landed| *landed)
    }

    /// Puts back what the reader had no room for.
    pub(crate) fn put_landed(&self, received: Received) {
        self.landed.set(Some(Box::new(Ok(received))));
    }

    /// The selector received instead of waiting.
    pub(crate) fn land(&self, result: io::Result<Received>) {
        // A full buffer means that there may be more, so the next read tries without waiting.
        let more = result.as_ref().is_ok_and(Received::is_full);
        self.landed.set(Some(Box::new(result)));
        if more {
            received::park_with_more();
            self.ready.set(self.ready.get() | Readiness::READ);
        }
        self.wake(Readiness::READ);
    }

    /// The selector reported readiness.
    #[inline]
    pub(crate) fn deliver(&self, ready: Readiness) {
        self.ready.set(self.ready.get() | ready);
        self.wake(ready);
    }

    #[inline]
    fn wake(&self, ready: Readiness) {
        let wanted = self.wanted.get();
        self.want(wanted.without(ready));
        if wanted.intersects(Readiness::READ) && ready.intersects(Readiness::READ) {
            wake(&self.reader);
        }
        if wanted.intersects(Readiness::WRITE) && ready.intersects(Readiness::WRITE) {
            wake(&self.writer);
        }
    }

    /// Remembers who waits. A level-triggered selector has to be told, an edge-triggered one
    /// watches both directions all the time.
    #[inline]
    fn want(&self, wanted: Readiness) {
        if self.wanted.replace(wanted) != wanted
            && self.trigger == Trigger::Level
            && let Some(home) = self.home.upgrade()
        {
            home.modify(self);
        }
    }
}

/// Wakes and keeps the waker: the same task will most likely wait again.
fn wake<W: Borrow<Waker>>(slot: &Cell<Option<W>>) {
    if let Some(waker) = slot.take() {
        waker.borrow().wake_by_ref();
        slot.set(Some(waker));
    }
}

fn is_like<W: Borrow<Waker>>(slot: &Cell<Option<W>>, waker: &Waker) -> bool {
    let stored = slot.take();
    let alike = stored.as_ref().is_some_and(|stored| stored.borrow().will_wake(waker));
    slot.set(stored);
    alike
}

/// Stops watching, and closes the socket if nobody else holds it.
pub(crate) struct Registration(pub(crate) std::rc::Rc<Source>);

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(home) = self.0.home.upgrade() {
            home.unregister(&self.0);
        }
    }
}

/// A listener on one of our loops.
impl Watched for Registration {
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_ready(Readiness::READ, cx)
    }

    fn exhausted(&self) {
        self.0.exhausted(Readiness::READ);
    }
}
