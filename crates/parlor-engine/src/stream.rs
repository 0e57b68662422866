//! A socket on one of our own loops: read and write until the kernel has no more.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};
use tokio::io::ReadBuf;

use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::selector::Readiness;
use crate::coroutine::source::{Fd, Registration, Source};
use crate::metrics;
use crate::received::{self, Received};
use crate::sys;

/// A socket that waits on an [`EventLoop`].
pub(crate) struct LoopStream {
    registration: Registration,
    /// A read that brought less than was asked for has emptied the socket. True for TCP. A Unix
    /// socket also stops at a message that carried descriptors, so only an empty read is proof.
    short_is_empty: bool,
}

impl LoopStream {
    pub(crate) fn new(
        event_loop: &Rc<EventLoop>,
        fd: Fd,
        local: bool,
    ) -> Result<Self, (io::Error, Fd)> {
        let registration = event_loop.register(fd)?;
        Ok(Self { registration, short_is_empty: !local })
    }

    #[inline]
    fn source(&self) -> &Source {
        &self.registration.0
    }

    #[inline]
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.source().fd()
    }

    #[inline]
    pub(crate) fn poll_recv(&self, cx: &Context<'_>) -> Poll<io::Result<Received>> {
        let source = self.source();
        loop {
            // On a thread of its own the bytes may be here already: see `model::threads`.
            if let Some(result) = source.take_landed() {
                return Poll::Ready(result);
            }
            ready!(source.poll_ready(Readiness::READ, cx));
            let mut buffer = received::take();
            metrics::count_recv();
            match rustix::net::recv(self.fd(), spare_capacity(&mut buffer), RecvFlags::DONTWAIT) {
                Ok(_) => {
                    self.after_recv(buffer.len(), buffer.capacity());
                    return Poll::Ready(Ok(Received::new(buffer)));
                }
                Err(error) => {
                    received::give_back(buffer);
                    self.after_error(error, Readiness::READ)?;
                }
            }
        }
    }

    pub(crate) fn poll_read(
        &self,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let source = self.source();
        loop {
            if let Some(result) = source.take_landed() {
                let mut received = result?;
                let count = received.len().min(buf.remaining());
                buf.put_slice(&received[..count]);
                received.advance(count);
                if !received.is_empty() {
                    source.put_landed(received);
                }
                return Poll::Ready(Ok(()));
            }
            ready!(source.poll_ready(Readiness::READ, cx));
            let room = buf.remaining();
            metrics::count_recv();
            match sys::recv_into(self.fd(), buf, RecvFlags::DONTWAIT) {
                Ok(count) => {
                    self.after_recv(count, room);
                    return Poll::Ready(Ok(()));
                }
                Err(error) => self.after_error(error, Readiness::READ)?,
            }
        }
    }

    #[inline]
    pub(crate) fn poll_send(
        &self,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // No SIGPIPE: a peer that is gone is an error of this call, not of this process.
        const FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
        let source = self.source();
        loop {
            ready!(source.poll_ready(Readiness::WRITE, cx));
            metrics::count_send();
            let sent = match slices {
                // The kernel does less for `send` than for `sendmsg`.
                [one] => rustix::net::send(self.fd(), one, FLAGS),
                many => {
                    let mut control = SendAncillaryBuffer::default();
                    rustix::net::sendmsg(self.fd(), many, &mut control, FLAGS)
                }
            };
            match sent {
                Ok(count) => {
                    if count < slices.iter().map(|slice| slice.len()).sum() {
                        source.fell_short(Readiness::WRITE);
                    }
                    return Poll::Ready(Ok(count));
                }
                Err(error) => self.after_error(error, Readiness::WRITE)?,
            }
        }
    }

    /// A full buffer says nothing, so the next read tries again; a short one says "empty".
    #[inline]
    fn after_recv(&self, count: usize, room: usize) {
        if count < room && self.short_is_empty {
            self.source().fell_short(Readiness::READ);
        }
    }

    /// "Not now" and "interrupted" mean another round, everything else is the caller's.
    fn after_error(&self, error: Errno, direction: Readiness) -> io::Result<()> {
        match error {
            Errno::AGAIN => {
                self.source().exhausted(direction);
                Ok(())
            }
            Errno::INTR => Ok(()),
            error => Err(error.into()),
        }
    }
}

impl AsFd for LoopStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd()
    }
}
