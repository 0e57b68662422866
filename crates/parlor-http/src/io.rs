//! The engine's connection and clock as hyper wants them.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use hyper::rt;
use parlor_engine::{Conn, time};
use tokio::io::AsyncWrite;

/// What the two sides of hyper, its transport and its service, tell each other about an exchange.
///
/// hyper keeps its buffers as long as its connection lives and counts the wait for the next
/// request as slow headers. So a connection is taken back from it whenever it is at rest.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// Requests given to the service whose response body hyper still holds.
    pub(crate) open: Cell<usize>,
    /// Responses completed since hyper took the connection.
    pub(crate) answered: Cell<usize>,
    /// Bytes were given to hyper that no request has accounted for.
    pub(crate) unclaimed: Cell<bool>,
    /// hyper has written since it last flushed.
    unflushed: Cell<bool>,
    /// hyper waits for bytes.
    starved: Cell<bool>,
}

impl Activity {
    /// Whether the last response is out and nothing of the next request is in.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.open.get() == 0
            && self.answered.get() > 0
            && self.starved.get()
            && !self.unclaimed.get()
            && !self.unflushed.get()
    }
}

/// A connection as hyper's transport, with bytes that were read ahead.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) conn: Conn,
    pub(crate) ahead: Bytes,
    activity: Rc<Activity>,
    stall: Option<time::Sleep>,
    stall_limit: Duration,
}

impl Transport {
    pub(crate) fn new(
        conn: Conn,
        ahead: Bytes,
        activity: Rc<Activity>,
        stall_limit: Duration,
    ) -> Self {
        Self { conn, ahead, activity, stall: None, stall_limit }
    }

    /// Turns a write that waits into an error once it has waited too long.
    fn poll_stall<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let stall = self.stall.get_or_insert_with(|| time::sleep(self.stall_limit));
        ready!(Pin::new(stall).poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }
}

impl rt::Read for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.activity.starved.set(false);
        if this.ahead.is_empty() {
            let Poll::Ready(received) = this.conn.poll_recv(cx) else {
                this.activity.starved.set(true);
                return Poll::Pending;
            };
            let received = received?;
            let fits = received.len().min(buffer.remaining());
            buffer.put_slice(&received[..fits]);
            this.ahead = Bytes::copy_from_slice(&received[fits..]);
            this.activity.unclaimed.set(!received.is_empty());
            return Poll::Ready(Ok(()));
        }
        let fits = this.ahead.len().min(buffer.remaining());
        buffer.put_slice(&this.ahead[..fits]);
        this.ahead.advance(fits);
        this.activity.unclaimed.set(true);
        Poll::Ready(Ok(()))
    }
}

impl rt::Write for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.activity.unflushed.set(true);
        let written = Pin::new(&mut this.conn).poll_write(cx, bytes);
        this.poll_stall(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.conn).poll_flush(cx);
        if flushed.is_ready() {
            this.activity.unflushed.set(false);
        }
        this.poll_stall(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().conn).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.conn.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.activity.unflushed.set(true);
        let written = Pin::new(&mut this.conn).poll_write_vectored(cx, slices);
        this.poll_stall(cx, written)
    }
}

/// The engine's clock as hyper's timer; without one, hyper's header timeout is silently off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EngineTimer;

impl rt::Timer for EngineTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(EngineSleep(time::sleep(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(EngineSleep(time::sleep_until(deadline)))
    }

    fn now(&self) -> Instant {
        time::now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<EngineSleep>() {
            Some(sleep) => sleep.get_mut().0.reset(deadline),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

struct EngineSleep(time::Sleep);

impl Future for EngineSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.get_mut().0).poll(cx)
    }
}

impl rt::Sleep for EngineSleep {}
