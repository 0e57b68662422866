//! The loop: foreign wakes, timers, tasks, then wait.
//!
//! One event loop owns one thread. Everything on it (sockets, tasks, timers) stays there, so
//! nothing is locked except the inbox that other threads write to. The order of a turn is part of
//! the contract:
//!
//! 1. take what other threads left (before sockets are asked: a busy socket must not keep an
//!    answer from the database waiting);
//! 2. fire the timers that are due;
//! 3. poll every task queued so far, first come first served; what is woken meanwhile waits for
//!    the next turn, behind the sockets;
//! 4. ask the selector, without waiting if a task is queued.
//!
//! Which system call the last step makes is all that a model of the readiness family decides.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use slab::Slab;

use super::selector::{Events, Readiness, Selector, Token, Trigger, Wait};
use super::source::{Fd, Registration, Source};
use super::task::{Body, BoxFuture, Task, Turn};
use super::timer::{TimerKey, Wheel};
use super::waker::{Inbox, LoopHandle, TaskKey, TaskWaker};
use crate::admission::Ticket;
use crate::context::{self, Drain};
use crate::limits::BELL_MISSING_POLL_MS;
use crate::metrics;
use crate::time;

/// One thread's tasks, sockets and timers.
pub(crate) struct EventLoop {
    handle: Arc<LoopHandle>,
    selector: RefCell<Box<dyn Selector>>,
    trigger: Trigger,
    sources: RefCell<Slab<Rc<Source>>>,
    tasks: RefCell<Slab<Task>>,
    queue: RefCell<VecDeque<TaskKey>>,
    timers: RefCell<Wheel>,
    /// Tick 0 of the wheel.
    epoch: Instant,
    drain: Drain,
    /// Numbers registrations and tasks, so that a reused place is told from the old one.
    generation: Cell<u32>,
    bell_registered: Cell<bool>,
    closing: Cell<bool>,
    root_woken: Cell<bool>,
}

impl EventLoop {
    #[inline(never)]
    pub(crate) fn new(selector: Box<dyn Selector>, handle: Arc<LoopHandle>) -> Rc<Self> {
        Rc::new(Self {
            handle,
            trigger: selector.trigger(),
            selector: RefCell::new(selector),
            sources: RefCell::default(),
            tasks: RefCell::default(),
            queue: RefCell::default(),
            timers: RefCell::new(Wheel::new()),
            epoch: time::now(),
            drain: Drain::default(),
            generation: Cell::new(0),
            bell_registered: Cell::new(false),
            closing: Cell::new(false),
            root_woken: Cell::new(false),
        })
    }

    pub(crate) fn id(&self) -> u64 {
        self.handle.id
    }

    pub(crate) fn drain(&self) -> &Drain {
        &self.drain
    }

    /// True when no task is left.
    pub(crate) fn is_idle(&self) -> bool {
        self.tasks.borrow().is_empty()
    }

    /// Goes round until every connection has ended after a drain, or the loop is told to stop.
    pub(crate) fn serve(self: &Rc<Self>) {
        let _inside = context::enter_loop(self);
        let root = Root::new(&self.handle);
        // A connection handed over just before the drain began is mail that is not read yet.
        self.run(&root, &mut |_| {
            self.handle.is_draining() && !self.handle.has_mail() && self.is_idle()
        });
        self.close();
    }

    /// Runs one future on this thread, beside whatever it spawns; `None` when the loop is told to
    /// stop before it has finished. A panic of the future is the caller's.
    pub(crate) fn block_on<F: Future>(self: &Rc<Self>, future: F) -> Option<F::Output> {
        let _inside = context::enter_loop(self);
        let root = Root::new(&self.handle);
        let mut future = std::pin::pin!(Some(future));
        let mut output = None;
        self.run(&root, &mut |woken| {
            let Some(future) = future.as_mut().as_pin_mut().filter(|_| woken) else { return false };
            root.header.begin_poll();
            context::begin_turn();
            match future.poll(&mut Context::from_waker(&root.waker)) {
                Poll::Ready(value) => output = Some(value),
                Poll::Pending => return false,
            }
            true
        });
        // The future goes first, while tasks and timers that it may talk to still exist.
        future.set(None);
        self.close();
        output
    }

    /// `root` is called once a turn and told whether its waker was used since.
    fn run(self: &Rc<Self>, root: &Root, turn: &mut dyn FnMut(bool) -> bool) {
        let mut inbox = Inbox::default();
        let mut events = Events::default();
        self.root_woken.set(true);
        loop {
            self.read_mail(&mut inbox);
            self.fire_timers();
            self.run_queue();
            if turn(self.root_woken.replace(false)) || self.handle.is_stopping() {
                break;
            }
            self.wait(&mut events, root);
        }
    }

    /// Adds a task and queues it for its first poll.
    pub(crate) fn spawn(self: &Rc<Self>, future: BoxFuture, ticket: Option<Ticket>) {
        if self.closing.get() {
            return;
        }
        let key = {
            let mut tasks = self.tasks.borrow_mut();
            let place = tasks.vacant_entry();
            let index = u32::try_from(place.key()).expect("fewer than four billion tasks");
            let key = TaskKey { index, generation: self.next_generation() };
            let body = Body::new(future, key, Arc::clone(&self.handle), ticket);
            place.insert(Task { key, body: Some(body) });
            key
        };
        self.push(key);
    }

    /// Queues a task; its waker has made sure that it is not queued already.
    pub(crate) fn push(&self, key: TaskKey) {
        self.queue.borrow_mut().push_back(key);
    }

    /// Starts watching a socket.
    ///
    /// # Errors
    ///
    /// With the socket, because there is a client behind it to be told.
    pub(crate) fn register(self: &Rc<Self>, fd: Fd) -> Result<Registration, (io::Error, Fd)> {
        self.watch(fd, Readiness::READ | Readiness::WRITE)
    }

    /// Starts watching a listener that other loops may watch too. If it is `exclusive`, and all
    /// say so, the kernel tells one of them of a client.
    pub(crate) fn register_listener(
        self: &Rc<Self>,
        fd: Arc<OwnedFd>,
        exclusive: bool,
    ) -> io::Result<Registration> {
        let exclusive = if exclusive { Readiness::EXCLUSIVE } else { Readiness::NONE };
        self.watch(Fd::Shared(fd), Readiness::READ | exclusive).map_err(|(error, _)| error)
    }

    /// Whether its selector keeps what it watches, so that descriptors have to be shared with it.
    pub(crate) fn shares(&self) -> bool {
        self.trigger == Trigger::Level
    }

    fn watch(self: &Rc<Self>, fd: Fd, edges: Readiness) -> Result<Registration, (io::Error, Fd)> {
        let mut sources = self.sources.borrow_mut();
        let place = sources.vacant_entry();
        let token = Token::new(place.key(), self.next_generation());
        let interest = match self.trigger {
            Trigger::Edge => edges,
            Trigger::Level => Readiness::NONE,
        };
        let registered = self.selector.borrow_mut().register(&fd, token, interest);
        if let Err(error) = registered {
            return Err((error, fd));
        }
        let source = Rc::new(Source::new(fd, token, Rc::downgrade(self), self.trigger));
        place.insert(Rc::clone(&source));
        Ok(Registration(source))
    }

    /// Tells a level-triggered selector what is waited for now.
    pub(crate) fn modify(&self, source: &Source) {
        let mut selector = self.selector.borrow_mut();
        if let Err(error) = selector.modify(source.watched(), source.token(), source.wanted()) {
            tracing::error!(%error, "a registered socket is unknown to its selector");
        }
    }

    /// Stops watching a socket.
    pub(crate) fn unregister(&self, source: &Source) {
        // The kernel forgets a closed descriptor by itself, unless a duplicate of it lives on
        // somewhere. This is one cheap call a connection against a rare and horrible bug.
        let result = self.selector.borrow_mut().unregister(source.watched(), source.token());
        if let Err(error) = result {
            tracing::error!(%error, "a registered socket is unknown to its selector");
        }
        let removed = self.sources.borrow_mut().try_remove(source.token().index());
        drop(removed);
    }

    /// Arms a timer for a task of this loop.
    pub(crate) fn arm(&self, due: Instant, waker: Waker) -> TimerKey {
        // Rounded up to the next tick: a timer may be late by one, never early.
        let ticks = due.saturating_duration_since(self.epoch).as_nanos().div_ceil(1_000_000);
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX / 2).min(u64::MAX / 2);
        let mut timers = self.timers.borrow_mut();
        if timers.is_empty() {
            // Nobody has moved the hands while there was nothing to do.
            let now = self.ticks_until(time::now());
            timers.advance(now, |_| ());
        }
        timers.insert(ticks, waker)
    }

    /// Renews the waker of a timer; false when it has fired.
    pub(crate) fn refresh_timer(&self, key: TimerKey, waker: &Waker) -> bool {
        self.timers.borrow_mut().refresh(key, waker)
    }

    /// Disarms a timer.
    pub(crate) fn disarm(&self, key: TimerKey) {
        let waker = self.timers.borrow_mut().cancel(key);
        drop(waker);
    }

    /// Step 1: what other threads left.
    #[inline(never)]
    fn read_mail(self: &Rc<Self>, inbox: &mut Inbox) {
        self.handle.take_mail(inbox);
        self.queue.borrow_mut().extend(inbox.woken.drain(..));
        for job in inbox.jobs.drain(..) {
            job(self);
        }
        if self.handle.is_draining() {
            self.drain.begin();
        }
    }

    /// Step 2: timers that are due.
    fn fire_timers(&self) {
        if !self.timers.borrow().is_empty() {
            self.fire_due();
        }
    }

    #[inline(never)]
    fn fire_due(&self) {
        let now = self.ticks_until(time::now());
        let mut due = Vec::new();
        self.timers.borrow_mut().advance(now, |waker| due.push(waker));
        // Waking runs code that is not ours, so the wheel is not borrowed meanwhile.
        for waker in due {
            waker.wake();
        }
    }

    /// Step 3: every task queued so far, in order.
    fn run_queue(self: &Rc<Self>) {
        let queued = self.queue.borrow().len();
        for _ in 0..queued {
            let key = self.queue.borrow_mut().pop_front();
            match key {
                Some(TaskKey::ROOT) => self.root_woken.set(true),
                Some(key) => self.poll_task(key),
                None => break,
            }
        }
    }

    /// Not inlined: a thread for each connection has `run` on its stack for as long as it lives,
    /// and what a task needs is not needed there.
    #[inline(never)]
    fn poll_task(&self, key: TaskKey) {
        // Take the task out of the list while it runs: it may spawn others.
        let body = match self.tasks.borrow_mut().get_mut(key.index as usize) {
            Some(task) if task.key == key => task.body.take(),
            _ => None,
        };
        let Some(body) = body else { return };
        context::begin_turn();
        match body.poll() {
            Turn::Pending(body) => {
                if let Some(task) = self.tasks.borrow_mut().get_mut(key.index as usize) {
                    task.body = Some(body);
                }
            }
            Turn::Ended { task_panicked } => {
                let task = self.tasks.borrow_mut().try_remove(key.index as usize);
                drop(task);
                if task_panicked {
                    metrics::count_task_panic();
                }
            }
        }
    }

    /// Step 4: wait for the kernel, a timer or the bell.
    fn wait(&self, events: &mut Events, root: &Root) {
        let wait = self.prepare_to_wait(root);
        metrics::publish();
        metrics::count_wait();
        let selected = self.selector.borrow_mut().select(wait, events);
        self.handle.wake_up();
        if let Err(error) = selected {
            tracing::error!(%error, "the selector failed");
        }

        if let Some((token, result)) = events.landed.take()
            && let Some(source) = self.source(token)
        {
            source.land(result);
        }
        for event in events.ready.drain(..) {
            if event.token == Token::BELL {
                self.silence_bell();
            } else if let Some(source) = self.source(event.token) {
                source.deliver(event.ready);
            }
        }
    }

    /// Decides how long to wait and whether anything but a socket can end it.
    fn prepare_to_wait(&self, root: &Root) -> Wait {
        const NOT_AT_ALL: Wait = Wait { timeout: Some(Duration::ZERO), alone: false };
        if !self.queue.borrow().is_empty() {
            return NOT_AT_ALL;
        }
        let timer = self.next_timer();
        let foreign = self.may_be_woken_from_outside(root);
        let mut timeout = timer;
        if foreign && !self.hang_bell() {
            // No descriptor left for a bell: look for mail now and then instead.
            let pause = Duration::from_millis(BELL_MISSING_POLL_MS);
            timeout = Some(timer.map_or(pause, |timer| timer.min(pause)));
        }
        if !self.handle.fall_asleep() {
            return NOT_AT_ALL;
        }
        // `stop` may have come before this loop could be woken at all.
        if self.handle.is_stopping() {
            return NOT_AT_ALL;
        }
        Wait { timeout, alone: !foreign && timer.is_none() }
    }

    /// Whether anybody beside this loop's own sockets and timers holds a way to wake a task.
    ///
    /// A loop shared by many connections is always reachable. On a thread with a single coroutine
    /// it pays to look: if every clone of its waker sits in one of its own sockets or timers, no
    /// other thread can wake it, and it needs neither bell nor `ppoll`. Counting is safe because
    /// a clone can only be made from a clone: none outside means none to come while we sleep.
    fn may_be_woken_from_outside(&self, root: &Root) -> bool {
        if self.trigger == Trigger::Edge || !self.is_idle() {
            return true;
        }
        let clones = root.clones();
        let sources = self.sources.borrow();
        let in_sockets: usize =
            sources.iter().map(|(_, source)| source.count_wakers_like(&root.waker)).sum();
        let timers = self.timers.borrow();
        let in_timers = timers.wakers().filter(|waker| waker.will_wake(&root.waker)).count();
        // A thread that waits for no socket can be stopped by its bell only.
        let waits_for_socket = sources.iter().any(|(_, source)| source.wanted() != Readiness::NONE);
        clones > in_sockets + in_timers || !waits_for_socket
    }

    /// Makes sure that other threads can end the wait.
    fn hang_bell(&self) -> bool {
        if self.bell_registered.get() {
            return true;
        }
        let hung = self.handle.bell().and_then(|bell| {
            let bell = Fd::Shared(Arc::clone(bell));
            self.selector.borrow_mut().register(&bell, Token::BELL, Readiness::READ)
        });
        self.bell_registered.set(hung.is_ok());
        hung.is_ok()
    }

    /// An edge-triggered bell rings anew with every write; a level-triggered one has to be read.
    fn silence_bell(&self) {
        if self.trigger == Trigger::Level
            && let Ok(bell) = self.handle.bell()
        {
            rustix::io::read(bell, &mut [0u8; 8]).ok();
        }
    }

    fn next_timer(&self) -> Option<Duration> {
        let at = self.timers.borrow().next_at()?;
        let at = self.epoch + Duration::from_millis(at);
        let left = at.saturating_duration_since(time::now());
        // The kernel counts in milliseconds here; rounding down would wake too early and again.
        let millis = u64::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        Some(Duration::from_millis(millis))
    }

    fn ticks_until(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_millis()).unwrap_or(u64::MAX)
    }

    fn source(&self, token: Token) -> Option<Rc<Source>> {
        let sources = self.sources.borrow();
        sources.get(token.index()).filter(|source| source.token() == token).cloned()
    }

    fn next_generation(&self) -> u32 {
        let next = self.generation.get().wrapping_add(1);
        self.generation.set(next);
        // All ones is the bell's.
        if next == u32::MAX { self.next_generation() } else { next }
    }

    /// Drops every task, in the loop's own context, so that their sockets can say goodbye.
    fn close(self: &Rc<Self>) {
        self.closing.set(true);
        // Connections handed over but never started are dropped like the others.
        self.read_mail(&mut Inbox::default());
        loop {
            let body = {
                let mut tasks = self.tasks.borrow_mut();
                let Some(index) = tasks.iter().next().map(|(index, _)| index) else { break };
                tasks.remove(index).body
            };
            if let Some(body) = body {
                body.discard();
            }
        }
        metrics::publish();
    }
}

/// The future that a loop runs for, seen as a task: it is polled by the loop's owner.
struct Root {
    header: Arc<TaskWaker>,
    waker: Waker,
}

impl Root {
    fn new(handle: &Arc<LoopHandle>) -> Self {
        let header = Arc::new(TaskWaker::new(TaskKey::ROOT, Arc::clone(handle)));
        let waker = Waker::from(Arc::clone(&header));
        Self { header, waker }
    }

    /// Clones of the waker beyond our own.
    fn clones(&self) -> usize {
        let clones = Arc::strong_count(&self.header) - 2;
        // Whoever dropped a clone may have woken us before: see that too. Pairs with the release
        // in the drop of an `Arc`.
        fence(Ordering::Acquire);
        clones
    }
}

#[cfg(test)]
pub(crate) mod staged;
#[cfg(test)]
mod tests;
