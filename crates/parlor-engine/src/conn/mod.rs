//! One connection, the same type on every model.
//!
//! Protocols are written against `Conn` and never learn which model serves them. There are two
//! ways to use it. The plain one is tokio's `AsyncRead + AsyncWrite`, on which TLS, hyper and
//! everything else in the ecosystem runs. The frugal one is [`Conn::recv`], which borrows a buffer
//! from the thread only when there are bytes, and [`Conn::push`] with [`Conn::drain`], which queue
//! bytes without copying them and write many with one system call. What many connections are sent
//! goes in by [`Conn::push_shared`], which knows when copying is the cheaper way.

mod queue;

use std::cell::OnceCell;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::io::Errno;
use rustix::net::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::queue::Queue;
use crate::address::Peer;
use crate::context;
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::source::Fd;
use crate::limits::{COPIED_BYTES_MAX, WRITE_SLICES_MAX};
use crate::model::io_uring::RingStream;
use crate::model::tokio::TokioStream;
use crate::pair::PairEnd;
use crate::received::Received;
use crate::stream::LoopStream;

/// A connection to one peer.
///
/// It stays on the thread that serves it, so it is not `Send`. Dropping it closes the socket
/// (`close(2)`, on `epoll` and tokio after `epoll_ctl(2)`, on `io_uring` with the next
/// `io_uring_enter(2)`), and what was not yet written is lost: [`Conn::drain`] first. Every wait is
/// cancel-safe: a dropped `recv` or `drain` has lost no bytes.
///
/// Read and written as tokio's `AsyncRead` and `AsyncWrite` it makes the same system calls: a read
/// is a `recv(2)` straight into the caller's buffer, a write is what [`Conn::drain`] does.
///
/// Bytes are written when the kernel has them, which says nothing about the peer. On the model
/// `io_uring` they are written when its ring has them: it holds up to 64 KiB of a connection, keeps
/// sending them when the connection is dropped, and a failure shows at the next write.
pub struct Conn {
    /// Boxed, because the compiler keeps an argument of an `async fn` twice in its future.
    inner: Box<Inner>,
}

struct Inner {
    id: u64,
    peer: Peer,
    /// Asked of the kernel when somebody wants to know, which is rare, hence the pointer.
    local: OnceCell<Rc<Peer>>,
    stream: Stream,
    queue: Queue,
}

/// Who waits for the socket. One indirect branch a call, so that the model is a run-time choice.
enum Stream {
    Loop(LoopStream),
    Ring(RingStream),
    /// Boxed, so that the others are not as large as tokio's.
    Tokio(Box<TokioStream>),
    Pair(PairEnd),
}

impl Conn {
    /// A number no other connection of this process has, for logs.
    pub fn id(&self) -> u64 {
        self.inner.id
    }

    /// The other end.
    pub fn peer(&self) -> &Peer {
        &self.inner.peer
    }

    /// Our end: the address that the peer connected to. Asked of the kernel (`getsockname(2)`) when
    /// it is first wanted.
    pub fn local(&self) -> &Peer {
        let inner = &*self.inner;
        inner.local.get_or_init(|| {
            let fd = match &inner.stream {
                Stream::Loop(stream) => stream.as_fd(),
                Stream::Tokio(stream) => stream.as_fd(),
                // Those on a ring were asked when they arrived.
                Stream::Ring(_) | Stream::Pair(_) => return Rc::new(Peer::Pair),
            };
            Rc::new(Peer::from_kernel(rustix::net::getsockname(fd).ok()))
        })
    }

    /// Receives what there is, at least one byte; empty means that the peer has ended its side.
    ///
    /// One `recv(2)` of up to 16 KiB, without waiting in it on a loop; on a thread of its own it may
    /// be the call that the thread waits in; on `io_uring` the bytes come with the completion. If
    /// there is nothing, the wait is the model's: see its file.
    ///
    /// # Errors
    ///
    /// When the connection is broken, for example reset by the peer.
    pub async fn recv(&mut self) -> io::Result<Received> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Polls for [`Conn::recv`].
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    #[inline]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        ready!(context::poll_budget(cx));
        let received = match &mut self.inner.stream {
            Stream::Loop(stream) => ready!(stream.poll_recv(cx)),
            Stream::Ring(stream) => ready!(stream.poll_recv(cx)),
            Stream::Tokio(stream) => ready!(stream.poll_recv(cx)),
            Stream::Pair(end) => ready!(end.poll_recv(cx)),
        };
        context::spend(received.as_ref().map_or(0, |received| received.len()));
        Poll::Ready(received)
    }

    /// Queues bytes to be written by [`Conn::drain`], without copying them and without a system
    /// call.
    ///
    /// The queue has no bound of its own, because only the caller knows whether a slow peer is to
    /// be waited for, skipped or sent away: watch [`Conn::queued`].
    pub fn push(&mut self, bytes: Bytes) {
        self.inner.queue.push(bytes);
    }

    /// Queues bytes that others are sent too, as [`Conn::push`] does: large ones are shared, and small
    /// ones are copied, which costs less and lets many of them leave as one slice.
    pub fn push_shared(&mut self, bytes: &Bytes) {
        if bytes.len() <= COPIED_BYTES_MAX {
            self.inner.queue.copy(bytes);
        } else {
            self.inner.queue.push(bytes.clone());
        }
    }

    /// Bytes that wait to be written.
    pub fn queued(&self) -> usize {
        self.inner.queue.bytes()
    }

    /// Writes until nothing is queued, many chunks with one system call: `send(2)` for a chunk,
    /// `sendmsg(2)` for several, without waiting in it.
    ///
    /// On `io_uring` the bytes are the ring's when this returns, and the kernel is given them at the
    /// end of the turn: a handler that computes after it holds them back, unless it lets the
    /// others run first ([`yield_now`](crate::yield_now)).
    ///
    /// # Errors
    ///
    /// When the connection is broken; the rest of the queue is then of no use.
    pub async fn drain(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_drain(cx)).await
    }

    /// Polls for [`Conn::drain`].
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    #[inline]
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner;
        while let Some((first, more)) = inner.queue.first() {
            ready!(context::poll_budget(cx));
            let sent = if more {
                inner.poll_send_many(cx)
            } else {
                inner.stream.poll_send(cx, &[IoSlice::new(first)])
            };
            let sent = ready!(sent)?;
            context::spend(sent);
            inner.queue.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what is queued, then ends our side: the peer reads the end of the stream, and may
    /// go on sending. One `shutdown(2)`; on `io_uring` an entry of the next `io_uring_enter(2)`.
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    pub async fn shutdown_write(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut *self).poll_shutdown(cx)).await
    }

    /// Two connections to each other, in memory, on this thread. No system call.
    ///
    /// Each direction holds a bounded number of bytes; a writer that is ahead waits. They behave
    /// like sockets otherwise, under [`block_on`](crate::block_on) and on every model.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let (left, right) = PairEnd::pair();
        let end = |end| Self::new(next_id(), Peer::Pair, Stream::Pair(end));
        (end(left), end(right))
    }

    /// An accepted socket on one of our loops.
    pub(crate) fn on_loop(
        event_loop: &Rc<EventLoop>,
        id: u64,
        fd: Fd,
        peer: Peer,
    ) -> Result<Self, (io::Error, Fd)> {
        let local = peer == Peer::Unix;
        let stream = LoopStream::new(event_loop, fd, local)?;
        Ok(Self::new(id, peer, Stream::Loop(stream)))
    }

    /// An accepted socket on a ring.
    pub(crate) fn on_ring(id: u64, stream: RingStream, peer: Peer, local: Rc<Peer>) -> Self {
        let mut conn = Self::new(id, peer, Stream::Ring(stream));
        conn.inner.local = OnceCell::from(local);
        conn
    }

    /// An accepted socket on a tokio worker.
    pub(crate) fn on_tokio(id: u64, fd: OwnedFd, peer: Peer) -> io::Result<Self> {
        let stream = TokioStream::new(fd, &peer)?;
        Ok(Self::new(id, peer, Stream::Tokio(Box::new(stream))))
    }

    fn new(id: u64, peer: Peer, stream: Stream) -> Self {
        let inner = Inner { id, peer, local: OnceCell::new(), stream, queue: Queue::default() };
        Self { inner: Box::new(inner) }
    }
}

/// Numbers connections. One sequence for all servers of the process.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Inner {
    /// One vectored write of what is queued. Not inlined: the array of slices is a KiB of stack,
    /// and on a thread for each connection the deepest frame decides how many pages are resident.
    #[inline(never)]
    fn poll_send_many(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES_MAX];
        let count = self.queue.fill(&mut slices);
        self.stream.poll_send(cx, &slices[..count])
    }
}

impl Stream {
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Loop(stream) => stream.poll_send(cx, slices),
            Self::Ring(stream) => stream.poll_send(cx, slices),
            Self::Tokio(stream) => stream.poll_send(cx, slices),
            Self::Pair(end) => end.poll_send(cx, slices),
        }
    }

    fn poll_shutdown(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let fd = match self {
            Self::Loop(stream) => stream.as_fd(),
            Self::Tokio(stream) => stream.as_fd(),
            Self::Ring(stream) => return stream.poll_shutdown(cx),
            Self::Pair(end) => {
                end.shutdown_write();
                return Poll::Ready(Ok(()));
            }
        };
        Poll::Ready(match rustix::net::shutdown(fd, Shutdown::Write) {
            // The peer is gone already, so there is nobody to tell.
            Err(Errno::NOTCONN) => Ok(()),
            other => other.map_err(Into::into),
        })
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(context::poll_budget(cx));
        let before = buf.filled().len();
        let result = match &mut self.inner.stream {
            Stream::Loop(stream) => ready!(stream.poll_read(cx, buf)),
            Stream::Ring(stream) => ready!(stream.poll_read(cx, buf)),
            Stream::Tokio(stream) => ready!(stream.poll_read(cx, buf)),
            Stream::Pair(end) => ready!(end.poll_read(cx, buf)),
        };
        context::spend(buf.filled().len() - before);
        Poll::Ready(result)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // What was pushed before comes first.
        ready!(self.poll_drain(cx))?;
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        ready!(context::poll_budget(cx));
        let sent = ready!(self.inner.stream.poll_send(cx, slices));
        context::spend(*sent.as_ref().unwrap_or(&0));
        Poll::Ready(sent)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_drain(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        self.inner.stream.poll_shutdown(cx)
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn")
            .field("id", &self.inner.id)
            .field("peer", &self.inner.peer)
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
