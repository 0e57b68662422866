//! The delivery worker of one thread: its channels and sessions, and how they meet.
//!
//! Everything here belongs to one thread and takes no lock but the mailbox's. Wakers are called
//! only when the tables are free again, because waking may run other code.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::channel::{Channel, ChannelState, PageWait, Session, Sub, SubRef, SubState};
use crate::frame::{Frame, Order};
use crate::limits::{PAGE_READS_MAX, PAGES_BYTES_MAX, PAGES_KEPT, PAGES_MAX, RINGS_BYTES_MAX};
use crate::mailbox::{Arrival, Mailbox, Overflow};
use crate::page::{self, Found, Page, PageRead};
use crate::registry::Head;
use crate::ring::{Entry, Ring};
use crate::store::Shared;
use crate::{Delivery, Error, Position, ResetReason, TopicId};

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

/// What there is for a reader.
enum Step {
    Deliver(Result<Delivery, Error>),
    Wait,
}

/// What one subscription has.
enum Look {
    Now(Result<Delivery, Error>),
    Frame(Order),
    Wait,
    Nothing,
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

// Arrivals.
impl Tables {
    fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Frame { frame, head } => self.appended(frame, head),
            Arrival::Announced { frame } => self.announced(frame),
            Arrival::Redacted { topic } => {
                if let Some(channel) = self.topics.get(&topic) {
                    self.void_pages(*channel);
                }
            }
            Arrival::Trimmed { topic, head } => self.trimmed(topic, head),
            Arrival::Renewed { topic, head } => self.renewed(topic, head),
            Arrival::Deleted { topic, .. } => self.deleted(topic),
            Arrival::Opened { topic, result } => self.opened(topic, result),
            Arrival::Page { topic, page } => self.page_read(topic, *page),
        }
    }

    fn appended(&mut self, frame: Arc<Frame>, head: Head) {
        self.last = self.last.max(frame.order);
        let Some(&index) = self.topics.get(&frame.event.topic) else { return };
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Opening { arrived, .. } = &mut channel.state {
            *arrived = Some(head);
            return;
        }
        // The channel may have heard of it when it asked the store; and what belongs to another
        // epoch is followed, or was preceded, by the news of that epoch.
        if head.epoch != channel.head.epoch || frame.event.offset <= channel.head.offset {
            return;
        }
        if frame.event.offset != channel.head.offset + 1 {
            tracing::error!(topic = %channel.topic, "a published event is missing");
            self.skipped(index, head);
            return;
        }
        let before = channel.head.offset;
        channel.head = head;
        let entry = Entry {
            order: frame.order,
            frame: Some(frame),
            before,
            ephemerals: channel.ephemerals,
            pending: channel.live,
        };
        self.push(index, entry);
    }

    fn announced(&mut self, frame: Arc<Frame>) {
        self.last = self.last.max(frame.order);
        let Some(&index) = self.topics.get(&frame.event.topic) else { return };
        self.push_ephemeral(index, frame.order, Some(frame));
    }

    fn push_ephemeral(&mut self, index: u32, order: Order, frame: Option<Arc<Frame>>) {
        let channel = &mut self.channels[index as usize];
        if !matches!(channel.state, ChannelState::Open) {
            return;
        }
        let entry = Entry {
            frame,
            order,
            before: channel.head.offset,
            ephemerals: channel.ephemerals,
            pending: channel.live,
        };
        channel.ephemerals = channel.ephemerals.wrapping_add(1);
        self.push(index, entry);
    }

    fn trimmed(&mut self, topic: TopicId, head: Head) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Opening { arrived, .. } = &mut channel.state {
            *arrived = Some(head);
        } else if head.epoch == channel.head.epoch {
            channel.head.first = channel.head.first.max(head.first);
        }
    }

    fn renewed(&mut self, topic: TopicId, head: Head) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        match &mut channel.state {
            ChannelState::Opening { arrived, renewed, .. } => {
                *arrived = Some(head);
                *renewed = true;
            }
            ChannelState::Open if channel.head.epoch != head.epoch => {
                channel.head = head;
                self.reset_all(index, ResetReason::Epoch);
            }
            _ => {}
        }
    }

    fn deleted(&mut self, topic: TopicId) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let failed = ChannelState::Failed(Error::NoSuchTopic(topic));
        let channel = &mut self.channels[index as usize];
        let before = std::mem::replace(&mut channel.state, failed);
        if let ChannelState::Opening { waiters, .. } = before {
            self.wakers.extend(waiters);
        }
        self.reset_all(index, ResetReason::Deleted);
    }

    fn opened(&mut self, topic: TopicId, result: Result<Head, Error>) {
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        let ChannelState::Opening { arrived, renewed, waiters } = &mut channel.state else {
            return;
        };
        self.wakers.append(waiters);
        channel.state = match result {
            Ok(head) => {
                channel.head = match *arrived {
                    // Without news of a new epoch, the answer with another epoch is the newer.
                    Some(arrived) if *renewed || arrived.epoch == head.epoch => Head {
                        offset: if *renewed && arrived.epoch != head.epoch {
                            arrived.offset
                        } else {
                            arrived.offset.max(head.offset)
                        },
                        first: arrived.first.max(head.first),
                        epoch: arrived.epoch,
                    },
                    _ => head,
                };
                ChannelState::Open
            }
            Err(error) => ChannelState::Failed(error),
        };
        self.remove_idle(index);
    }

    /// The mailbox was full: the worker hears only where the topic stands.
    fn overflow(&mut self, topic: TopicId, overflow: Overflow) {
        let Some(&index) = self.topics.get(&topic) else { return };
        if overflow.deleted {
            self.deleted(topic);
            return;
        }
        if overflow.missed {
            self.push_ephemeral(index, self.last, None);
        }
        let Some(head) = overflow.head else { return };
        let channel = &mut self.channels[index as usize];
        match &mut channel.state {
            ChannelState::Opening { arrived, renewed, .. } => {
                *renewed |= arrived.is_some_and(|arrived| arrived.epoch != head.epoch);
                *arrived = Some(head);
            }
            ChannelState::Open if head.epoch != channel.head.epoch => self.renewed(topic, head),
            ChannelState::Open if head.offset > channel.head.offset => self.skipped(index, head),
            ChannelState::Open => {
                channel.head.first = channel.head.first.max(head.first);
            }
            ChannelState::Failed(_) => {}
        }
    }

    /// Events were left out, so every reader of the topic goes to the store.
    fn skipped(&mut self, index: u32, head: Head) {
        let channel = &mut self.channels[index as usize];
        channel.head = head;
        for at in 0..channel.subs.len() {
            let SubRef { reader, sub } = channel.subs[at];
            let sub = &mut self.sessions[reader as usize].subs[sub as usize];
            if sub.state == SubState::Live {
                channel.go_lagging(sub);
            }
        }
        self.clear_ring(index);
        self.mark_fresh(index);
    }

    fn reset_all(&mut self, index: u32, why: ResetReason) {
        let channel = &mut self.channels[index as usize];
        for at in 0..channel.subs.len() {
            let SubRef { reader, sub } = channel.subs[at];
            let sub = &mut self.sessions[reader as usize].subs[sub as usize];
            channel.detach(sub);
            sub.state = SubState::Reset(why);
        }
        self.clear_ring(index);
        self.void_pages(index);
        self.mark_fresh(index);
    }

    /// Tells readers of what is new, once for all that came in one go.
    fn tell(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        for index in fresh.drain(..) {
            let Some(channel) = self.channels.get_mut(index as usize) else { continue };
            if !std::mem::take(&mut channel.fresh) {
                continue;
            }
            let end = channel.ring.end();
            for SubRef { reader, sub: at } in &channel.subs {
                let session = &mut self.sessions[*reader as usize];
                let sub = &mut session.subs[*at as usize];
                let quiet = sub.state == SubState::Live && sub.cursor == end && !sub.missed;
                if quiet {
                    continue;
                }
                // One that lags is woken by its page.
                if !sub.queued || sub.state != SubState::Lagging {
                    self.wakers.extend(session.waker.take());
                }
                if !sub.queued {
                    sub.queued = true;
                    session.ready.push(*at);
                }
            }
        }
        self.fresh = fresh;
    }

    fn close(&mut self) {
        self.closed = true;
        for (_, channel) in &mut self.channels {
            if let ChannelState::Opening { waiters, .. } = &mut channel.state {
                self.wakers.append(waiters);
                channel.state = ChannelState::Failed(Error::Closed);
            }
        }
        self.wake_all();
    }

    fn wake_all(&mut self) {
        for (_, session) in &mut self.sessions {
            self.wakers.extend(session.waker.take());
        }
        for (_, channel) in &mut self.channels {
            if let ChannelState::Opening { waiters, .. } = &mut channel.state {
                self.wakers.append(waiters);
            }
        }
    }
}

// Rings.
impl Tables {
    fn push(&mut self, index: u32, entry: Entry) {
        let channel = &mut self.channels[index as usize];
        // With nobody to take it now or soon, it is not kept.
        if channel.live == 0 && channel.lagging == 0 {
            return;
        }
        let before = channel.ring.bytes();
        self.ring_log.push_back((index, channel.ring.end()));
        channel.ring.push(entry);
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
        while self.channels[index as usize].ring.is_over() {
            self.evict(index);
        }
        while self.ring_bytes > RINGS_BYTES_MAX
            && let Some((oldest, at)) = self.ring_log.pop_front()
        {
            if self.holds_frame(oldest, at) {
                self.evict(oldest);
            }
        }
        self.trim_ring_log();
        self.mark_fresh(index);
    }

    /// Takes the oldest frame out of a ring; whoever needed it goes to the store.
    fn evict(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        let before = channel.ring.bytes();
        let at = channel.ring.base();
        let pending = channel.ring.get(at).map_or(0, |entry| entry.pending);
        if pending > 0 {
            for slot in 0..channel.subs.len() {
                let SubRef { reader, sub } = channel.subs[slot];
                let sub = &mut self.sessions[reader as usize].subs[sub as usize];
                if sub.state == SubState::Live && sub.cursor == at {
                    sub.ephemerals = channel.ring.get(at).map_or(0, |entry| entry.ephemerals);
                    sub.state = SubState::Lagging;
                    channel.live -= 1;
                    channel.lagging += 1;
                }
            }
            channel.ring.release(at, pending);
        }
        drop(channel.ring.evict());
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
    }

    fn clear_ring(&mut self, index: u32) {
        let ring = &mut self.channels[index as usize].ring;
        self.ring_bytes -= ring.bytes();
        ring.clear();
    }

    fn shed(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        let before = channel.ring.bytes();
        channel.shed();
        self.ring_bytes = self.ring_bytes - before + channel.ring.bytes();
    }

    fn holds_frame(&self, index: u32, at: u64) -> bool {
        self.channels.get(index as usize).is_some_and(|channel| channel.ring.get(at).is_some())
    }

    /// Forgets frames that have left their rings, before they are most of the log.
    fn trim_ring_log(&mut self) {
        while self.ring_log.front().is_some_and(|(index, at)| !self.holds_frame(*index, *at)) {
            self.ring_log.pop_front();
        }
        if self.ring_log.len() < 4_096 || self.ring_log.len() < self.ring_log.capacity() {
            return;
        }
        let channels = &self.channels;
        self.ring_log.retain(|(index, at)| {
            let channel = channels.get(*index as usize);
            channel.is_some_and(|channel| channel.ring.get(*at).is_some())
        });
    }

    fn mark_fresh(&mut self, index: u32) {
        let channel = &mut self.channels[index as usize];
        if !channel.fresh {
            channel.fresh = true;
            self.fresh.push(index);
        }
    }
}

// Subscriptions.
impl Tables {
    /// The channel of a topic; a new one asks where the topic stands.
    fn channel(&mut self, topic: TopicId) -> u32 {
        if let Some(channel) = self.topics.get(&topic) {
            return *channel;
        }
        // Interest first, then the question: what happens in between arrives.
        let known = self.shared.fanout.register(self.worker, topic);
        let state = match known {
            Some(_) => ChannelState::Open,
            None => {
                let opening =
                    ChannelState::Opening { arrived: None, renewed: false, waiters: Vec::new() };
                self.ask(topic).map_or_else(ChannelState::Failed, |()| opening)
            }
        };
        self.generation += 1;
        let channel = slot(self.channels.insert(Channel {
            topic,
            head: known.unwrap_or(Head { epoch: 0, offset: 0, first: 1 }),
            state,
            ring: Ring::starting_at(self.ring_base),
            ephemerals: 0,
            subs: Vec::new(),
            holds: 0,
            live: 0,
            lagging: 0,
            pages: Vec::new(),
            waits: Vec::new(),
            generation: self.generation,
            fresh: false,
        }));
        self.topics.insert(topic, channel);
        channel
    }

    fn ask(&self, topic: TopicId) -> Result<(), Error> {
        let mailbox = Arc::clone(&self.mailbox);
        self.shared.read_for_worker(move |snapshot| {
            let result = snapshot.and_then(|snapshot| snapshot.head(topic));
            if let Some(waker) = mailbox.deliver(Arrival::Opened { topic, result }) {
                waker.wake();
            }
        })
    }

    fn attach(
        &mut self,
        session: u32,
        index: u32,
        after: Option<Position>,
        asked: Option<Head>,
    ) -> Result<Attach, Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let channel = &mut self.channels[index as usize];
        if let ChannelState::Failed(error) = &channel.state {
            return Err(error.clone());
        }
        let head = channel.head;
        let mut sub = Sub {
            channel: index,
            slot: slot(channel.subs.len()),
            delivered: head.offset,
            cursor: 0,
            waiting: 0,
            ephemerals: channel.ephemerals,
            state: SubState::Lagging,
            queued: false,
            missed: false,
        };
        match begin(head, after, asked) {
            Some((state, delivered)) => {
                sub.state = state;
                sub.delivered = delivered;
            }
            None => return Ok(Attach::Ask),
        }
        match sub.state {
            SubState::Live => channel.go_live(&mut sub, channel.ring.end()),
            SubState::Lagging => channel.lagging += 1,
            SubState::Reset(_) => {}
        }
        let session_subs = &mut self.sessions[session as usize];
        let at = slot(session_subs.subs.len());
        if sub.state != SubState::Live {
            sub.queued = true;
            session_subs.ready.push(at);
        }
        channel.subs.push(SubRef { reader: session, sub: at });
        session_subs.subs.push(sub);
        Ok(Attach::Done(Position { epoch: head.epoch, offset: head.offset.max(sub.delivered) }))
    }

    fn find_sub(&self, session: u32, topic: TopicId) -> Option<usize> {
        let channel = *self.topics.get(&topic)?;
        self.sessions[session as usize].subs.iter().position(|sub| sub.channel == channel)
    }

    fn unsubscribe(&mut self, session: u32, at: usize) {
        let reader = &mut self.sessions[session as usize];
        let sub = reader.subs.swap_remove(at);
        // The last subscription of the reader has moved into the gap.
        let (gone, moved) = (slot(at), slot(reader.subs.len()));
        reader.ready.retain(|ready| *ready != gone);
        for ready in &mut reader.ready {
            if *ready == moved {
                *ready = gone;
            }
        }
        if let Some(sub) = reader.subs.get(at) {
            self.channels[sub.channel as usize].subs[sub.slot as usize].sub = gone;
        }
        let channel = &mut self.channels[sub.channel as usize];
        channel.detach(&sub);
        // And so has the last one of the channel.
        channel.subs.swap_remove(sub.slot as usize);
        if let Some(SubRef { reader, sub: at }) = channel.subs.get(sub.slot as usize) {
            self.sessions[*reader as usize].subs[*at as usize].slot = sub.slot;
        }
        if channel.subs.capacity() > 64 && channel.subs.len() * 4 < channel.subs.capacity() {
            channel.subs.shrink_to(channel.subs.len() * 2);
        }
        self.shed(sub.channel);
        self.remove_idle(sub.channel);
    }

    /// Drops a channel that nobody uses.
    fn remove_idle(&mut self, index: u32) {
        let channel = &self.channels[index as usize];
        let opening = matches!(channel.state, ChannelState::Opening { .. });
        if opening || channel.holds > 0 || !channel.subs.is_empty() {
            return;
        }
        self.clear_ring(index);
        let channel = self.channels.remove(index as usize);
        self.page_bytes -= channel.pages.iter().map(|page| page.bytes).sum::<usize>();
        self.ring_base = self.ring_base.max(channel.ring.end());
        self.topics.remove(&channel.topic);
        self.shared.fanout.unregister(self.worker, channel.topic);
    }
}

/// Where a subscription begins, if what is known of the topic decides it.
fn begin(head: Head, after: Option<Position>, asked: Option<Head>) -> Option<(SubState, u64)> {
    let Some(after) = after else { return Some((SubState::Live, head.offset)) };
    if after.epoch == head.epoch && after.offset <= head.offset {
        let state = if after.offset == head.offset {
            SubState::Live
        } else if after.offset + 1 < head.first {
            SubState::Reset(ResetReason::Trimmed)
        } else {
            SubState::Lagging
        };
        return Some((state, after.offset));
    }
    // The position may be newer than what this worker has heard, so the store decides.
    let asked = asked?;
    if after.epoch != asked.epoch {
        Some((SubState::Reset(ResetReason::Epoch), after.offset))
    } else if after.offset > asked.offset {
        Some((SubState::Reset(ResetReason::Future), after.offset))
    } else if asked.epoch == head.epoch {
        // It is on its way: what arrives up to the position is skipped.
        Some((SubState::Live, after.offset))
    } else {
        None
    }
}

// Deliveries.
impl Tables {
    /// The earliest thing there is for a reader. One that waits for a page waits with all its
    /// topics: what the page holds may be earlier than what the others have.
    fn next(&mut self, session: u32) -> Step {
        let mut best: Option<(Order, u32)> = None;
        let mut blocked = false;
        let mut at = 0;
        while let Some(&sub) = self.sessions[session as usize].ready.get(at) {
            match self.look(session, sub) {
                Look::Now(delivery) => return Step::Deliver(delivery),
                Look::Frame(order) => {
                    if best.is_none_or(|(earliest, _)| order < earliest) {
                        best = Some((order, sub));
                    }
                    at += 1;
                }
                Look::Wait => {
                    blocked = true;
                    at += 1;
                }
                Look::Nothing => {
                    let session = &mut self.sessions[session as usize];
                    session.subs[sub as usize].queued = false;
                    session.ready.swap_remove(at);
                }
            }
        }
        match best {
            Some((_, sub)) if !blocked => Step::Deliver(Ok(self.take(session, sub))),
            _ if self.closed => Step::Deliver(Err(Error::Closed)),
            _ => Step::Wait,
        }
    }

    /// What one subscription has next.
    fn look(&mut self, session: u32, at: u32) -> Look {
        loop {
            let sub = &mut self.sessions[session as usize].subs[at as usize];
            let index = sub.channel;
            let channel = &mut self.channels[index as usize];
            match sub.state {
                SubState::Reset(why) => return Look::Now(Ok(self.reset(session, at, why))),
                SubState::Live if sub.missed => {
                    sub.missed = false;
                    return Look::Now(Ok(Delivery::Missed { topic: channel.topic }));
                }
                SubState::Live => {
                    let Some(entry) = channel.ring.get(sub.cursor) else { return Look::Nothing };
                    let offset = entry.frame.as_ref().map_or(0, |frame| frame.event.offset);
                    if offset == 0 || offset == sub.delivered + 1 {
                        return Look::Frame(entry.order);
                    }
                    if offset > sub.delivered {
                        tracing::error!(topic = %channel.topic, "a ring lacks an event");
                        channel.go_lagging(sub);
                    } else {
                        channel.ring.took(sub.cursor);
                        sub.cursor += 1;
                    }
                    self.shed(index);
                }
                SubState::Lagging => {
                    if channel.rejoin(sub) {
                        self.shed(index);
                    } else if sub.delivered + 1 < channel.head.first {
                        channel.detach(sub);
                        sub.state = SubState::Reset(ResetReason::Trimmed);
                        self.shed(index);
                    } else {
                        return self.look_in_pages(session, at);
                    }
                }
            }
        }
    }

    fn look_in_pages(&mut self, session: u32, at: u32) -> Look {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let channel = &mut self.channels[sub.channel as usize];
        match page::find(&channel.pages, sub.delivered + 1) {
            Found::Frame(frame) => Look::Frame(frame.order),
            Found::Failed(error) => {
                let error = error.clone();
                self.unsubscribe(session, at as usize);
                Look::Now(Err(error))
            }
            Found::Missing(start) => {
                let wait = channel.waits.iter_mut().find(|wait| wait.start == start);
                let ticket = match wait {
                    Some(wait) => {
                        if sub.waiting != wait.ticket {
                            wait.readers.push(session);
                        }
                        wait.ticket
                    }
                    None => {
                        self.page_ticket += 1;
                        let (ticket, readers) = (self.page_ticket, vec![session]);
                        channel.waits.push(PageWait { start, ticket, readers });
                        self.pages_wanted.push_back((sub.channel, start));
                        ticket
                    }
                };
                sub.waiting = ticket;
                self.read_pages();
                Look::Wait
            }
        }
    }

    /// Takes what `look` has found.
    fn take(&mut self, session: u32, at: u32) -> Delivery {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let index = sub.channel;
        let channel = &mut self.channels[index as usize];
        let frame = if sub.state == SubState::Live {
            let entry = channel.ring.get(sub.cursor).expect("look found it there");
            let frame = entry.frame.clone();
            channel.ring.took(sub.cursor);
            sub.cursor += 1;
            self.shed(index);
            frame
        } else {
            match page::find(&channel.pages, sub.delivered + 1) {
                Found::Frame(frame) => Some(Arc::clone(frame)),
                Found::Failed(_) | Found::Missing(_) => unreachable!("look found it there"),
            }
        };
        let Some(frame) = frame else {
            return Delivery::Missed { topic: self.channels[index as usize].topic };
        };
        if !frame.is_ephemeral() {
            let sub = &mut self.sessions[session as usize].subs[at as usize];
            sub.delivered = frame.event.offset;
        }
        Delivery::Event(frame)
    }

    /// Tells a reader that a subscription starts anew, from now on.
    fn reset(&mut self, session: u32, at: u32, why: ResetReason) -> Delivery {
        let sub = &mut self.sessions[session as usize].subs[at as usize];
        let channel = &mut self.channels[sub.channel as usize];
        let Head { epoch, offset, .. } = channel.head;
        let position = Position { epoch, offset };
        let topic = channel.topic;
        if why == ResetReason::Deleted {
            self.unsubscribe(session, at as usize);
        } else {
            sub.delivered = offset;
            sub.missed = false;
            channel.go_live(sub, channel.ring.end());
        }
        Delivery::Reset { topic, position, why }
    }
}

// Pages.
impl Tables {
    /// Sends off the page reads that are wanted, a few at a time.
    fn read_pages(&mut self) {
        while self.page_reads < PAGE_READS_MAX
            && let Some((index, start)) = self.pages_wanted.pop_front()
        {
            let Some(channel) = self.channels.get(index as usize) else { continue };
            // The channel may be another one by now, or nobody may wait any more.
            if !channel.waits.iter().any(|wait| wait.start == start) {
                continue;
            }
            let (topic, generation) = (channel.topic, channel.generation);
            let mailbox = Arc::clone(&self.mailbox);
            let sent = self.shared.read_for_worker(move |snapshot| {
                let result = snapshot.and_then(|snapshot| page::read(snapshot, topic, start));
                let page = Box::new(PageRead { start, generation, result });
                if let Some(waker) = mailbox.deliver(Arrival::Page { topic, page }) {
                    waker.wake();
                }
            });
            if sent.is_err() {
                // Only a closed store refuses; closing wakes everybody.
                return;
            }
            self.page_reads += 1;
        }
    }

    fn page_read(&mut self, topic: TopicId, read: PageRead) {
        self.page_reads -= 1;
        self.read_pages();
        let Some(&index) = self.topics.get(&topic) else { return };
        let channel = &mut self.channels[index as usize];
        let PageRead { start, generation, result } = read;
        if let Some(wait) = channel.waits.iter().position(|wait| wait.start == start) {
            for reader in channel.waits.swap_remove(wait).readers {
                // A number that another reader has by now only wakes that one in vain.
                if let Some(session) = self.sessions.get_mut(reader as usize) {
                    self.wakers.extend(session.waker.take());
                }
            }
        }
        if generation != channel.generation {
            return;
        }
        let page = match result {
            Ok(content) => {
                if content.head.epoch != channel.head.epoch {
                    return;
                }
                channel.head.first = channel.head.first.max(content.head.first);
                if content.frames.is_empty() {
                    return;
                }
                Page { start, frames: content.frames, error: None, bytes: content.bytes }
            }
            // The news that it was deleted is on its way.
            Err(Error::NoSuchTopic(_)) => return,
            Err(error) => Page { start, frames: Vec::new(), error: Some(error), bytes: 0 },
        };
        self.keep_page(index, page);
    }

    fn keep_page(&mut self, index: u32, mut page: Page) {
        let channel = &mut self.channels[index as usize];
        let first = channel.head.first;
        let mut dropped = 0;
        channel.pages.retain(|old| {
            let keep = old.start != page.start && (old.error.is_some() || old.end() > first);
            dropped += if keep { 0 } else { old.bytes };
            keep
        });
        self.page_bytes += page.bytes;
        self.page_bytes -= dropped;
        if channel.pages.iter_mut().any(|old| old.join(&mut page)) {
            return;
        }
        self.page_log.push_back((index, page.start));
        channel.pages.push(page);
        while self.page_log.len() > PAGES_MAX
            || (self.page_log.len() > PAGES_KEPT && self.page_bytes > PAGES_BYTES_MAX)
        {
            let Some((oldest, start)) = self.page_log.pop_front() else { break };
            let Some(channel) = self.channels.get_mut(oldest as usize) else { continue };
            if let Some(at) = channel.pages.iter().position(|page| page.start == start) {
                self.page_bytes -= channel.pages.swap_remove(at).bytes;
            }
        }
    }

    /// What was read of a topic is no longer what the store has.
    fn void_pages(&mut self, index: u32) {
        self.generation += 1;
        let channel = &mut self.channels[index as usize];
        channel.generation = self.generation;
        self.page_bytes -= channel.pages.drain(..).map(|page| page.bytes).sum::<usize>();
    }
}

/// An index into a slab, in the four bytes that subscriptions keep of it.
fn slot(index: usize) -> u32 {
    u32::try_from(index).expect("a worker has fewer than four billion readers")
}
