//! What a handler may ask of the thread it runs on: tasks, a turn's budget, the drain signal.
//!
//! A handler never names its model. It calls free functions, and these find the loop (or the tokio
//! worker) of the current thread here. Outside of both they panic, with a message that says what
//! to do; nothing falls back to a hidden runtime.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::waker::{LoopHandle, TaskKey};
use crate::limits::{TURN_BYTES, TURN_OPERATIONS};
use crate::model::threads::Parked;
use crate::model::tokio::Seat;

/// Who runs this thread.
#[derive(Clone)]
pub(crate) enum Home {
    /// One of our own loops.
    Loop(Rc<EventLoop>),
    /// A tokio worker that we started.
    Tokio(Rc<Seat>),
}

thread_local! {
    static HOME: RefCell<Option<Home>> = const { RefCell::new(None) };
    static BUDGET: Cell<Budget> = const { Cell::new(Budget::FULL) };
}

/// The home of this thread, or a panic that explains itself.
#[track_caller]
pub(crate) fn home(what: &str) -> Home {
    HOME.with_borrow(Option::clone).unwrap_or_else(|| {
        panic!("{what} needs a parlor_engine worker: run it in a handler or under `block_on`")
    })
}

/// The event loop of this thread, if it has this id.
#[inline]
pub(crate) fn with_loop<R>(id: u64, f: impl FnOnce(&EventLoop) -> R) -> Option<R> {
    // `try_with`: wakers and timers may be dropped while the thread ends.
    HOME.try_with(|home| match &*home.borrow() {
        Some(Home::Loop(event_loop)) if event_loop.id() == id => Some(f(event_loop)),
        _ => None,
    })
    .ok()
    .flatten()
}

/// Queues a task if its loop is this thread's; false when it is another thread's.
#[inline]
pub(crate) fn push_local(id: u64, key: TaskKey) -> bool {
    with_loop(id, |event_loop| event_loop.push(key)).is_some()
}

/// Makes this thread a loop's until the guard is dropped.
#[track_caller]
pub(crate) fn enter_loop(event_loop: &Rc<EventLoop>) -> Inside {
    enter(Home::Loop(Rc::clone(event_loop)))
}

/// Makes this thread a worker's until the guard is dropped.
#[track_caller]
pub(crate) fn enter(home: Home) -> Inside {
    HOME.with_borrow_mut(|current| {
        assert!(
            current.is_none(),
            "`block_on` inside a handler or another `block_on`: it would stop everything else on \
             this thread; `.await` the future instead",
        );
        *current = Some(home);
    });
    Inside { not_send: PhantomData }
}

/// This thread belongs to a loop or worker.
pub(crate) struct Inside {
    not_send: PhantomData<Rc<()>>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        let home = HOME.with_borrow_mut(Option::take);
        drop(home);
    }
}

/// Starts a task on this thread, beside the caller. No system call.
///
/// It needs neither `Send` nor a handle: it is dropped when the worker ends (on the model
/// `threads`, and under [`block_on`], when the handler or future that the thread runs has ended).
/// A panic in it is caught, logged and counted, and harms nothing else.
///
/// # Panics
///
/// Outside of a handler or [`block_on`].
#[track_caller]
pub fn spawn_local(future: impl Future<Output = ()> + 'static) {
    match home("spawn_local") {
        Home::Loop(event_loop) => event_loop.spawn(Box::pin(future), None),
        Home::Tokio(seat) => seat.spawn(Box::pin(future), None),
    }
}

/// Runs a future on this thread until it is done: with timers, [`spawn_local`] and wakes from other
/// threads, but without a server. For tests and small programs.
///
/// It waits in `ppoll(2)`, on an eventfd if anybody else can wake it, and for no longer than until
/// the next timer is due.
///
/// ```
/// use std::time::Duration;
/// use parlor_engine::{block_on, time};
///
/// let answer = block_on(async {
///     time::sleep(Duration::from_millis(5)).await;
///     42
/// });
/// assert_eq!(answer, 42);
/// ```
///
/// # Panics
///
/// Inside a handler or another `block_on`, since it would stop everything else on the thread.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let event_loop = EventLoop::new(Box::new(Parked::default()), LoopHandle::new());
    event_loop.block_on(future).expect("nobody else holds the handle that could stop this loop")
}

/// Lets the other tasks of this thread run once, then goes on. The loop asks for sockets that are
/// ready in between, with a wait of no length: the model's system call once, for all tasks
/// together.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Resolves once the server was asked to stop, on every connection at once.
///
/// A handler that holds a connection open should wait for this beside its other work, finish what
/// it is doing and return. Under a bare [`block_on`] it never resolves. Cancel-safe.
///
/// No system call by itself. But a thread that serves one connection (`threads`, `pool`,
/// `blocking`) has to be woken for it, so it makes an eventfd and waits in `ppoll(2)` instead of
/// `recv(2)`.
///
/// # Panics
///
/// Outside of a handler or [`block_on`].
pub async fn draining() {
    Draining { place: None, not_send: PhantomData }.await;
}

/// The drain signal of one thread and who waits for it.
#[derive(Default)]
pub(crate) struct Drain {
    begun: Cell<bool>,
    waiters: RefCell<Slab<Waker>>,
}

impl Drain {
    /// Wakes everybody; later calls do nothing.
    pub(crate) fn begin(&self) {
        if !self.begun.replace(true) {
            let waiters = self.waiters.take();
            for (_, waker) in waiters {
                waker.wake();
            }
        }
    }

    fn poll(&self, place: &mut Option<usize>, cx: &Context<'_>) -> Poll<()> {
        if self.begun.get() {
            return Poll::Ready(());
        }
        let mut waiters = self.waiters.borrow_mut();
        match *place {
            Some(place) => waiters[place].clone_from(cx.waker()),
            None => *place = Some(waiters.insert(cx.waker().clone())),
        }
        Poll::Pending
    }

    fn forget(&self, place: usize) {
        let waker = self.waiters.borrow_mut().try_remove(place);
        drop(waker);
    }
}

impl Home {
    fn drain(&self) -> &Drain {
        match self {
            Self::Loop(event_loop) => event_loop.drain(),
            Self::Tokio(seat) => seat.drain(),
        }
    }
}

struct Draining {
    place: Option<usize>,
    not_send: PhantomData<Rc<()>>,
}

impl Future for Draining {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        home("draining").drain().poll(&mut self.place, cx)
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        if let Some(place) = self.place
            && let Ok(Some(home)) = HOME.try_with(|home| home.borrow().clone())
        {
            home.drain().forget(place);
        }
    }
}

/// What a task may still do before it has to let the others run.
///
/// Without this, one client that sends without end keeps its handler busy for ever: every read
/// finds bytes, so the handler never stops by itself. tokio has the same for its own sockets;
/// outside of tokio nobody does it for us.
#[derive(Clone, Copy)]
struct Budget {
    operations: u32,
    bytes: usize,
}

impl Budget {
    const FULL: Self = Self { operations: TURN_OPERATIONS, bytes: TURN_BYTES };
}

/// A task's turn begins.
#[inline]
pub(crate) fn begin_turn() {
    BUDGET.set(Budget::FULL);
}

/// Ready while the task may go on; else it is put at the end of the queue.
#[inline]
pub(crate) fn poll_budget(cx: &Context<'_>) -> Poll<()> {
    let budget = BUDGET.get();
    if budget.operations > 0 && budget.bytes > 0 {
        return Poll::Ready(());
    }
    // Filled up at once, so that a future polled by a foreign executor is not stuck for ever.
    BUDGET.set(Budget::FULL);
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// A read or write of so many bytes was done.
#[inline]
pub(crate) fn spend(bytes: usize) {
    let Budget { operations, bytes: left } = BUDGET.get();
    BUDGET.set(Budget {
        operations: operations.saturating_sub(1),
        bytes: left.saturating_sub(bytes),
    });
}
