//! The I/O models: who waits, and in which system call.
//!
//! Taking connections from the kernel (see `accept`) is the same for all, whether one loop does it
//! or each worker for itself. A model is what becomes of a connection then:
//!
//! | model | a connection is | it waits in | its wall |
//! |---|---|---|---|
//! | [`blocking`] | the only one | `recv`, or `ppoll` when others may wake it | all others wait in the backlog |
//! | [`threads`] | an OS thread | `recv`, or `ppoll` when others may wake it | memory and the scheduler: about 35 KiB each |
//! | [`pool`] | a turn of one of N threads | as `threads`; before that, in a queue | N silent clients stop everybody |
//! | [`prefork`] | in one of N processes | as the process's own model does | processes share no memory |
//! | [`select`] | a task on one event loop | `select`, together with all others | descriptors from 1,024 up have no bit |
//! | [`poll`] | a task on one event loop | `poll`, together with all others | every wait looks at every connection |
//! | [`epoll`] | a task on one of N event loops | `epoll_wait`, together with all others | one handler that computes stops its loop |
//! | [`io_uring`] | a task on one of N event loops | `io_uring_enter`, which also reads and writes | one handler that computes stops its loop |
//! | [`tokio`] | a task on one of N tokio runtimes | `epoll_wait`, inside tokio | the same |
//!
//! **A new model** is one file here, named like its command-line value, with a type that
//! implements [`Workers`]; one variant of [`Model`] with its name and [`Capabilities`]; one line
//! in `start`; one row in the test matrix. A model of the readiness family (`select`, `poll`,
//! `epoll`) is a [`Selector`](crate::coroutine::selector::Selector) on the workers of [`loops`];
//! one of the blocking family (`blocking`, `threads`, `pool`) serves a connection by
//! `threads::serve_here`; `io_uring` has a variant of `conn::Stream`, because its bytes are the
//! kernel's until it gives them back; `prefork` hands `Arrival::fd` to a process with another model.

pub(crate) mod blocking;
pub(crate) mod threads;
pub(crate) mod pool;
pub(crate) mod prefork;
pub(crate) mod loops;
pub(crate) mod select;
pub(crate) mod poll;
pub(crate) mod epoll;
pub(crate) mod io_uring;
pub(crate) mod tokio;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, SendFlags};

use crate::accept::at_worker::AtWorker;
use crate::accept::{Accept, Door};
use crate::address::Peer;
use crate::admission::Ticket;
use crate::handler::Service;
use crate::limits::Limits;
use crate::metrics::Counters;

/// Which system calls serve the connections. Parsed from a word: `threads`, `epoll`, `epoll:2`.
///
/// What each names is what a message costs an echo handler that waits for nothing but its socket.
/// `recv` and `send` are `recvfrom(2)` and `sendto(2)` to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// One connection at a time; the others wait in the backlog. A `recv` that blocks, and a
    /// `send`.
    Blocking,
    /// An OS thread for each connection (`clone3(2)`, `mmap(2)` for its stack). A `recv` that
    /// blocks, and a `send`.
    Threads,
    /// So many OS threads, five if not said, and a queue before them. A `recv` that blocks, and a
    /// `send`.
    Pool {
        /// How many threads.
        workers: Option<NonZeroUsize>,
    },
    /// Worker processes that are handed their sockets; as many as there are processors if not said.
    /// For each connection a `sendmsg(2)` and a `recvmsg(2)`, for a message what the inner model
    /// does.
    Prefork {
        /// How many processes.
        workers: Option<NonZeroUsize>,
        /// The model that each of them serves with.
        inner: Inner,
    },
    /// One event loop over `select`. A `recv` and a `send`, and a `pselect6(2)` for all that are
    /// ready.
    Select {
        /// False: sets of the usual size, for descriptors below 1,024. True (`select:big`): sets
        /// as large as the highest descriptor needs, to see what that costs.
        big: bool,
    },
    /// One event loop over `poll`. A `recv` and a `send`, and a `ppoll(2)` for all that are ready.
    Poll,
    /// Event loops over `epoll`, one a worker; as many as there are processors if not said. A
    /// `recv` and a `send`, and an `epoll_wait(2)` for all that are ready.
    Epoll {
        /// How many threads.
        workers: Option<NonZeroUsize>,
    },
    /// Event loops over `io_uring`, one ring a worker; as many as there are processors if not said.
    /// An `io_uring_enter(2)` for all that a turn receives and sends, and nothing else. Where the
    /// kernel has none, [`Server::new`](crate::Server::new) takes `epoll` instead.
    IoUring {
        /// How many threads.
        workers: Option<NonZeroUsize>,
    },
    /// tokio's current-thread runtimes, one a worker; as many as there are processors if not said.
    /// A `recv` and a `send`, and an `epoll_wait(2)` for all that are ready.
    Tokio {
        /// How many threads.
        workers: Option<NonZeroUsize>,
    },
}

impl Model {
    /// The names of all models, in the order in which a lesson would go through them.
    pub const NAMES: &'static [&'static str] =
        &["blocking", "threads", "pool", "prefork", "select", "poll", "epoll", "io_uring", "tokio"];

    /// The models, each with its usual number of workers, that can serve this many connections at
    /// once within this process: what a test of a whole service goes through.
    pub fn hosting(connections: usize) -> impl Iterator<Item = Self> {
        let models = Self::NAMES.iter().filter_map(|name| name.parse().ok());
        models.filter(move |model: &Self| {
            let able = model.capabilities();
            able.shared_state && able.max_connections.is_none_or(|most| connections <= most)
        })
    }

    /// The name without the number of workers.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Threads => "threads",
            Self::Pool { .. } => "pool",
            Self::Prefork { .. } => "prefork",
            Self::Select { .. } => "select",
            Self::Poll => "poll",
            Self::Epoll { .. } => "epoll",
            Self::IoUring { .. } => "io_uring",
            Self::Tokio { .. } => "tokio",
        }
    }

    /// What a service can expect. One that needs more is to be refused before it starts. For
    /// `select` it counts the descriptors that the process holds, in `/proc/self/fd`.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let max_connections = match self {
            Self::Blocking | Self::Pool { .. } => Some(self.workers()),
            Self::Select { big: false } => Some(select::connections_max()),
            Self::Prefork { inner, .. } => {
                let each = inner.model().capabilities().max_connections;
                each.map(|each| each.saturating_mul(self.workers()))
            }
            Self::Threads
            | Self::Select { big: true }
            | Self::Poll
            | Self::Epoll { .. }
            | Self::IoUring { .. }
            | Self::Tokio { .. } => None,
        };
        let takes_descriptors = match self {
            Self::IoUring { .. } => false,
            Self::Prefork { inner, .. } => inner.model().capabilities().takes_descriptors,
            _ => true,
        };
        let shared_state = !matches!(self, Self::Prefork { .. });
        Capabilities { max_connections, push: true, shared_state, takes_descriptors }
    }

    /// The model that will run on this machine: `epoll`, with a warning in the log that says why,
    /// where `io_uring` is asked for and the kernel does not give it.
    pub(crate) fn or_fallback(self) -> Self {
        self.or_fallback_if(io_uring::probe)
    }

    fn or_fallback_if(self, probe: impl FnOnce() -> io::Result<()>) -> Self {
        let workers = match self {
            Self::IoUring { workers } => workers,
            Self::Prefork { workers, inner } => {
                let inner = inner.model().or_fallback_if(probe);
                return Inner::new(inner).map_or(self, |inner| Self::Prefork { workers, inner });
            }
            _ => return self,
        };
        match probe() {
            Ok(()) => self,
            Err(error) => {
                let fallback = Self::Epoll { workers };
                let reason = error.to_string();
                tracing::warn!(reason, instead = %fallback, "io_uring cannot be used here");
                fallback
            }
        }
    }

    /// How many handlers can compute at the same time, if that is not a matter of processors. A
    /// handler that computes holds up those that share its thread; see each model's wall.
    #[must_use]
    pub fn parallel(&self) -> Option<usize> {
        match self {
            Self::Threads => None,
            Self::Prefork { inner, .. } => {
                inner.model().parallel().map(|handlers| handlers * self.workers())
            }
            Self::Blocking
            | Self::Pool { .. }
            | Self::Select { .. }
            | Self::Poll
            | Self::Epoll { .. }
            | Self::IoUring { .. }
            | Self::Tokio { .. } => Some(self.workers()),
        }
    }

    /// How connections can be distributed over its workers; see [`Accept`]. A server of a model
    /// with one worker, or with a thread for each connection, has nothing to distribute.
    #[must_use]
    pub fn accepts(&self) -> &'static [Accept] {
        match self {
            Self::Epoll { .. } => Accept::ALL,
            // Its reactor has no way to say `EPOLLEXCLUSIVE`.
            Self::Tokio { .. } => &[Accept::Handoff, Accept::Shared, Accept::ReusePort],
            _ => &[Accept::Handoff],
        }
    }

    fn workers(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        match self {
            // Each thread is a worker of its own, there is nothing to choose between.
            Self::Threads | Self::Blocking | Self::Select { .. } | Self::Poll => 1,
            Self::Pool { workers } => workers.map_or(POOL_WORKERS, NonZeroUsize::get),
            Self::Prefork { workers, .. }
            | Self::Epoll { workers }
            | Self::IoUring { workers }
            | Self::Tokio { workers } => workers.map_or_else(processors, NonZeroUsize::get),
        }
    }
}

impl Default for Model {
    /// `epoll` with a worker for each processor.
    fn default() -> Self {
        Self::Epoll { workers: None }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Prefork { workers, inner } => {
                if let Some(workers) = workers {
                    write!(f, ":{workers}")?;
                }
                if *inner == Inner::default() { Ok(()) } else { write!(f, "/{inner}") }
            }
            Self::Pool { workers: Some(workers) }
            | Self::Epoll { workers: Some(workers) }
            | Self::IoUring { workers: Some(workers) }
            | Self::Tokio { workers: Some(workers) } => write!(f, ":{workers}"),
            Self::Select { big: true } => f.write_str(":big"),
            Self::Blocking
            | Self::Threads
            | Self::Pool { workers: None }
            | Self::Select { big: false }
            | Self::Poll
            | Self::Epoll { workers: None }
            | Self::IoUring { workers: None }
            | Self::Tokio { workers: None } => Ok(()),
        }
    }
}

impl FromStr for Model {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let (text, inner) = match text.split_once('/') {
            Some((text, inner)) => (text, Some(inner)),
            None => (text, None),
        };
        let (name, count) = match text.split_once(':') {
            Some((name, count)) => (name, Some(count)),
            None => (text, None),
        };
        let workers = count.map(|count| {
            let number =
                count.parse().ok().filter(|count: &NonZeroUsize| count.get() <= WORKERS_MAX);
            number.ok_or_else(|| ModelError::Workers { count: count.to_owned() })
        });
        let single = |model: Self, reason| match workers {
            Some(_) => Err(ModelError::NoWorkers { name: model.name(), reason }),
            None => Ok(model),
        };
        if inner.is_some() && Self::NAMES.contains(&name) && name != "prefork" {
            return Err(ModelError::NoInner { name: name.to_owned() });
        }
        match name {
            "blocking" => single(Self::Blocking, "it serves one connection at a time"),
            "threads" => single(Self::Threads, "it has a thread for each connection"),
            "pool" => Ok(Self::Pool { workers: workers.transpose()? }),
            "prefork" => Ok(Self::Prefork {
                workers: workers.transpose()?,
                inner: inner.map_or_else(|| Ok(Inner::default()), Inner::from_str)?,
            }),
            "select" if count == Some("big") => Ok(Self::Select { big: true }),
            "select" => single(Self::Select { big: false }, "it is one event loop"),
            "poll" => single(Self::Poll, "it is one event loop"),
            "epoll" => Ok(Self::Epoll { workers: workers.transpose()? }),
            "io_uring" => Ok(Self::IoUring { workers: workers.transpose()? }),
            "tokio" => Ok(Self::Tokio { workers: workers.transpose()? }),
            _ => Err(ModelError::Unknown { name: name.to_owned(), nearest: nearest(name) }),
        }
    }
}

/// The model that each process of [`Model::Prefork`] serves with: `epoll:1` unless another is named,
/// as in `prefork:6/threads`. Any model but `prefork` itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inner {
    name: &'static str,
    suffix: Suffix,
}

/// What stands after the name of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Suffix {
    None,
    Workers(NonZeroUsize),
    Big,
}

impl Inner {
    /// Any model but `prefork`.
    fn new(model: Model) -> Option<Self> {
        let suffix = match model {
            Model::Prefork { .. } => return None,
            Model::Pool { workers: Some(workers) }
            | Model::Epoll { workers: Some(workers) }
            | Model::IoUring { workers: Some(workers) }
            | Model::Tokio { workers: Some(workers) } => Suffix::Workers(workers),
            Model::Select { big: true } => Suffix::Big,
            Model::Blocking
            | Model::Threads
            | Model::Pool { workers: None }
            | Model::Select { big: false }
            | Model::Poll
            | Model::Epoll { workers: None }
            | Model::IoUring { workers: None }
            | Model::Tokio { workers: None } => Suffix::None,
        };
        Some(Self { name: model.name(), suffix })
    }

    /// The model.
    #[must_use]
    pub fn model(self) -> Model {
        let model = self.to_string().parse();
        model.expect("what a model has written is a model")
    }
}

impl Default for Inner {
    /// `epoll:1`: the processes are the workers.
    fn default() -> Self {
        Self { name: "epoll", suffix: Suffix::Workers(NonZeroUsize::MIN) }
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.suffix {
            Suffix::None => Ok(()),
            Suffix::Workers(workers) => write!(f, ":{workers}"),
            Suffix::Big => f.write_str(":big"),
        }
    }
}

impl FromStr for Inner {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::new(text.parse()?).ok_or(ModelError::Nested)
    }
}

/// The workers of a `pool` that is not told how many: those of the lecture's.
const POOL_WORKERS: usize = 5;

/// More threads than this are a typing error.
const WORKERS_MAX: usize = 1024;

/// A word that is no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no model of this name.
    #[error("there is no model `{name}`; did you mean `{nearest}`? (models: {})", Model::NAMES.join(", "))]
    Unknown {
        /// What was given.
        name: String,
        /// The model with the most similar name.
        nearest: &'static str,
    },
    /// The number of workers makes no sense.
    #[error("`{count}` is no number of workers; give 1 to {WORKERS_MAX}, as in `epoll:2`")]
    Workers {
        /// What was given.
        count: String,
    },
    /// Only processes have a model of their own.
    #[error(
        "`{name}` takes no model after a slash, only `prefork` does, as in `prefork:2/threads`"
    )]
    NoInner {
        /// The model.
        name: String,
    },
    /// Processes that start processes.
    #[error("the processes of `prefork` serve with any model but `prefork`")]
    Nested,
    /// The model has no workers to count.
    #[error("`{name}` takes no number: {reason}")]
    NoWorkers {
        /// The model.
        name: &'static str,
        /// What it has instead.
        reason: &'static str,
    },
}

fn nearest(name: &str) -> &'static str {
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, name);
    Model::NAMES.iter().min_by_key(distance).copied().unwrap_or("epoll")
}

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Connections it can serve at once, if that is not a matter of memory.
    pub max_connections: Option<usize>,
    /// An idle connection can be sent something: other threads can wake its handler.
    pub push: bool,
    /// All handlers run in one process and may share memory.
    pub shared_state: bool,
    /// Each connection takes one of the descriptors that the process may have.
    pub takes_descriptors: bool,
}

/// An accepted connection on its way to a worker.
pub(crate) struct Arrival {
    pub(crate) fd: OwnedFd,
    pub(crate) peer: Peer,
    pub(crate) service: Service,
    pub(crate) ticket: Ticket,
    /// By which listener it came, in the order of `Server::listen`.
    pub(crate) door: usize,
}

impl Arrival {
    /// Turns the client away after all.
    pub(crate) fn refuse(self) {
        refuse(&self.fd, self.service.refusal());
        drop(self.fd);
        self.ticket.refuse();
    }
}

/// Sends the refusal, if the socket takes it at once, and ends the stream.
pub(crate) fn refuse(fd: impl AsFd, refusal: &[u8]) {
    let fd = fd.as_fd();
    if !refusal.is_empty() {
        // Bytes of the client's that nobody has read would turn our close into a reset, and a
        // reset overtakes the refusal. Those that are here already are taken out of the way.
        rustix::net::recv(fd, &mut [0u8; 4096], RecvFlags::DONTWAIT).ok();
        rustix::net::send(fd, refusal, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).ok();
        rustix::net::shutdown(fd, rustix::net::Shutdown::Write).ok();
    }
}

/// What the accept loop asks of a model.
pub(crate) trait Workers {
    /// Whether sockets are to be accepted in blocking mode.
    fn blocking(&self) -> bool;

    /// How many connections may be with the workers. At that number the accept loop leaves clients
    /// in the backlog, until one has ended.
    fn room(&self) -> Option<usize> {
        None
    }

    /// Serves a connection on the worker that its ticket names, or refuses it.
    fn serve(&mut self, arrival: Arrival);

    /// Has a worker accept from a door by itself. Asked only of models that
    /// [can](Model::accepts).
    ///
    /// # Errors
    ///
    /// When the worker is gone.
    fn accept_at(&mut self, worker: u32, at: AtWorker) -> io::Result<()> {
        drop((worker, at));
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Does what is due by now, and says when something will be. The accept loop asks each time
    /// before it waits.
    fn tend(&mut self) -> Option<Instant> {
        None
    }

    /// Readable when there is something to do before it is due.
    fn wakes(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// `draining()` resolves in all handlers.
    fn drain(&mut self);

    /// Drops the handlers that are left and ends all threads, or says how many threads would not
    /// end within the grace.
    fn stop(self: Box<Self>, grace: Duration) -> usize;
}

/// A model's workers, not yet started: the server needs to know how many there are to choose from.
pub(crate) fn worker_count(model: Model) -> usize {
    match model {
        // They serve themselves from one queue, or it has a choice of its own.
        Model::Pool { .. } | Model::Prefork { .. } => 1,
        other => other.workers(),
    }
}

/// Starts the workers of a model, for the listeners that connections will come by.
pub(crate) fn start(
    model: Model,
    limits: &Limits,
    counters: &Arc<Counters>,
    doors: &[Arc<Door>],
) -> io::Result<Box<dyn Workers>> {
    Ok(match model {
        Model::Blocking => Box::new(blocking::Blocking::start(limits, counters)?),
        Model::Pool { .. } => {
            Box::new(pool::Pool::start("pool", model.workers(), limits, counters)?)
        }
        Model::Prefork { inner, .. } => {
            Box::new(prefork::Prefork::start(model.workers(), inner, doors, limits, counters)?)
        }
        Model::Threads => Box::new(threads::Threads::new(limits, counters)),
        Model::Select { big: false } => Box::new(select::SelectWorkers::start(counters)?),
        Model::Select { big: true } => Box::new(select::start_big(counters)?),
        Model::Poll => Box::new(poll::start(counters)?),
        Model::Epoll { .. } => Box::new(epoll::start(model.workers(), counters)?),
        Model::IoUring { .. } => Box::new(io_uring::RingWorkers::start(model.workers(), counters)?),
        Model::Tokio { .. } => Box::new(tokio::TokioWorkers::start(model.workers(), counters)?),
    })
}

/// Joins threads that were told to end, for no longer than the grace; returns how many are left.
fn join(threads: Vec<std::thread::JoinHandle<()>>, grace: Duration) -> usize {
    let deadline = crate::time::now() + grace;
    let mut left = 0;
    for thread in threads {
        // A thread cannot be joined with a time limit, so look until it has ended.
        while !thread.is_finished() && crate::time::now() < deadline {
            #[expect(clippy::disallowed_methods, reason = "the caller of Server::run may block")]
            std::thread::sleep(Duration::from_millis(1));
        }
        if !thread.is_finished() {
            left += 1;
        } else if thread.join().is_err() {
            tracing::error!("a worker panicked");
        }
    }
    left
}

#[cfg(test)]
mod tests;
