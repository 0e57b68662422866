//! Two connections joined in memory: a socket pair without sockets.
//!
//! For tests and for programs that talk to their own handlers. Each direction is a bounded ring:
//! when it is full the writer waits, exactly as with a slow peer. Both ends live on one thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

use crate::limits::PAIR_BYTES;
use crate::received::{self, Received};

/// One end.
pub(crate) struct PairEnd {
    incoming: Rc<RefCell<Pipe>>,
    outgoing: Rc<RefCell<Pipe>>,
}

/// One direction.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    /// The writer will write no more.
    ended: bool,
    /// Nobody will read any more.
    abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl PairEnd {
    pub(crate) fn pair() -> (Self, Self) {
        let (there, back) = (Rc::<RefCell<Pipe>>::default(), Rc::<RefCell<Pipe>>::default());
        let left = Self { incoming: Rc::clone(&back), outgoing: Rc::clone(&there) };
        (left, Self { incoming: there, outgoing: back })
    }

    pub(crate) fn poll_recv(&self, cx: &Context<'_>) -> Poll<io::Result<Received>> {
        let mut pipe = self.incoming.borrow_mut();
        if !pipe.poll_readable(cx) {
            return Poll::Pending;
        }
        if pipe.bytes.is_empty() {
            return Poll::Ready(Ok(Received::end()));
        }
        let mut buffer = received::take();
        let room = buffer.capacity();
        pipe.take(room, |bytes| buffer.extend_from_slice(bytes));
        Poll::Ready(Ok(Received::new(buffer)))
    }

    pub(crate) fn poll_read(
        &self,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut pipe = self.incoming.borrow_mut();
        if !pipe.poll_readable(cx) {
            return Poll::Pending;
        }
        pipe.take(buf.remaining(), |bytes| buf.put_slice(bytes));
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_send(
        &self,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut pipe = self.outgoing.borrow_mut();
        if pipe.abandoned || pipe.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut room = PAIR_BYTES - pipe.bytes.len();
        if room == 0 {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let before = pipe.bytes.len();
        for slice in slices {
            let taken = slice.len().min(room);
            pipe.bytes.extend(&slice[..taken]);
            room -= taken;
        }
        let written = pipe.bytes.len() - before;
        wake(&mut pipe.reader);
        Poll::Ready(Ok(written))
    }

    pub(crate) fn shutdown_write(&self) {
        let mut pipe = self.outgoing.borrow_mut();
        pipe.ended = true;
        wake(&mut pipe.reader);
    }
}

impl Drop for PairEnd {
    fn drop(&mut self) {
        self.shutdown_write();
        let mut pipe = self.incoming.borrow_mut();
        pipe.abandoned = true;
        pipe.bytes = VecDeque::new();
        wake(&mut pipe.writer);
    }
}

impl Pipe {
    /// True when there are bytes or the end has come; else the reader is woken when there are.
    fn poll_readable(&mut self, cx: &Context<'_>) -> bool {
        let readable = !self.bytes.is_empty() || self.ended;
        if !readable {
            self.reader = Some(cx.waker().clone());
        }
        readable
    }

    /// Moves out up to `room` bytes and lets the writer go on.
    fn take(&mut self, room: usize, mut put: impl FnMut(&[u8])) {
        let count = room.min(self.bytes.len());
        let (front, back) = self.bytes.as_slices();
        let from_front = count.min(front.len());
        put(&front[..from_front]);
        put(&back[..count - from_front]);
        self.bytes.drain(..count);
        wake(&mut self.writer);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
