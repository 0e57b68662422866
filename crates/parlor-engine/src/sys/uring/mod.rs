//! A ring whose memory is its own: safe operations over the `io-uring` crate.
//!
//! The kernel reads and writes memory for as long as an operation is in flight, whatever becomes of
//! the future that asked for it. So everything that the kernel can see belongs to this type: bytes
//! to send and plain descriptors are kept with their operation ([`flights`]), received bytes come
//! in buffers that the ring provides ([`buffers`]), and nothing is freed before the last
//! completion. [`Uring::end`] cancels what is left and waits for it; if the kernel did not let go
//! even then, the memory is leaked rather than freed.

mod setup;
mod buffers;
mod flights;
mod bare;

use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use io_uring::types::{CancelBuilder, Fd, Fixed, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use rustix::io::Errno;

pub use self::bare::bare_ring_echo;
pub(crate) use self::buffers::Filled;
use self::buffers::{Buffers, GROUP};
pub(crate) use self::flights::Flight;
use self::flights::{Flights, Memory};
pub(crate) use self::setup::Shape;
use self::setup::{FLAVOURS, Flavour, build};

/// `IORING_RECVSEND_POLL_FIRST`: wait for the socket before the first attempt.
const POLL_FIRST: u16 = 1;
/// `IORING_RECV_MULTISHOT`: go on by itself.
const MULTISHOT: u16 = 2;
/// `MSG_NOSIGNAL | MSG_WAITALL`: no SIGPIPE, and one completion when all is sent.
const SEND_FLAGS: i32 = 0x4000 | 0x100;
/// `MSG_DONTWAIT`: what does not fit at once is an error.
const AT_ONCE: i32 = 0x40;
/// `POLLIN`.
const POLL_IN: u32 = 1;
/// `SHUT_WR`.
const SHUT_WRITE: i32 = 1;

/// What an operation is about.
#[derive(Clone, Debug)]
pub(crate) enum Socket {
    /// A place in the ring's own table, which takes no descriptor of the process.
    Direct(u32),
    Plain(Arc<OwnedFd>),
}

/// How much a send is to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// What the socket takes at once. If that is all, as it nearly always is, the kernel says
    /// nothing: see [`Uring::enter`]. If it is less, the rest has to be sent again.
    First,
    /// Until it has taken everything.
    Again,
}

/// An answer of the kernel's.
#[derive(Debug)]
pub(crate) struct Completion {
    /// The caller's word for the operation.
    pub(crate) tag: u64,
    pub(crate) result: Result<u32, Errno>,
    /// The operation goes on.
    pub(crate) more: bool,
    /// The socket has more to read.
    pub(crate) nonempty: bool,
    /// What was received.
    pub(crate) filled: Option<Filled>,
    /// What was to be sent.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// A ring and all memory that its kernel side may touch. Stays on the thread that made it.
pub(crate) struct Uring {
    ring: ManuallyDrop<IoUring>,
    buffers: ManuallyDrop<Buffers>,
    flights: ManuallyDrop<Flights>,
    /// Operations for which the submission queue had no room.
    waiting: VecDeque<squeue::Entry>,
    /// Sends that are answered only if they have failed, since the last call.
    quiet: Vec<Flight>,
    /// Those of them that have not.
    sent: VecDeque<Flight>,
    /// How many bytes a receive may bring before it has to be asked for anew; 0 if it brings one
    /// buffer at most.
    ahead_bytes: u32,
    /// Whether this kernel can be asked to be quiet.
    can_be_quiet: bool,
    /// Somebody waits for a send.
    hurried: bool,
    direct: u32,
    /// System calls made because the submission queue was full.
    extra_enters: u64,
}

impl Uring {
    /// Makes a ring with the best flags that this kernel takes.
    pub(crate) fn new(shape: Shape) -> io::Result<Self> {
        Self::with_flavours(shape, &FLAVOURS)
    }

    fn with_flavours(shape: Shape, flavours: &[Flavour]) -> io::Result<Self> {
        let mut ring = build(shape, flavours)?;
        let mut buffers = Buffers::new(shape.buffers, shape.buffer_bytes)?;
        buffers.register(&ring)?;
        let direct = match ring.submitter().register_files_sparse(shape.direct) {
            Ok(()) => shape.direct,
            // The ring works without: connections keep their plain descriptors.
            Err(_) => 0,
        };
        let goes_on = setup::can_go_on(&mut ring)?;
        let can_be_quiet = setup::can_be_quiet(&ring);
        Ok(Self {
            ring: ManuallyDrop::new(ring),
            buffers: ManuallyDrop::new(buffers),
            flights: ManuallyDrop::default(),
            waiting: VecDeque::new(),
            quiet: Vec::new(),
            sent: VecDeque::new(),
            ahead_bytes: if goes_on { shape.ahead_bytes } else { 0 },
            can_be_quiet,
            hurried: false,
            direct,
            extra_enters: 0,
        })
    }

    /// Places in the table of direct descriptors.
    pub(crate) fn direct(&self) -> u32 {
        self.direct
    }

    /// Operations that the kernel has not answered for the last time.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Provided buffers that the kernel can fill.
    pub(crate) fn buffers_free(&self) -> usize {
        self.buffers.free()
    }

    /// Enters that were made because the submission queue was full, since last asked.
    pub(crate) fn take_extra_enters(&mut self) -> u64 {
        std::mem::take(&mut self.extra_enters)
    }

    /// Puts a descriptor into the table, so that the process can close its own.
    pub(crate) fn install(&self, place: u32, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.ring.submitter().register_files_update(place, &[fd.as_raw_fd()])?;
        Ok(())
    }

    /// Receives into provided buffers, until [`Shape::ahead_bytes`] have come or what comes last goes
    /// beyond; on kernels without such a limit once.
    pub(crate) fn recv(&mut self, socket: &Socket, tag: u64, poll_first: bool) -> Flight {
        let flight = self.flights.begin(tag, kept(socket));
        let ioprio = if poll_first { POLL_FIRST } else { 0 };
        let recv = match socket {
            Socket::Direct(place) => opcode::Recv::new(Fixed(*place), std::ptr::null_mut(), 0),
            Socket::Plain(fd) => opcode::Recv::new(Fd(fd.as_raw_fd()), std::ptr::null_mut(), 0),
        };
        let goes_on = if self.ahead_bytes > 0 { MULTISHOT } else { 0 };
        let entry = recv.ioprio(ioprio | goes_on).buf_group(GROUP).build();
        let entry = entry.flags(squeue::Flags::BUFFER_SELECT);
        self.queue(flight, setup::until(entry, self.ahead_bytes));
        flight
    }

    /// Sends `bytes` from an offset on, the first time from 0. They come back with the completion.
    pub(crate) fn send(
        &mut self,
        socket: &Socket,
        tag: u64,
        bytes: Vec<u8>,
        from: usize,
        attempt: Attempt,
    ) -> Flight {
        let quiet = attempt == Attempt::First && self.can_be_quiet;
        let flight = self.flights.begin(tag, Memory::of(kept(socket), bytes));
        let rest = &self.flights.memory(flight).bytes()[from..];
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let send = match socket {
            Socket::Direct(place) => opcode::Send::new(Fixed(*place), rest.as_ptr(), length),
            Socket::Plain(fd) => opcode::Send::new(Fd(fd.as_raw_fd()), rest.as_ptr(), length),
        };
        if quiet {
            let send = send.flags(SEND_FLAGS | AT_ONCE).build();
            self.quiet.push(flight);
            self.queue(flight, send.flags(squeue::Flags::SKIP_SUCCESS));
        } else {
            self.queue(flight, send.flags(SEND_FLAGS).build());
        }
        flight
    }

    /// The next [`Uring::enter`] is to say how the sends went that it submits, and not to wait for
    /// anything else before.
    pub(crate) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Ends our direction of a connection.
    pub(crate) fn shutdown_write(&mut self, socket: &Socket, tag: u64) -> Flight {
        let flight = self.flights.begin(tag, kept(socket));
        let shutdown = match socket {
            Socket::Direct(place) => opcode::Shutdown::new(Fixed(*place), SHUT_WRITE),
            Socket::Plain(fd) => opcode::Shutdown::new(Fd(fd.as_raw_fd()), SHUT_WRITE),
        };
        self.queue(flight, shutdown.build());
        flight
    }

    /// Asks for an operation to end early. Both have a completion, in any order.
    pub(crate) fn cancel(&mut self, target: Flight, tag: u64) -> Flight {
        let flight = self.flights.begin(tag, Memory::Nothing);
        self.queue(flight, opcode::AsyncCancel::new(target.user_data()).build());
        flight
    }

    /// Closes a direct descriptor.
    pub(crate) fn close(&mut self, place: u32, tag: u64) -> Flight {
        let flight = self.flights.begin(tag, Memory::Nothing);
        self.queue(flight, opcode::Close::new(Fixed(place)).build());
        flight
    }

    /// Completes each time that a descriptor becomes readable.
    pub(crate) fn watch(&mut self, fd: &Arc<OwnedFd>, tag: u64) -> Flight {
        let flight = self.flights.begin(tag, Memory::Descriptor(Arc::clone(fd)));
        let poll = opcode::PollAdd::new(Fd(fd.as_raw_fd()), POLL_IN).multi(true);
        self.queue(flight, poll.build());
        flight
    }

    /// Received bytes.
    pub(crate) fn bytes(&self, filled: &Filled) -> &[u8] {
        self.buffers.bytes(filled)
    }

    /// Lets the kernel have a buffer again.
    pub(crate) fn give_back(&mut self, filled: Filled) {
        self.buffers.give_back(filled);
    }

    /// Submits what is queued and, if told to, waits until there is a completion or the time is up:
    /// one system call for all of it.
    ///
    /// A first attempt to send is over when the kernel has taken its entry: it has not waited, and
    /// if it has failed, even in part, its completion is there before the call begins to wait. So
    /// one that has none was sent. A completion for each would end the wait that begins in the
    /// same call, and take another call that waits for the next message.
    pub(crate) fn enter(&mut self, wait: bool, timeout: Option<Duration>) -> io::Result<()> {
        self.flush();
        let hurried = std::mem::take(&mut self.hurried) && !self.quiet.is_empty();
        let idle =
            self.waiting.is_empty() && self.sent.is_empty() && self.ring.completion().is_empty();
        let at_least = usize::from(wait && idle && !hurried);
        let entered = match timeout.filter(|_| at_least > 0) {
            Some(timeout) => {
                let timeout = Timespec::from(timeout);
                let args = SubmitArgs::new().timespec(&timeout);
                self.ring.submitter().submit_with_args(at_least, &args)
            }
            None => self.ring.submitter().submit_and_wait(at_least),
        };
        if !self.quiet.is_empty() && self.waiting.is_empty() && self.has_taken_all() {
            self.sent.extend(self.quiet.drain(..));
        }
        match entered.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)) {
            Ok(_) | Err(Errno::TIME | Errno::INTR) => Ok(()),
            // Completions have to be taken before more can be submitted, or the kernel is short of
            // memory: the queue keeps what is in it for the next time.
            Err(Errno::BUSY | Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the kernel has taken every entry, and all completions that it had are in the queue.
    fn has_taken_all(&mut self) -> bool {
        let queue = self.ring.submission();
        queue.is_empty() && !queue.cq_overflow()
    }

    /// The next completion.
    pub(crate) fn next(&mut self) -> Option<Completion> {
        loop {
            let Some(entry) = self.ring.completion().next() else { return self.next_sent() };
            let filled = self.buffers.taken(&entry);
            let more = cqueue::more(entry.flags());
            let flight = Flight::from_kernel(entry.user_data());
            let Some((tag, bytes)) = self.flights.complete(flight, !more) else {
                tracing::error!("a completion of an operation that is not in flight");
                if let Some(filled) = filled {
                    self.buffers.give_back(filled);
                }
                continue;
            };
            let result = match u32::try_from(entry.result()) {
                Ok(count) => Ok(count),
                Err(_) => Err(Errno::from_raw_os_error(-entry.result())),
            };
            let nonempty = cqueue::sock_nonempty(entry.flags());
            return Some(Completion { tag, result, more, nonempty, filled, bytes });
        }
    }

    /// The next send that went well, of those that have no completion of the kernel's.
    fn next_sent(&mut self) -> Option<Completion> {
        loop {
            let flight = self.sent.pop_front()?;
            // One that failed was told of before.
            let Some((tag, bytes)) = self.flights.complete(flight, true) else { continue };
            let count = bytes.as_ref().map_or(0, Vec::len);
            let result = Ok(u32::try_from(count).unwrap_or(u32::MAX));
            let (more, nonempty, filled) = (false, false, None);
            return Some(Completion { tag, result, more, nonempty, filled, bytes });
        }
    }

    /// Cancels everything and waits until nothing is in flight. False if the kernel would not let
    /// go within so many waits of 10 ms.
    pub(crate) fn end(&mut self, waits: usize) -> bool {
        for _ in 0..waits {
            while let Some(completion) = self.next() {
                if let Some(filled) = completion.filled {
                    self.buffers.give_back(filled);
                }
            }
            if self.flights.len() == 0 {
                return true;
            }
            let flight = self.flights.begin(0, Memory::Nothing);
            let all = CancelBuilder::any().all();
            self.queue(flight, opcode::AsyncCancel2::new(all).build());
            self.enter(true, Some(Duration::from_millis(10))).ok();
        }
        self.flights.len() == 0
    }

    fn queue(&mut self, flight: Flight, entry: squeue::Entry) {
        let entry = entry.user_data(flight.user_data());
        if !self.waiting.is_empty() || !self.push(&entry) {
            self.waiting.push_back(entry);
            self.flush();
        }
    }

    /// Puts an entry into the submission queue; false if that is full.
    fn push(&mut self, entry: &squeue::Entry) -> bool {
        // SAFETY: all that the entry points to is kept in `flights` until it has completed, and
        // is not moved meanwhile: a `Vec` may move, its bytes do not.
        unsafe { self.ring.submission().push(entry) }.is_ok()
    }

    /// Moves what waits into the submission queue, and that into the kernel when it is full.
    fn flush(&mut self) {
        let mut full = false;
        while let Some(entry) = self.waiting.pop_front() {
            if self.push(&entry) {
                continue;
            }
            self.waiting.push_front(entry);
            // The rest goes with the next call, when completions were taken.
            if std::mem::replace(&mut full, true) {
                return;
            }
            self.extra_enters += 1;
            self.ring.submit().ok();
        }
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        const WAITS: usize = 200;
        if !self.end(WAITS) {
            tracing::error!(
                in_flight = self.flights.len(),
                "a ring's memory is left to the kernel"
            );
            return;
        }
        // SAFETY: dropped once, here, and not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.ring) };
        // SAFETY: as above; the kernel is done with the buffers, since nothing is in flight.
        unsafe { ManuallyDrop::drop(&mut self.buffers) };
        // SAFETY: as above.
        unsafe { ManuallyDrop::drop(&mut self.flights) };
    }
}

fn kept(socket: &Socket) -> Memory {
    match socket {
        Socket::Direct(_) => Memory::Nothing,
        Socket::Plain(fd) => Memory::Descriptor(Arc::clone(fd)),
    }
}

#[cfg(test)]
mod tests;
