//! The delivery worker of one thread: its channels and sessions, and how they meet.
//!
//! This file has the thread's state and its face to readers; beside it stand what publishers
//! handed over (`arrivals`), where frames wait (`rings`), who wants them (`subscriptions`), who
//! gets what next (`deliveries`), and what is read from the store again (`pages`).
//!
//! Everything here belongs to one thread and takes no lock but the mailbox's. Wakers are called
//! only when the tables are free again, because waking may run other code.

mod arrivals;
mod rings;
mod subscriptions;
mod deliveries;
mod pages;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::channel::{Channel, ChannelState, Session};
use crate::frame::Order;
use crate::mailbox::{Arrival, Mailbox};
use crate::registry::Head;
use crate::store::Shared;
use crate::{Delivery, Error, Position, TopicId};

use deliveries::Step;

/// The delivery worker of one thread.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    tables: RefCell<Tables>,
    pub(crate) driven: Cell<bool>,
    /// The buffer arrivals are taken over in.
    arrivals: Cell<Vec<Option<Arrival>>>,
}

/// What a worker knows.
struct Tables {
    worker: u32,
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    channels: Slab<Channel>,
    topics: HashMap<TopicId, u32>,
    sessions: Slab<Session>,
    /// Channels with something new for their readers.
    fresh: Vec<u32>,
    /// Whom to wake once the tables are free.
    wakers: Vec<Waker>,
    /// Where the last frame that came stands.
    last: Order,
    /// All rings together, and their frames from the oldest on (some may have left).
    ring_bytes: usize,
    ring_log: VecDeque<(u32, u64)>,
    /// Where the ring of a new channel begins: behind all indexes used so far.
    ring_base: u64,
    generation: u64,
    page_bytes: usize,
    page_log: VecDeque<(u32, u64)>,
    page_reads: usize,
    pages_wanted: VecDeque<(u32, u64)>,
    page_ticket: u64,
    closed: bool,
}

/// How a subscription can begin.
pub(crate) enum Attach {
    /// It has begun.
    Done(Position),
    /// What this worker has heard of the topic does not decide it: ask the store.
    Ask,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Rc<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let worker = shared.fanout.join(&mailbox);
        let tables = Tables {
            worker,
            shared: Arc::clone(&shared),
            mailbox: Arc::clone(&mailbox),
            channels: Slab::new(),
            topics: HashMap::new(),
            sessions: Slab::new(),
            fresh: Vec::new(),
            wakers: Vec::new(),
            last: Order { commit: 0, place: 0 },
            ring_bytes: 0,
            ring_log: VecDeque::new(),
            ring_base: 0,
            generation: 0,
            page_bytes: 0,
            page_log: VecDeque::new(),
            page_reads: 0,
            pages_wanted: VecDeque::new(),
            page_ticket: 0,
            closed: false,
        };
        Rc::new(Self {
            shared,
            mailbox,
            tables: RefCell::new(tables),
            driven: Cell::new(false),
            arrivals: Cell::default(),
        })
    }

    /// Takes over what has arrived, and wakes those it is for.
    pub(crate) fn drain(&self) {
        if !self.mailbox.is_waiting() {
            return;
        }
        let mut taken = self.mailbox.take(self.arrivals.take());
        let mut tables = self.tables.borrow_mut();
        for arrival in taken.arrivals.drain(..).flatten() {
            tables.arrive(arrival);
        }
        for (topic, overflow) in taken.overflow {
            tables.overflow(topic, overflow);
        }
        if taken.closed {
            tables.close();
        }
        tables.tell();
        let mut wakers = std::mem::take(&mut tables.wakers);
        drop(tables);
        // A buffer that one burst made huge is not kept.
        if taken.arrivals.capacity() <= 1_024 {
            self.arrivals.set(taken.arrivals);
        }
        for waker in wakers.drain(..) {
            waker.wake();
        }
        let mut tables = self.tables.borrow_mut();
        if tables.wakers.capacity() == 0 && wakers.capacity() <= 16_384 {
            tables.wakers = wakers;
        }
    }

    /// Lets the driver wait for arrivals. False when some are there already.
    pub(crate) fn wait(&self, cx: &Context<'_>) -> bool {
        drop(self.mailbox.wait(cx.waker()));
        !self.mailbox.is_waiting()
    }

    /// A task of this thread waits: without a driver, it is the one to be woken by arrivals.
    fn parked(&self, cx: &Context<'_>) -> bool {
        self.driven.get() || self.wait(cx)
    }

    /// The driver, or a task that stood in for it, has gone: let the others find out.
    pub(crate) fn undriven(&self) {
        let mut tables = self.tables.borrow_mut();
        tables.wake_all();
        let wakers = std::mem::take(&mut tables.wakers);
        drop(tables);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn add_session(&self) -> u32 {
        slot(self.tables.borrow_mut().sessions.insert(Session::default()))
    }

    pub(crate) fn remove_session(&self, session: u32) {
        let mut tables = self.tables.borrow_mut();
        while let Some(last) = tables.sessions[session as usize].subs.len().checked_sub(1) {
            tables.unsubscribe(session, last);
        }
        let gone = tables.sessions.remove(session as usize);
        drop(tables);
        let waited = gone.waker.is_some();
        drop(gone);
        if waited && !self.driven.get() {
            self.undriven();
        }
    }

    /// Keeps the channel of a topic while a subscription to it is made.
    pub(crate) fn hold(&self, topic: TopicId) -> u32 {
        let mut tables = self.tables.borrow_mut();
        let channel = tables.channel(topic);
        tables.channels[channel as usize].holds += 1;
        channel
    }

    pub(crate) fn release(&self, channel: u32) {
        let mut tables = self.tables.borrow_mut();
        tables.channels[channel as usize].holds -= 1;
        tables.remove_idle(channel);
    }

    /// Waits until a channel knows where its topic stands.
    pub(crate) fn poll_open(&self, channel: u32, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            self.drain();
            let mut tables = self.tables.borrow_mut();
            match &mut tables.channels[channel as usize].state {
                ChannelState::Open => return Poll::Ready(Ok(())),
                ChannelState::Failed(error) => return Poll::Ready(Err(error.clone())),
                ChannelState::Opening { waiters, .. } => {
                    if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
                        waiters.push(cx.waker().clone());
                    }
                }
            }
            drop(tables);
            if self.parked(cx) {
                return Poll::Pending;
            }
        }
    }

    /// Begins a subscription; `asked` is what the store said of the topic, if it was asked.
    pub(crate) fn attach(
        &self,
        session: u32,
        channel: u32,
        after: Option<Position>,
        asked: Option<Head>,
    ) -> Result<Attach, Error> {
        self.drain();
        self.tables.borrow_mut().attach(session, channel, after, asked)
    }

    pub(crate) fn unsubscribe(&self, session: u32, topic: TopicId) {
        let mut tables = self.tables.borrow_mut();
        if let Some(sub) = tables.find_sub(session, topic) {
            tables.unsubscribe(session, sub);
        }
    }

    pub(crate) fn position(&self, session: u32, topic: TopicId) -> Option<Position> {
        let tables = self.tables.borrow();
        let sub = &tables.sessions[session as usize].subs[tables.find_sub(session, topic)?];
        let epoch = tables.channels[sub.channel as usize].head.epoch;
        Some(Position { epoch, offset: sub.delivered })
    }

    /// The next delivery of a reader.
    pub(crate) fn poll_next(
        &self,
        session: u32,
        cx: &Context<'_>,
    ) -> Poll<Result<Delivery, Error>> {
        loop {
            self.drain();
            let mut tables = self.tables.borrow_mut();
            if let Step::Deliver(delivery) = tables.next(session) {
                return Poll::Ready(delivery);
            }
            let waker = &mut tables.sessions[session as usize].waker;
            let before = match waker {
                Some(waker) if waker.will_wake(cx.waker()) => None,
                _ => waker.replace(cx.waker().clone()),
            };
            drop(tables);
            drop(before);
            if self.parked(cx) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.fanout.leave(self.tables.get_mut().worker);
    }
}

/// An index into a slab, in the four bytes that subscriptions keep of it.
fn slot(index: usize) -> u32 {
    u32::try_from(index).expect("a worker has fewer than four billion readers")
}
