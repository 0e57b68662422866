//! `tokio:N`: the same handlers on tokio, with a current-thread runtime on each worker.
//!
//! **The idea.** The yardstick. tokio is what most Rust servers run on, so whatever our own loop
//! claims is measured against it, with the same handler and the same `Conn`.
//!
//! **The system calls.** Those of `epoll`: tokio's reactor is edge-triggered and remembers readiness
//! too. Timers hang on tokio's wheel, tasks in its queue, and its own budget keeps them fair.
//!
//! **The wall.** That of `epoll`. Work is not moved between threads: a handler's future need not be
//! `Send`, here as on every other model. A work-stealing runtime could not run the same handler.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::mpsc;

use super::{Arrival, Workers};
use crate::accept::at_worker::{AtWorker, Watched};
use crate::address::Peer;
use crate::admission::Ticket;
use crate::conn::Conn;
use crate::context::{self, Drain, Home};
use crate::coroutine::task::{BoxFuture, describe};
use crate::metrics::{self, Counters};
use crate::received::{self, Received};
use crate::sys::watch_listener;

/// A socket that waits in tokio's reactor.
pub(crate) enum TokioStream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl TokioStream {
    pub(crate) fn new(fd: OwnedFd, peer: &Peer) -> io::Result<Self> {
        Ok(match peer {
            Peer::Tcp(_) => Self::Tcp(TcpStream::from_std(fd.into())?),
            Peer::Unix | Peer::Pair => Self::Unix(UnixStream::from_std(fd.into())?),
        })
    }

    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Received>> {
        // Wait first, then take a buffer: an idle connection owns none.
        match self {
            Self::Tcp(stream) => ready!(stream.poll_read_ready(cx))?,
            Self::Unix(stream) => ready!(stream.poll_read_ready(cx))?,
        }
        let mut buffer = received::take();
        metrics::count_recv();
        // Not `try_read`: only tokio's own reads learn from a short one that nothing is left.
        let polled = match self {
            Self::Tcp(stream) => pin!(stream.read_buf(&mut buffer)).poll(cx),
            Self::Unix(stream) => pin!(stream.read_buf(&mut buffer)).poll(cx),
        };
        if matches!(polled, Poll::Ready(Ok(_))) {
            return Poll::Ready(Ok(Received::new(buffer)));
        }
        received::give_back(buffer);
        polled.map_ok(|_| Received::end())
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        metrics::count_recv();
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }

    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        metrics::count_send();
        match (self, slices) {
            (Self::Tcp(stream), [one]) => Pin::new(stream).poll_write(cx, one),
            (Self::Tcp(stream), many) => Pin::new(stream).poll_write_vectored(cx, many),
            (Self::Unix(stream), [one]) => Pin::new(stream).poll_write(cx, one),
            (Self::Unix(stream), many) => Pin::new(stream).poll_write_vectored(cx, many),
        }
    }
}

impl AsFd for TokioStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// What a handler on a tokio worker can ask for.
pub(crate) struct Seat {
    drain: Drain,
    /// Taken away when the worker ends: what is spawned then is dropped.
    open: RefCell<bool>,
}

impl Seat {
    pub(crate) fn drain(&self) -> &Drain {
        &self.drain
    }

    pub(crate) fn spawn(&self, future: BoxFuture, ticket: Option<Ticket>) {
        if !*self.open.borrow() {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "this model does run inside tokio")]
        let task = tokio::task::spawn_local(Caught { future: Some(future), ticket });
        // It is dropped with the runtime, not with its handle.
        drop(task);
    }
}

/// A future whose panic ends nothing but itself, and which gives its ticket back at the end.
struct Caught {
    future: Option<BoxFuture>,
    ticket: Option<Ticket>,
}

impl Future for Caught {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        context::begin_turn();
        let Some(future) = &mut self.future else { return Poll::Ready(()) };
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        let panic = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => None,
            Err(panic) => Some(panic),
        };
        // The future goes first, so that its socket is closed when the ticket is given back.
        let future = self.future.take();
        let panic = catch_unwind(AssertUnwindSafe(|| drop(future))).err().or(panic);
        let ticket = self.ticket.take();
        if let Some(panic) = &panic {
            let connection = ticket.as_ref().map(|ticket| ticket.connection);
            tracing::error!(conn = connection, reason = describe(&**panic), "a handler panicked");
        }
        match ticket {
            Some(ticket) => ticket.end(panic.is_some()),
            None if panic.is_some() => metrics::count_task_panic(),
            None => {}
        }
        Poll::Ready(())
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        // Dropped unfinished, at the drain deadline: a destructor that panics must not abort.
        let future = self.future.take();
        if catch_unwind(AssertUnwindSafe(|| drop(future))).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
    }
}

enum Order {
    Serve(Arrival),
    Accept(AtWorker),
    Drain,
}

/// The worker threads. Closing the channel of one ends it.
pub(crate) struct TokioWorkers {
    /// Unbounded as a type; the admission of connections bounds what is in it.
    orders: Vec<mpsc::UnboundedSender<Order>>,
    threads: Vec<JoinHandle<()>>,
}

impl TokioWorkers {
    pub(crate) fn start(count: usize, counters: &Arc<Counters>) -> io::Result<Self> {
        let mut workers = Self { orders: Vec::new(), threads: Vec::new() };
        for number in 0..count {
            if let Err(error) = workers.start_one(number, counters) {
                // Leave nothing behind.
                Box::new(workers).stop(Duration::from_secs(1));
                return Err(error);
            }
        }
        Ok(workers)
    }

    fn start_one(&mut self, number: usize, counters: &Arc<Counters>) -> io::Result<()> {
        let (sender, orders) = mpsc::unbounded_channel();
        let counters = Arc::clone(counters);
        // A `LocalRuntime` belongs to the thread that makes it, which says whether it could.
        let (made, outcome) = std::sync::mpsc::channel();
        let thread =
            thread::Builder::new().name(format!("parlor-tokio-{number}")).spawn(move || {
                let _counting = counters.count_this_thread();
                match new_runtime() {
                    Ok(runtime) => {
                        made.send(Ok(())).ok();
                        serve(runtime, orders);
                    }
                    Err(error) => {
                        made.send(Err(error)).ok();
                    }
                }
            })?;
        self.threads.push(thread);
        self.orders.push(sender);
        outcome.recv().unwrap_or_else(|_| Err(io::Error::other("the worker died at start")))
    }
}

impl Workers for TokioWorkers {
    fn blocking(&self) -> bool {
        false
    }

    fn serve(&mut self, arrival: Arrival) {
        let orders = &self.orders[arrival.ticket.worker as usize];
        if let Err(mpsc::error::SendError(Order::Serve(arrival))) =
            orders.send(Order::Serve(arrival))
        {
            arrival.refuse();
        }
    }

    fn accept_at(&mut self, worker: u32, at: AtWorker) -> io::Result<()> {
        let sent = self.orders[worker as usize].send(Order::Accept(at));
        sent.map_err(|_| io::Error::other("a worker died at start"))
    }

    fn drain(&mut self) {
        for orders in &self.orders {
            orders.send(Order::Drain).ok();
        }
    }

    fn stop(self: Box<Self>, grace: Duration) -> usize {
        drop(self.orders);
        super::join(self.threads, grace)
    }
}

fn new_runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .on_thread_park(|| {
            metrics::publish();
            metrics::count_wait();
        })
        .build_local(LocalOptions::default())
}

/// A worker's life: connections come through the channel until it is closed.
fn serve(runtime: LocalRuntime, mut orders: mpsc::UnboundedReceiver<Order>) {
    let seat = Rc::new(Seat { drain: Drain::default(), open: RefCell::new(true) });
    let _inside = context::enter(Home::Tokio(Rc::clone(&seat)));
    runtime.block_on(async {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Serve(arrival) => begin(&seat, arrival),
                Order::Accept(at) => accept(&seat, at),
                Order::Drain => seat.drain.begin(),
            }
        }
    });
    seat.open.replace(false);
    // The handlers that are left go with the runtime, while this thread is still a worker.
    drop(runtime);
    metrics::publish();
}

/// Makes the accepting from a door a task.
fn accept(seat: &Rc<Seat>, at: AtWorker) {
    match watch_listener(Arc::clone(&at.door.listener.fd)) {
        Ok(listener) => {
            let home = Rc::clone(seat);
            let serve = move |arrival| begin(&home, arrival);
            seat.spawn(Box::pin(at.run(listener, serve)), None);
        }
        Err(error) => {
            tracing::error!(listener = at.door.name, %error, "a worker cannot watch a listener");
        }
    }
}

/// A listener in tokio's reactor.
impl Watched for AsyncFd<Arc<OwnedFd>> {
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        // An error means that the runtime ends, and this task with it.
        self.poll_read_ready(cx).map(drop)
    }

    fn exhausted(&self) {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(Ok(mut guard)) = self.poll_read_ready(&mut cx) {
            guard.clear_ready();
        }
    }
}

fn begin(seat: &Seat, arrival: Arrival) {
    let Arrival { fd, peer, service, ticket, .. } = arrival;
    let connection = ticket.connection;
    match Conn::on_tokio(connection, fd, peer) {
        Ok(conn) => match service.handle(conn) {
            Some(future) => seat.spawn(future, Some(ticket)),
            None => ticket.end(true),
        },
        Err(error) => {
            tracing::warn!(conn = connection, %error, "cannot watch a connection: refused");
            ticket.refuse();
        }
    }
}
