//! One worker's ring: the book's decisions carried out by the kernel.
//!
//! It stands in the event loop where the others have their selector, since a turn ends the same
//! way: one system call that waits. This one also submits all that the turn has queued.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::io::ReadBuf;

use super::book::{Book, Kernel, Key, Outcome, Tag, Verb};
use crate::address::Peer;
use crate::coroutine::selector::{Event, Events, Readiness, Selector, Token, Trigger, Wait};
use crate::coroutine::source::Fd;
use crate::limits::{
    RECV_BUFFER_BYTES, RING_AHEAD_BYTES, RING_BUFFERS, RING_COMPLETIONS, RING_DIRECT_MAX,
    RING_END_LINGER_MS, RING_LOCAL_ADDRESSES, RING_SUBMISSIONS,
};
use crate::metrics;
use crate::received::{self, Received};
use crate::sys::{Attempt, Filled, Flight, Shape, Socket, Uring};
use crate::time;

/// The tag of the poll on the loop's bell; no connection has it.
const BELL: u64 = u64::MAX;

/// A ring, shared by its event loop and its connections, all on one thread.
pub(crate) struct Ring {
    inner: RefCell<Inner>,
}

struct Inner {
    kernel: Uring,
    book: Book<Uring>,
    bell: Option<Arc<OwnedFd>>,
    /// The local ends that connections have in common.
    locals: Vec<Rc<Peer>>,
    woken: Vec<Waker>,
}

/// A connection on a ring. Dropping it closes the connection.
pub(crate) struct RingStream {
    ring: Rc<Ring>,
    key: Key,
}

impl Ring {
    /// Makes a ring for the current thread.
    pub(super) fn new() -> io::Result<Rc<Self>> {
        let kernel = Uring::new(Shape {
            submissions: RING_SUBMISSIONS,
            completions: RING_COMPLETIONS,
            buffers: RING_BUFFERS,
            buffer_bytes: RECV_BUFFER_BYTES,
            direct: direct_max(),
            ahead_bytes: RING_AHEAD_BYTES,
        })?;
        let inner =
            Inner { kernel, book: Book::new(), bell: None, locals: Vec::new(), woken: Vec::new() };
        Ok(Rc::new(Self { inner: RefCell::new(inner) }))
    }

    /// Takes an accepted socket in: into the ring's own table while there is a place, so that it
    /// counts as no descriptor of the process. Returned with the address of our end.
    pub(super) fn adopt(self: &Rc<Self>, fd: OwnedFd) -> (RingStream, Rc<Peer>) {
        let mut inner = self.inner.borrow_mut();
        // On a non-blocking socket a ring takes "would block" for an answer and does not wait. Ours
        // are not, but this one may have been handed to us by another process.
        rustix::io::ioctl_fionbio(&fd, false).ok();
        // A direct descriptor cannot be asked any more (before Linux 6.19).
        let local = inner.shared(Peer::from_kernel(rustix::net::getsockname(&fd).ok()));
        let place = inner.book.next_place();
        let installed =
            place < inner.kernel.direct() && inner.kernel.install(place, fd.as_fd()).is_ok();
        let socket = if installed { Socket::Direct(place) } else { Socket::Plain(Arc::new(fd)) };
        let key = inner.book.open(socket);
        (RingStream { ring: Rc::clone(self), key }, local)
    }

    /// One turn, without waiting.
    pub(super) fn enter_once(&self) -> io::Result<()> {
        self.inner.borrow_mut().turn(Some(Duration::ZERO), &mut Events::default())
    }

    /// Does something with a connection.
    fn with<R>(&self, act: impl FnOnce(&mut Book<Uring>, &mut Uring) -> R) -> R {
        let (result, discarded) = {
            let Inner { kernel, book, .. } = &mut *self.inner.borrow_mut();
            let result = act(book, kernel);
            (result, book.take_discarded())
        };
        drop(discarded);
        result
    }

    /// Lets what was written last go out, then ends everything that is in flight.
    pub(super) fn end(&self) {
        let deadline = time::now() + Duration::from_millis(RING_END_LINGER_MS);
        loop {
            let now = time::now();
            let mut inner = self.inner.borrow_mut();
            if inner.book.is_empty() || now >= deadline {
                break;
            }
            let left = deadline.saturating_duration_since(now);
            if inner.turn(Some(left), &mut Events::default()).is_err() {
                break;
            }
        }
        // Nothing that is waited for here needs more than the time to be cancelled.
        const WAITS: usize = 100;
        self.inner.borrow_mut().kernel.end(WAITS);
    }

    /// Operations that have not ended.
    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.inner.borrow().kernel.in_flight()
    }

    /// True when no place is taken.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.inner.borrow().book.is_empty()
    }

    /// Receive buffers that hold nothing.
    #[cfg(test)]
    pub(super) fn buffers_free(&self) -> usize {
        self.inner.borrow().kernel.buffers_free()
    }
}

impl Inner {
    /// One copy of an address that many connections have.
    fn shared(&mut self, local: Peer) -> Rc<Peer> {
        if let Some(known) = self.locals.iter().find(|known| ***known == local) {
            return Rc::clone(known);
        }
        let local = Rc::new(local);
        if self.locals.len() < RING_LOCAL_ADDRESSES {
            self.locals.push(Rc::clone(&local));
        }
        local
    }

    /// Submits, waits, and works off what came back. Whoever is to be woken is in `woken`.
    fn turn(&mut self, timeout: Option<Duration>, events: &mut Events) -> io::Result<()> {
        let Self { kernel, book, bell, woken, .. } = self;
        book.tidy(kernel);
        let timeout = match book.next_deadline() {
            None => timeout,
            Some(deadline) => {
                let now = time::now();
                book.expire(kernel, now);
                let left = deadline.saturating_duration_since(now);
                Some(timeout.map_or(left, |timeout| timeout.min(left)))
            }
        };
        let wait = timeout.is_none_or(|timeout| !timeout.is_zero());
        let entered = kernel.enter(wait, timeout);
        metrics::count_calls(kernel.take_extra_enters());
        while let Some(done) = kernel.next() {
            if done.tag == BELL {
                events.ready.push(Event { token: Token::BELL, ready: Readiness::READ });
                // The kernel may end a poll that goes on, for example when it has lost an answer.
                if let Some(bell) = bell.as_ref().filter(|_| !done.more) {
                    kernel.watch(bell, BELL);
                }
                continue;
            }
            let (tag, nonempty, bytes) = (Tag::unpack(done.tag), done.nonempty, done.bytes);
            if tag.verb == Verb::Recv && done.result.is_ok() {
                metrics::count_ring_recv();
            }
            let (result, more, filled) = (done.result, done.more, done.filled);
            let outcome = Outcome { result, more, nonempty, filled, bytes };
            woken.extend(book.complete(kernel, tag, outcome));
        }
        entered
    }
}

/// The ring in the place of a selector.
pub(super) struct Reactor(pub(super) Rc<Ring>);

impl Selector for Reactor {
    fn trigger(&self) -> Trigger {
        Trigger::Edge
    }

    /// Only the loop's bell: connections on a ring are not watched, they are asked.
    fn register(&mut self, fd: &Fd, token: Token, _: Readiness) -> io::Result<()> {
        if token != Token::BELL {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let inner = &mut *self.0.inner.borrow_mut();
        let bell = inner.bell.insert(Arc::clone(fd.shared()?));
        inner.kernel.watch(bell, BELL);
        Ok(())
    }

    fn modify(&mut self, _: &Fd, _: Token, _: Readiness) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn unregister(&mut self, _: &Fd, _: Token) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn select(&mut self, wait: Wait, events: &mut Events) -> io::Result<()> {
        let (result, mut woken) = {
            let inner = &mut *self.0.inner.borrow_mut();
            let result = inner.turn(wait.timeout, events);
            (result, std::mem::take(&mut inner.woken))
        };
        // Waking runs code that is not ours, so the ring is not borrowed meanwhile.
        for waker in woken.drain(..) {
            waker.wake();
        }
        self.0.inner.borrow_mut().woken = woken;
        result
    }
}

impl RingStream {
    pub(crate) fn poll_recv(&self, cx: &Context<'_>) -> Poll<io::Result<Received>> {
        let mut buffer = Vec::new();
        let polled = self.poll_take(cx, RECV_BUFFER_BYTES, |bytes| {
            buffer = received::take();
            buffer.extend_from_slice(bytes);
        });
        polled.map_ok(|_| Received::new(buffer))
    }

    pub(crate) fn poll_read(
        &self,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_take(cx, buf.remaining(), |bytes| buf.put_slice(bytes)).map_ok(|_| ())
    }

    pub(crate) fn poll_send(
        &self,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.ring.with(|book, kernel| book.poll_send(kernel, self.key, cx, slices))
    }

    /// Ends our direction once what was written is with the kernel.
    pub(crate) fn poll_shutdown(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.ring.with(|book, kernel| book.poll_shutdown(kernel, self.key, cx))
    }

    fn poll_take(
        &self,
        cx: &Context<'_>,
        room: usize,
        put: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        self.ring.with(|book, kernel| book.poll_recv(kernel, self.key, cx, room, put))
    }
}

impl Drop for RingStream {
    fn drop(&mut self) {
        self.ring.with(|book, kernel| book.close(kernel, self.key, time::now()));
    }
}

impl Kernel for Uring {
    type Filled = Filled;

    fn recv(&mut self, socket: &Socket, tag: Tag, poll_first: bool) -> Flight {
        Self::recv(self, socket, tag.pack(), poll_first)
    }

    fn send(
        &mut self,
        socket: &Socket,
        tag: Tag,
        bytes: Vec<u8>,
        from: usize,
        attempt: Attempt,
    ) -> Flight {
        metrics::count_ring_send();
        Self::send(self, socket, tag.pack(), bytes, from, attempt)
    }

    fn hurry(&mut self) {
        Self::hurry(self);
    }

    fn shutdown_write(&mut self, socket: &Socket, tag: Tag) {
        Self::shutdown_write(self, socket, tag.pack());
    }

    fn cancel(&mut self, target: Flight, tag: Tag) {
        Self::cancel(self, target, tag.pack());
    }

    fn close(&mut self, place: u32, tag: Tag) {
        Self::close(self, place, tag.pack());
    }

    fn bytes<'a>(&'a self, filled: &'a Filled) -> &'a [u8] {
        Self::bytes(self, filled)
    }

    fn give_back(&mut self, filled: Filled) {
        Self::give_back(self, filled);
    }

    fn buffers_free(&self) -> usize {
        Self::buffers_free(self)
    }
}

/// As many direct descriptors as the kernel allows: those of a process, once more for each ring.
pub(super) fn direct_max() -> u32 {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    u32::try_from(limit).unwrap_or(u32::MAX).min(RING_DIRECT_MAX)
}
