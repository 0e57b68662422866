//! A worker's side: what this process was born as, and serving what its parent hands over.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SocketType;
use rustix::process::{Resource, Signal, getrlimit};

use super::WORKER_VARIABLE;
use super::channel::{Channel, Verdict};
use super::message::{End, Hello, How, MESSAGE_BYTES_MAX, ToParent, ToWorker};
use crate::address::{Address, Peer};
use crate::admission::{Admission, Outcome};
use crate::bell::Bell;
use crate::handler::Service;
use crate::limits::{
    ENDS_PER_MESSAGE, HELLO_BYTES_MAX, Limits, MESSAGES_PER_WAKE, STOP_GRACE_MS,
    WORKER_DESCRIPTORS_KEPT, WORKER_END_MS,
};
use crate::metrics::{self, Counters};
use crate::model::{self, Arrival, Model, Workers};
use crate::sys::SharedCounts;
use crate::time;

/// What this process is to its servers.
pub(crate) enum Role {
    /// Nobody's worker.
    Own,
    /// The worker of a server in its parent.
    Worker(Born),
    /// It was started as a worker, and does not find its parent.
    Lost(&'static str),
}

/// What a worker was given at birth.
pub(crate) struct Born {
    channel: Channel,
    hello: Hello,
}

/// True in a worker process of the model `prefork`, which its parent has started by the same
/// command line.
///
/// What a program does before it calls [`Server::run`](crate::Server::run) happens in each worker
/// once more. Whatever is to be done once only (print the address, open the database, write the
/// number of the process to a file) belongs into an `if !is_worker()`.
///
/// The first call looks at the environment and, in a worker, takes over the socket to the parent
/// (`getsockopt(2)`, `recvmsg(2)` and a few more); later ones make no system call.
pub fn is_worker() -> bool {
    !matches!(role(), Role::Own)
}

/// What this process is, found out at the first call.
pub(crate) fn role() -> &'static Role {
    static ROLE: OnceLock<Role> = OnceLock::new();
    ROLE.get_or_init(find_role)
}

fn find_role() -> Role {
    let Some(parent) = std::env::var_os(WORKER_VARIABLE) else { return Role::Own };
    let stdin = rustix::stdio::stdin();
    let has_socket = rustix::net::sockopt::socket_type(stdin) == Ok(SocketType::SEQPACKET);
    let ours = rustix::process::getppid().map(|pid| pid.as_raw_pid().to_string());
    match (has_socket, ours.is_some_and(|pid| parent == *pid)) {
        // Its parent may be gone already; then that is the next thing it hears.
        (true, _) => match receive_hello() {
            Ok(born) => Role::Worker(born),
            Err(reason) => Role::Lost(reason),
        },
        // To go on would be to start workers, which would start workers.
        (false, true) => Role::Lost("the standard input of a worker process was taken from it"),
        // The variable is a worker's who has started this program for another purpose.
        (false, false) => Role::Own,
    }
}

fn receive_hello() -> Result<Born, &'static str> {
    let cannot = |_| "a worker process cannot keep its socket";
    // Standard input is a trap from now on, so it becomes an empty one.
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).map_err(cannot)?;
    let nothing = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    nothing.and_then(rustix::stdio::dup2_stdin).map_err(cannot)?;
    // The end of the parent's thread that serves is the end of this process, even while `main` is
    // stuck before it hears anything.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(cannot)?;

    let channel = Channel::new(socket);
    let mut text = vec![0; HELLO_BYTES_MAX];
    let delivery = channel.receive(&mut text).ok().flatten();
    let delivery = delivery.ok_or("a worker process was told nothing by its parent")?;
    let hello = Hello::decode(&text[..delivery.length]).zip(delivery.fd);
    let (hello, counts) = hello.ok_or("a worker process does not understand its parent")?;
    let number = hello.number as usize;
    match SharedCounts::open(counts, hello.workers as usize) {
        Ok(slots) => metrics::share(slots, number),
        Err(_) => return Err("a worker process cannot share its counters"),
    }
    // For `ps` and `top`, where the name would be that of a link in /proc.
    if let Ok(name) = CString::new(format!("parlor-worker-{number}")) {
        rustix::thread::set_name(&name).ok();
    }
    Ok(Born { channel, hello })
}

impl Born {
    /// Where the parent's listener of this place and name is bound.
    pub(crate) fn bound(&self, place: usize, name: &str) -> Option<&Address> {
        let listener = self.hello.listeners.get(place);
        listener.filter(|(known, _)| known == name).map(|(_, address)| address)
    }

    /// Whether listeners of these names are those of the parent's server.
    pub(crate) fn belongs_to<'a>(&self, names: impl Iterator<Item = &'a str>) -> bool {
        names.eq(self.hello.listeners.iter().map(|(name, _)| name.as_str()))
    }

    /// Serves until the parent ends or has asked to end, and ends this process.
    pub(crate) fn serve(
        &'static self,
        inner: Model,
        limits: &Limits,
        services: Vec<Service>,
        counters: &Arc<Counters>,
    ) -> ! {
        let code = match Worker::start(self, inner, limits, services, counters) {
            Ok((worker, workers)) => worker.run(workers),
            Err(error) => {
                tracing::error!(worker = self.hello.number, %error, "a worker cannot serve");
                1
            }
        };
        // What follows `Server::run` is for the parent alone.
        std::process::exit(code)
    }
}

/// The loop of a worker's own thread: from the parent to the inner model and back.
struct Worker {
    channel: &'static Channel,
    number: u32,
    services: Vec<Service>,
    admission: Arc<Admission>,
    counters: Arc<Counters>,
    bell: Arc<Bell>,
    /// Ends of connections that the parent does not know of yet; never more than there were
    /// connections.
    owed: Vec<End>,
    draining_until: Option<Instant>,
    /// What was added to the shared counters so far.
    told: Told,
}

#[derive(Default)]
struct Told {
    unselectable: u64,
    timed_out: u64,
}

/// Nobody is there to serve for.
#[derive(PartialEq, Eq)]
struct ParentGone;

impl Worker {
    fn start(
        born: &'static Born,
        inner: Model,
        limits: &Limits,
        services: Vec<Service>,
        counters: &Arc<Counters>,
    ) -> io::Result<(Self, Box<dyn Workers>)> {
        let bell = Arc::new(Bell::new()?);
        let count = model::worker_count(inner);
        let admission = Admission::reporting(count, Arc::clone(counters), Arc::clone(&bell));
        let workers = model::start(inner, limits, counters, &[])?;
        let able = inner.capabilities();
        let descriptors = if able.takes_descriptors { descriptors_free() } else { usize::MAX };
        // A pool serves few, and has a queue with a bound of its own for the others.
        let served = able.max_connections.filter(|_| !matches!(inner, Model::Pool { .. }));
        let capacity = served.unwrap_or(usize::MAX).min(descriptors) as u64;
        let ready = ToParent::Ready { capacity, others_wait: workers.room().is_some() };
        let said = born.channel.send(&ready.encode(), None);
        said.map_err(|verdict| io::Error::other(format!("the parent does not hear: {verdict:?}")))?;
        tracing::debug!(worker = born.hello.number, %inner, capacity, "a worker is ready");
        let worker = Self {
            channel: &born.channel,
            number: born.hello.number,
            services,
            admission,
            counters: Arc::clone(counters),
            bell,
            owed: Vec::new(),
            draining_until: None,
            told: Told::default(),
        };
        Ok((worker, workers))
    }

    /// Returns the exit code.
    fn run(mut self, mut workers: Box<dyn Workers>) -> i32 {
        loop {
            let due = workers.tend();
            self.publish();
            // In this order: when nobody is live, all reports are there to be taken.
            let idle = self.counters.live.load(Ordering::SeqCst) == 0;
            self.report();
            if let Some(until) = self.draining_until
                && (idle && self.owed.is_empty() || time::now() >= until)
            {
                self.end(workers);
                return 0;
            }
            self.wait(due);
            if self.receive(&mut *workers) == Some(ParentGone) {
                // Its connections are nobody's any more.
                tracing::debug!(worker = self.number, "the parent is gone");
                return 0;
            }
        }
    }

    /// Waits for the parent, the end of a connection, or what the model has to do.
    fn wait(&self, due: Option<Instant>) {
        let mut interest = PollFlags::IN;
        // Full because the parent is busy: it is told when it has read.
        interest.set(PollFlags::OUT, !self.owed.is_empty());
        let fds =
            &mut [PollFd::new(&self.bell, PollFlags::IN), PollFd::new(self.channel, interest)];
        let until = due.into_iter().chain(self.draining_until).min();
        let timeout = until.map(|until| until.saturating_duration_since(time::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        if let Err(error) = poll(fds, timeout.as_ref())
            && error != Errno::INTR
        {
            tracing::error!(worker = self.number, %error, "cannot wait for the parent");
        }
        if !fds[0].revents().is_empty() {
            self.bell.silence();
        }
    }

    /// Takes up to a batch of messages.
    fn receive(&mut self, workers: &mut dyn Workers) -> Option<ParentGone> {
        let mut text = [0; MESSAGE_BYTES_MAX];
        for _ in 0..MESSAGES_PER_WAKE {
            let delivery = match self.channel.receive(&mut text) {
                Ok(Some(delivery)) => delivery,
                Ok(None) => return Some(ParentGone),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    tracing::error!(worker = self.number, %error, "cannot hear the parent");
                    return Some(ParentGone);
                }
            };
            match ToWorker::decode(&text[..delivery.length]) {
                Some(ToWorker::Serve { connection, door, peer }) => {
                    self.begin(workers, connection, door, peer, delivery.fd);
                }
                Some(ToWorker::Drain { within_ms }) => {
                    self.drain(within_ms);
                    workers.drain();
                }
                None => tracing::error!(worker = self.number, "the parent makes no sense"),
            }
        }
        None
    }

    fn begin(
        &mut self,
        workers: &mut dyn Workers,
        connection: u64,
        door: u32,
        peer: Peer,
        fd: Option<OwnedFd>,
    ) {
        let service = self.services.get(door as usize);
        let (Some(fd), Some(service)) = (fd, service) else {
            // No descriptor was free, so the kernel has dropped it on the way.
            tracing::warn!(worker = self.number, conn = connection, "no descriptor: lost");
            self.owed.push(End { connection, how: How::Lost });
            return;
        };
        match self.admission.admit(connection, None, None) {
            Ok(ticket) => {
                tracing::trace!(conn = connection, %peer, worker = self.number, "handed over");
                let (door, service) = (door as usize, service.clone());
                workers.serve(Arrival { fd, peer, service, ticket, door });
            }
            Err(_no_limits_here) => {
                model::refuse(&fd, service.refusal());
                let how = How::Handled(Outcome::Refused);
                self.owed.push(End { connection, how });
            }
        }
    }

    fn drain(&mut self, within_ms: u64) {
        let far = Duration::from_secs(60 * 60 * 24 * 365);
        self.draining_until = Some(time::now() + Duration::from_millis(within_ms).min(far));
        self.admission.tell_when_one_ends.store(true, Ordering::SeqCst);
    }

    /// Tells the parent of all ends, as far as its socket takes them.
    fn report(&mut self) {
        let ended = self.admission.take_ended().into_iter();
        self.owed.extend(
            ended.map(|ended| End {
                connection: ended.connection,
                how: How::Handled(ended.outcome),
            }),
        );
        let mut told = 0;
        for batch in self.owed.chunks(ENDS_PER_MESSAGE) {
            match self.channel.send(&ToParent::Ended(batch.to_vec()).encode(), None) {
                Ok(()) => told += batch.len(),
                Err(Verdict::Full) => break,
                // It hears nothing any more, which is what `receive` finds out next.
                Err(Verdict::Gone | Verdict::Broken) => told += batch.len(),
            }
        }
        self.owed.drain(..told);
    }

    /// What the inner model counts besides its threads' system calls.
    fn publish(&mut self) {
        let Some(slot) = metrics::our_slot() else { return };
        let counters = &self.counters;
        let unselectable = counters.unselectable.load(Ordering::Relaxed);
        let timed_out = counters.timed_out.load(Ordering::Relaxed);
        slot.unselectable.fetch_add(unselectable - self.told.unselectable, Ordering::Relaxed);
        slot.timed_out.fetch_add(timed_out - self.told.timed_out, Ordering::Relaxed);
        slot.queued.store(counters.queued.load(Ordering::Relaxed) as u64, Ordering::Relaxed);
        slot.queued_max
            .fetch_max(counters.queued_max.load(Ordering::Relaxed) as u64, Ordering::Relaxed);
        self.told = Told { unselectable, timed_out };
    }

    /// Drops what is left, and tells the parent of that, too.
    fn end(&mut self, workers: Box<dyn Workers>) {
        let abandoned = workers.stop(Duration::from_millis(STOP_GRACE_MS));
        if abandoned > 0 {
            tracing::error!(worker = self.number, threads = abandoned, "threads do not yield");
        }
        self.publish();
        let deadline = time::now() + Duration::from_millis(WORKER_END_MS);
        self.draining_until = Some(deadline);
        self.report();
        while !self.owed.is_empty() && time::now() < deadline {
            self.wait(None);
            self.report();
        }
    }
}

/// How many connections this process has descriptors for.
fn descriptors_free() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let held = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(held + WORKER_DESCRIPTORS_KEPT)
}
