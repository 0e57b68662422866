//! The book against a kernel that answers whenever it likes, in any order, with anything it may say.

use std::collections::{HashMap, HashSet};
use std::io::{ErrorKind, IoSlice};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use rustix::io::Errno;

use super::{Book, Kernel, Key, Outcome, Slot, Tag, Verb};
use crate::sys::{self, Attempt, Flight, Socket};
use crate::time;

const BUFFERS: usize = 3;
const BUFFER_BYTES: usize = 16;

/// A receive goes on until it has brought so many.
const AHEAD_BYTES: usize = 24;

/// Received bytes in a buffer of the fake's. One that is forgotten is missed at the end.
struct Filled(Vec<u8>);

struct Operation {
    flight: Flight,
    tag: Tag,
    ask: Ask,
}

enum Ask {
    /// So many bytes has it brought.
    Recv(usize),
    Send(Vec<u8>, usize, Attempt),
    Shutdown,
    Cancel,
    Close,
}

/// A kernel whose clock is the test. It complains about what a real one would do silently.
#[derive(Default)]
struct Fake {
    flights: Vec<Operation>,
    next: u64,
    out: usize,
    /// Places with a descriptor in them.
    installed: HashSet<u32>,
    asked_to_cancel: HashSet<Flight>,
    /// Bytes received and not yet read, by connection.
    unread: HashMap<Key, usize>,
    /// How many bytes each connection was ever sent by its peer: see `nth_byte`.
    arrived: HashMap<Key, usize>,
    /// What the peer of each connection got.
    departed: HashMap<Key, Vec<u8>>,
    ended: HashSet<Key>,
    /// Once a send has failed, all later ones do.
    broken: HashSet<Key>,
    /// In this step, it was asked to tell of a send soon.
    hurried: bool,
}

impl Fake {
    fn begin(&mut self, tag: Tag, ask: Ask) -> Flight {
        self.next += 1;
        let flight = Flight::numbered(self.next);
        self.flights.push(Operation { flight, tag, ask });
        flight
    }

    fn on_socket(&mut self, socket: &Socket, tag: Tag, ask: Ask) -> Flight {
        let Socket::Direct(place) = socket else {
            panic!("the tests have direct descriptors only")
        };
        assert!(self.installed.contains(place), "an operation on a closed descriptor");
        assert_eq!(tag.key.place, *place);
        let twin = |other: &Operation| {
            other.tag.key.place == *place && tag.verb != Verb::Other && other.tag.verb == tag.verb
        };
        assert!(!self.flights.iter().any(twin), "two of a kind in flight: {tag:?}");
        self.begin(tag, ask)
    }
}

impl Kernel for Fake {
    type Filled = Filled;

    fn recv(&mut self, socket: &Socket, tag: Tag, _: bool) -> Flight {
        let unread = self.unread.get(&tag.key).copied().unwrap_or(0);
        assert_eq!(unread, 0, "more is received although nobody has read the last");
        self.on_socket(socket, tag, Ask::Recv(0))
    }

    fn send(
        &mut self,
        socket: &Socket,
        tag: Tag,
        bytes: Vec<u8>,
        from: usize,
        attempt: Attempt,
    ) -> Flight {
        assert!(from == 0 || attempt == Attempt::Again, "the rest is tried and not waited for");
        assert!(from < bytes.len() || bytes.is_empty());
        assert!(!self.ended.contains(&tag.key), "bytes after the end");
        self.on_socket(socket, tag, Ask::Send(bytes, from, attempt))
    }

    fn hurry(&mut self) {
        self.hurried = true;
    }

    fn shutdown_write(&mut self, socket: &Socket, tag: Tag) {
        let sending = self
            .flights
            .iter()
            .any(|other| matches!(other.ask, Ask::Send(..)) && other.tag.key == tag.key);
        assert!(!sending, "the end overtakes bytes");
        assert!(self.ended.insert(tag.key), "ended twice");
        self.on_socket(socket, tag, Ask::Shutdown);
    }

    fn cancel(&mut self, target: Flight, tag: Tag) {
        self.asked_to_cancel.insert(target);
        self.begin(tag, Ask::Cancel);
    }

    fn close(&mut self, place: u32, tag: Tag) {
        assert!(self.installed.remove(&place), "closed twice");
        self.begin(tag, Ask::Close);
    }

    fn bytes<'a>(&'a self, filled: &'a Filled) -> &'a [u8] {
        &filled.0
    }

    fn give_back(&mut self, _: Filled) {
        self.out -= 1;
    }

    fn buffers_free(&self) -> usize {
        BUFFERS - self.out
    }
}

/// A handler's side of a connection.
struct Client {
    key: Key,
    open: bool,
    ended: bool,
    waits_to_read: bool,
    waits_to_write: bool,
    read: usize,
    /// What was taken to be sent.
    written: Vec<u8>,
    failed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Open,
    Read { client: usize, room: usize },
    Write { client: usize, bytes: usize },
    Shutdown { client: usize },
    Drop { client: usize },
    Complete { flight: usize, how: u8, bytes: usize },
    Tidy,
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0..8usize;
    prop_oneof![
        1 => Just(Step::Open),
        4 => (client.clone(), 1..40usize).prop_map(|(client, room)| Step::Read { client, room }),
        3 => (client.clone(), 1..40usize).prop_map(|(client, bytes)| Step::Write { client, bytes }),
        1 => client.clone().prop_map(|client| Step::Shutdown { client }),
        1 => client.prop_map(|client| Step::Drop { client }),
        8 => (0..16usize, any::<u8>(), 1..=BUFFER_BYTES)
            .prop_map(|(flight, how, bytes)| Step::Complete { flight, how, bytes }),
        2 => Just(Step::Tidy),
        1 => Just(Step::Expire),
    ]
}

struct World {
    kernel: Fake,
    book: Book<Fake>,
    clients: Vec<Client>,
    /// Who was told that its time is up.
    expired: HashSet<Key>,
}

impl World {
    fn new() -> Self {
        let (kernel, book) = (Fake::default(), Book::new());
        Self { kernel, book, clients: Vec::new(), expired: HashSet::new() }
    }

    fn go(&mut self, step: Step) {
        self.kernel.hurried = false;
        match step {
            Step::Open => self.open(),
            Step::Read { client, room } => self.read(client, room),
            Step::Write { client, bytes } => self.write(client, bytes),
            Step::Shutdown { client } => self.shutdown(client),
            Step::Drop { client } => self.drop(client),
            Step::Complete { flight, how, bytes } => self.complete(flight, how, bytes),
            Step::Tidy => self.book.tidy(&mut self.kernel),
            Step::Expire => {
                let lingering = self.lingering();
                let waiting = lingering.iter().any(|key| !self.expired.contains(key));
                assert_eq!(self.book.next_deadline().is_some(), waiting);
                self.expired.extend(lingering);
                let later = time::now() + Duration::from_secs(3600);
                self.book.expire(&mut self.kernel, later);
            }
        }
    }

    /// Those that their handlers have dropped and that still send.
    fn lingering(&self) -> Vec<Key> {
        let sends = |key| {
            let send = |other: &Operation| other.tag == Tag { key, verb: Verb::Send };
            self.kernel.flights.iter().any(send)
        };
        let dropped = self.clients.iter().filter(|client| !client.open);
        dropped.map(|client| client.key).filter(|key| sends(*key)).collect()
    }

    fn open(&mut self) {
        let place = self.book.next_place();
        let in_flight = |other: &Operation| other.tag.key.place == place;
        assert!(!self.kernel.flights.iter().any(in_flight), "place {place} is reused too early");
        assert!(self.kernel.installed.insert(place), "place {place} has a descriptor already");
        let key = self.book.open(Socket::Direct(place));
        assert_eq!(key.place, place);
        self.clients.push(Client {
            key,
            open: true,
            ended: false,
            waits_to_read: false,
            waits_to_write: false,
            read: 0,
            written: Vec::new(),
            failed: false,
        });
    }

    /// One of the clients whose handler still has it.
    fn pick(&self, number: usize) -> Option<usize> {
        let open: Vec<usize> =
            (0..self.clients.len()).filter(|client| self.clients[*client].open).collect();
        open.get(number % open.len().max(1)).copied()
    }

    fn read(&mut self, client: usize, room: usize) {
        let Some(client) = self.pick(client) else { return };
        let client = &mut self.clients[client];
        let mut got = Vec::new();
        let cx = Context::from_waker(Waker::noop());
        let polled = self.book.poll_recv(&mut self.kernel, client.key, &cx, room, |bytes| {
            got.extend_from_slice(bytes);
        });
        client.waits_to_read = polled.is_pending();
        if let Poll::Ready(Ok(count)) = polled {
            assert_eq!(count, got.len());
            assert!(count <= room);
            for byte in got {
                assert_eq!(byte, nth_byte(client.read), "out of order");
                client.read += 1;
            }
            if let Some(unread) = self.kernel.unread.get_mut(&client.key) {
                *unread -= count;
            }
        }
    }

    fn write(&mut self, client: usize, bytes: usize) {
        let Some(client) = self.pick(client) else { return };
        let client = &mut self.clients[client];
        let start = client.written.len();
        let chunk: Vec<u8> = (start..start + bytes).map(nth_byte).collect();
        let (left, right) = chunk.split_at(bytes / 3);
        let slices = [IoSlice::new(left), IoSlice::new(right)];
        let cx = Context::from_waker(Waker::noop());
        let polled = self.book.poll_send(&mut self.kernel, client.key, &cx, &slices);
        client.waits_to_write = polled.is_pending();
        assert!(self.kernel.hurried || polled.is_ready(), "it waits for what is not told");
        match polled {
            Poll::Ready(Ok(count)) => {
                assert!(!client.ended);
                client.written.extend_from_slice(&chunk[..count]);
            }
            Poll::Ready(Err(error)) => {
                assert!(client.ended || client.failed, "{error}");
                assert!(client.failed || error.kind() == ErrorKind::BrokenPipe);
                client.failed = false;
            }
            Poll::Pending => {}
        }
    }

    fn shutdown(&mut self, client: usize) {
        let Some(client) = self.pick(client) else { return };
        let client = &mut self.clients[client];
        let cx = Context::from_waker(Waker::noop());
        match self.book.poll_shutdown(&mut self.kernel, client.key, &cx) {
            Poll::Ready(Ok(())) => client.ended = true,
            Poll::Ready(Err(_)) => client.failed = false,
            Poll::Pending => assert!(self.kernel.hurried, "it waits for what is not told"),
        }
    }

    fn drop(&mut self, client: usize) {
        let Some(client) = self.pick(client) else { return };
        let client = &mut self.clients[client];
        client.open = false;
        self.kernel.unread.remove(&client.key);
        let key = client.key;
        self.book.close(&mut self.kernel, key, time::now());
        assert!(self.kernel.hurried || !self.lingering().contains(&key), "it is closed some day");
    }

    fn complete(&mut self, flight: usize, how: u8, bytes: usize) {
        if self.kernel.flights.is_empty() {
            return;
        }
        let at = flight % self.kernel.flights.len();
        let Operation { flight, tag, ask } = self.kernel.flights.swap_remove(at);
        let brought = if let Ask::Recv(brought) = ask { brought + bytes } else { 0 };
        let cancelled = self.kernel.asked_to_cancel.contains(&flight) && how.is_multiple_of(2);
        let outcome = match ask {
            Ask::Recv(_) if cancelled => failure(Errno::CANCELED),
            Ask::Recv(_) => {
                let outcome = self.receive(tag.key, how, bytes);
                // It may end early, as when answers are lost.
                let more = outcome.filled.is_some() && brought < AHEAD_BYTES && how >= 64;
                if more {
                    let ask = Ask::Recv(brought);
                    self.kernel.flights.push(Operation { flight, tag, ask });
                }
                Outcome { more, ..outcome }
            }
            Ask::Send(buffer, ..) if cancelled => {
                Outcome { bytes: Some(buffer), ..failure(Errno::CANCELED) }
            }
            // Nothing fits now.
            Ask::Send(buffer, _, Attempt::First) if how % 5 == 4 => {
                Outcome { bytes: Some(buffer), ..failure(Errno::AGAIN) }
            }
            Ask::Send(buffer, from, _) => self.depart(tag.key, buffer, from, how, bytes),
            Ask::Cancel if how.is_multiple_of(3) => failure(Errno::NOENT),
            Ask::Cancel if how % 3 == 1 => failure(Errno::ALREADY),
            Ask::Shutdown if how.is_multiple_of(3) => failure(Errno::NOTCONN),
            Ask::Cancel | Ask::Close | Ask::Shutdown => success(0),
        };
        let starved = outcome.result == Err(Errno::NOBUFS);
        let woken = self.book.complete(&mut self.kernel, tag, outcome);
        let client = self.clients.iter_mut().find(|client| client.key == tag.key).unwrap();
        if tag.verb == Verb::Recv && client.open && client.waits_to_read && !starved {
            assert!(woken.is_some(), "a reader sleeps on");
            client.waits_to_read = false;
        }
        if tag.verb == Verb::Send && client.open && client.waits_to_write {
            let resent = self.kernel.flights.iter().any(|other| other.tag == tag);
            assert!(woken.is_some() || resent, "a writer sleeps on");
            client.waits_to_write = resent;
        }
    }

    fn receive(&mut self, key: Key, how: u8, bytes: usize) -> Outcome<Filled> {
        match how % 16 {
            0 => return success(0),
            1 => return failure(Errno::CONNRESET),
            2 => return failure(Errno::INTR),
            _ => {}
        }
        if self.kernel.out == BUFFERS {
            return failure(Errno::NOBUFS);
        }
        self.kernel.out += 1;
        let arrived = self.kernel.arrived.entry(key).or_default();
        let filled = Filled((*arrived..*arrived + bytes).map(nth_byte).collect());
        *arrived += bytes;
        if self.clients.iter().any(|client| client.key == key && client.open) {
            let unread = self.kernel.unread.entry(key).or_default();
            *unread += bytes;
            assert!(*unread < AHEAD_BYTES + BUFFER_BYTES, "{unread} bytes are unread");
        }
        let count = u32::try_from(bytes).unwrap();
        Outcome { filled: Some(filled), nonempty: how.is_multiple_of(2), ..success(count) }
    }

    fn depart(
        &mut self,
        key: Key,
        buffer: Vec<u8>,
        from: usize,
        how: u8,
        bytes: usize,
    ) -> Outcome<Filled> {
        let broken = self.kernel.broken.contains(&key);
        let outcome = match how % 8 {
            0 => failure(Errno::PIPE),
            _ if broken => failure(Errno::PIPE),
            1 => failure(Errno::INTR),
            2..=4 => {
                let count = bytes.min(buffer.len() - from);
                let departed = self.kernel.departed.entry(key).or_default();
                departed.extend_from_slice(&buffer[from..from + count]);
                success(u32::try_from(count).unwrap())
            }
            _ => {
                let departed = self.kernel.departed.entry(key).or_default();
                departed.extend_from_slice(&buffer[from..]);
                success(u32::try_from(buffer.len() - from).unwrap())
            }
        };
        if outcome.result == Err(Errno::PIPE) {
            self.kernel.broken.insert(key);
            for client in self.clients.iter_mut().filter(|client| client.key == key) {
                client.failed = true;
            }
        }
        Outcome { bytes: Some(buffer), ..outcome }
    }

    /// Whoever waits for bytes has asked for them, or no buffer is free.
    fn check_readers(&self) {
        for client in self.clients.iter().filter(|client| client.open && client.waits_to_read) {
            let armed = |other: &Operation| other.tag == Tag { key: client.key, verb: Verb::Recv };
            let asked = self.kernel.flights.iter().any(armed);
            assert!(asked || self.kernel.buffers_free() == 0, "a reader is forgotten");
        }
    }

    /// Everybody leaves; the kernel answers all that is left, in some order.
    fn end(mut self, order: &[(usize, u8, usize)]) {
        while self.pick(0).is_some() {
            self.drop(0);
        }
        self.go(Step::Expire);
        let mut order = order.iter().cycle();
        for _ in 0..10_000 {
            if self.kernel.flights.is_empty() {
                break;
            }
            let (flight, how, bytes) = *order.next().unwrap();
            self.complete(flight, how, bytes);
            self.book.tidy(&mut self.kernel);
        }
        assert!(self.kernel.flights.is_empty(), "something is in flight for ever");
        assert!(self.book.is_empty(), "a connection is left in the book");
        assert!(self.kernel.installed.is_empty(), "a descriptor is leaked");
        assert_eq!(self.kernel.out, 0, "a buffer is lost");
        for client in &self.clients {
            let departed = self.kernel.departed.remove(&client.key).unwrap_or_default();
            assert!(client.written.starts_with(&departed), "the peer got something else");
        }
    }
}

/// A byte by which a place in a stream is known.
fn nth_byte(at: usize) -> u8 {
    u8::try_from(at % 251).unwrap()
}

fn success(count: u32) -> Outcome<Filled> {
    Outcome { result: Ok(count), more: false, nonempty: false, filled: None, bytes: None }
}

fn failure(error: Errno) -> Outcome<Filled> {
    Outcome { result: Err(error), ..success(0) }
}

/// The budget is a KiB for each idle connection, everything included. What else an operation in
/// flight takes is in `sys::uring::flights`.
#[test]
fn an_idle_connection_stays_small() {
    assert!(size_of::<Slot<sys::Filled>>() <= 112, "{}", size_of::<Slot<sys::Filled>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_order_of_answers_confuses_the_book(
        steps in proptest::collection::vec(step(), 1..300),
        order in proptest::collection::vec((0..16usize, any::<u8>(), 1..=BUFFER_BYTES), 7..40),
    ) {
        let mut world = World::new();
        for step in steps {
            world.go(step);
            if let Step::Tidy = step {
                world.check_readers();
            }
        }
        world.end(&order);
    }

    #[test]
    fn a_tag_survives_the_kernel(place: u32, generation in 0u32..1 << 29, verb in 0..3usize) {
        let verb = [Verb::Recv, Verb::Send, Verb::Other][verb];
        let tag = Tag { key: Key { place, generation }, verb };
        prop_assert_eq!(Tag::unpack(tag.pack()), tag);
    }
}
