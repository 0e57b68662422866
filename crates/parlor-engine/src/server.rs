//! A server of your own: listeners, a model, limits, and a graceful end.
//!
//! Python's `socketserver` lets one write a handler and leaves the accept loop to the framework.
//! This is that, with the model as a value.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::accept::at_worker::AtWorker;
use crate::accept::{Accept, Acceptor, Door, Intake};
use crate::address::{Address, BindError, Listener};
use crate::admission::Admission;
use crate::bell::Bell;
use crate::handler::Service;
use crate::limits::{Limits, STOP_GRACE_MS};
use crate::metrics::{Counters, Metrics};
use crate::model::prefork::worker::{self, Role};
use crate::model::{self, Model, Workers};
use crate::shutdown::Shutdown;
use crate::time;

/// Listeners with their services, served by one model.
///
/// ```
/// use parlor_engine::{Address, Model, Server, Shutdown, service};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// let greet = service(|mut conn| async move {
///     conn.write_all(b"hello\n").await.ok();
/// });
/// let mut server = Server::new(Model::default());
/// let address = server.listen("greeter", &Address::Tcp(([127, 0, 0, 1], 0).into()), greet)?;
///
/// let shutdown = Shutdown::new();
/// let stop = shutdown.clone();
/// let running = std::thread::spawn(move || server.run(shutdown));
///
/// # let Address::Tcp(address) = address else { unreachable!() };
/// let text = std::io::read_to_string(std::net::TcpStream::connect(address)?)?;
/// assert_eq!(text, "hello\n");
///
/// stop.trigger();
/// assert_eq!(running.join().unwrap().served, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    model: Model,
    limits: Limits,
    accept: Accept,
    /// One set for all workers, or one for each if they accept for themselves.
    doors: Vec<Vec<Arc<Door>>>,
    /// In a worker process: names and services of the parent's doors.
    handed: Vec<(&'static str, Service)>,
    metrics: Metrics,
}

/// What a server has done, when it has ended.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Connections taken from the kernel, refused ones included.
    pub accepted: u64,
    /// Connections within the limits on their number.
    pub admitted: u64,
    /// Handlers that returned.
    pub served: u64,
    /// Connections closed without a handler.
    pub refused: u64,
    /// Handlers that panicked.
    pub panicked: u64,
    /// Handlers dropped at the drain deadline, or lost with their worker process.
    pub dropped: u64,
    /// The most connections that ever waited for a worker of the model `pool` at once.
    pub queued_max: usize,
    /// Connections that were refused because they had waited for too long.
    pub timed_out: u64,
    /// Worker processes of the model `prefork` that have ended though nobody had asked them to.
    pub processes_lost: u64,
    /// Threads that computed on and could not be ended.
    pub abandoned_threads: usize,
    /// Why the model could not be started, if it could not.
    pub error: Option<io::Error>,
}

impl Server {
    /// A server that listens nowhere yet.
    ///
    /// Where the kernel has no `io_uring`, or forbids it, `epoll` takes its place and the log says
    /// why: see [`Server::model`]. To know, a ring is made, entered and closed
    /// (`io_uring_setup(2)`, `io_uring_enter(2)`), for that model alone; for the others this makes
    /// no system call.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            model: model.or_fallback(),
            limits: Limits::default(),
            accept: Accept::default(),
            doors: vec![Vec::new()],
            handed: Vec::new(),
            metrics: Metrics::default(),
        }
    }

    /// Sets the limits. Call it before [`Server::listen`], which needs the backlog.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how connections are distributed over the workers. Call it before [`Server::listen`],
    /// because some ways have a listener for each worker.
    ///
    /// What a model does not know (see [`Model::accepts`]) is an error when the server runs.
    #[must_use]
    pub fn accept(mut self, accept: Accept) -> Self {
        self.accept = accept;
        if accept != Accept::Handoff {
            self.doors = vec![Vec::new(); model::worker_count(self.model)];
        }
        self
    }

    /// Binds an address for a service; the name is for the log, and for worker processes to know
    /// their server by. Clients may connect from now on and are served when the server runs.
    /// Returns the bound address, with the port that the kernel chose if it was 0.
    ///
    /// In a worker process of the model `prefork` nothing is bound: the address is the parent's.
    ///
    /// The calls are `socket(2)`, `bind(2)` and `listen(2)` with the backlog of the [`Limits`], and
    /// `getsockname(2)` for the port. Between the first two, `setsockopt(2)` sets `SO_REUSEADDR`,
    /// `SO_REUSEPORT` if [`Accept::ReusePort`] wants it, and `TCP_NODELAY` for the connections to
    /// inherit.
    ///
    /// A Unix socket file that a dead server has left behind (`connect(2)` is refused) is replaced
    /// (`unlink(2)`); one that is still served is an error. Ours is removed when the server ends.
    ///
    /// # Errors
    ///
    /// When the address is in use, or not ours to use.
    pub fn listen(
        &mut self,
        name: &'static str,
        address: &Address,
        service: Service,
    ) -> Result<Address, BindError> {
        match worker::role() {
            Role::Own => {}
            Role::Worker(born) => {
                let bound = born.bound(self.handed.len(), name).unwrap_or(address);
                self.handed.push((name, service));
                return Ok(bound.clone());
            }
            Role::Lost(_) => return Ok(address.clone()),
        }
        let number = self.doors.first().map_or(0, Vec::len);
        let again = self.accept == Accept::ReusePort;
        let listener = Listener::bind(address, self.limits.backlog, again)?;
        let own = again && !listener.is_local();
        let first = Arc::new(Door { number, name, listener, service });
        let bound = first.listener.bound.clone();
        for (worker, doors) in self.doors.iter_mut().enumerate() {
            if worker > 0 && own {
                let listener = Listener::bind(&bound, self.limits.backlog, again)?;
                let service = first.service.clone();
                doors.push(Arc::new(Door { number, name, listener, service }));
            } else {
                doors.push(Arc::clone(&first));
            }
        }
        Ok(bound)
    }

    /// The model that will run. No system call.
    #[must_use]
    pub fn model(&self) -> Model {
        self.model
    }

    /// The counters, to be kept and read while the server runs. No system call.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Serves until asked to stop, then drains: listeners close, `draining()` resolves in every
    /// handler, and those that have not returned within `drain_ms` are dropped.
    ///
    /// Blocks the calling thread, which becomes the accept loop (`accept4(2)` in batches, `poll(2)`
    /// in between), unless the workers accept for themselves: see [`Server::accept`]. What a worker
    /// does with a connection is the model's: see [`Model`].
    ///
    /// # On the model `prefork`
    ///
    /// The program is started again for each worker process, with the same arguments, environment
    /// and folder. Its `main` has to come here again, to a server with listeners of the same names
    /// in the same order and with the same services, and that without side effects: what is to be
    /// done once only belongs into an `if !is_worker()` (see [`is_worker`](crate::is_worker)). In a
    /// worker, standard input and output are empty, logs on standard error are shared, and signals
    /// of the terminal do not come; then this function
    ///
    /// - serves what the parent hands over, and **does not return**: the process ends when the
    ///   parent has ended or asks for it, and what follows is the parent's to do;
    /// - heeds the parent and not the `shutdown` that it is given;
    /// - returns at once, with nothing done, if the server is another one of the program's. So
    ///   several servers of one program need listeners of different names.
    #[expect(clippy::needless_pass_by_value, reason = "the request is the server's from here on")]
    pub fn run(self, shutdown: Shutdown) -> Report {
        match worker::role() {
            Role::Own => self.run_here(&shutdown),
            Role::Lost(reason) => {
                Report { error: Some(io::Error::other(*reason)), ..Report::default() }
            }
            Role::Worker(born) => {
                let names = self.handed.iter().map(|(name, _)| *name);
                let Model::Prefork { inner, .. } = self.model else { return Report::default() };
                if !born.belongs_to(names) {
                    return Report::default();
                }
                let services = self.handed.into_iter().map(|(_, service)| service).collect();
                born.serve(inner.model(), &self.limits, services, self.metrics.counters())
            }
        }
    }

    fn run_here(self, shutdown: &Shutdown) -> Report {
        let metrics = self.metrics.clone();
        let (abandoned_threads, error) = match self.serve(shutdown) {
            Ok(abandoned) => (abandoned, None),
            Err(error) => {
                tracing::error!(%error, "the model cannot be started");
                (0, Some(error))
            }
        };
        let seen = metrics.snapshot();
        Report {
            accepted: seen.accepted,
            admitted: seen.admitted,
            served: seen.served,
            refused: seen.refused,
            panicked: seen.panicked,
            dropped: seen.dropped,
            queued_max: seen.queued_max,
            timed_out: seen.timed_out,
            processes_lost: seen.processes_lost,
            abandoned_threads,
            error,
        }
    }

    fn serve(mut self, shutdown: &Shutdown) -> io::Result<usize> {
        if !self.model.accepts().contains(&self.accept) {
            let (model, accept) = (self.model.name(), self.accept);
            return Err(io::Error::other(format!(
                "`{model}` has no workers that could do `{accept}`"
            )));
        }
        let counters = Arc::clone(self.metrics.counters());
        let bell = Arc::new(Bell::new()?);
        shutdown.ring_when_triggered(&bell);
        let workers = model::worker_count(self.model);
        let admission =
            Admission::new(&self.limits, workers, Arc::clone(&counters), Arc::clone(&bell));
        let doors = self.doors.first().map_or(&[][..], Vec::as_slice);
        let mut workers = model::start(self.model, &self.limits, &counters, doors)?;
        for door in self.doors.iter().take(1).flatten() {
            let address = &door.listener.bound;
            tracing::info!(listener = door.name, %address, model = %self.model, "listening");
        }

        if self.accept == Accept::Handoff {
            let doors = self.doors.remove(0);
            let bell = Arc::clone(&bell);
            Acceptor::new(doors, &mut *workers, Arc::clone(&admission), &counters, bell)
                .run(shutdown);
        } else {
            if let Err(error) = self.accept_at_workers(&mut *workers, &admission, &counters) {
                workers.stop(Duration::from_millis(STOP_GRACE_MS));
                return Err(error);
            }
            shutdown.wait(&bell);
        }

        // The listeners are closed. Now the handlers: first asked, later dropped.
        let deadline = time::now() + Duration::from_millis(self.limits.drain_ms);
        tracing::info!(live = counters.live.load(Ordering::Relaxed), "draining");
        admission.tell_when_one_ends.store(true, Ordering::SeqCst);
        workers.drain();
        wait_until_empty(&counters, &bell, &mut *workers, deadline);
        let abandoned = workers.stop(Duration::from_millis(STOP_GRACE_MS));
        if abandoned > 0 {
            tracing::error!(threads = abandoned, "threads that do not yield were left behind");
        }
        tracing::info!("stopped");
        Ok(abandoned)
    }

    /// Gives each worker its doors.
    fn accept_at_workers(
        &mut self,
        workers: &mut dyn Workers,
        admission: &Arc<Admission>,
        counters: &Arc<Counters>,
    ) -> io::Result<()> {
        let intake = Intake::for_all(admission, counters, workers.blocking());
        let exclusive = self.accept == Accept::Exclusive;
        for (worker, doors) in (0u32..).zip(std::mem::take(&mut self.doors)) {
            for door in doors {
                let intake = intake.at_worker(worker);
                workers.accept_at(worker, AtWorker { door, intake, exclusive })?;
            }
        }
        Ok(())
    }
}

/// Waits for the last handler, whose ticket rings the bell, or for the deadline.
fn wait_until_empty(
    counters: &Counters,
    bell: &Bell,
    workers: &mut dyn Workers,
    deadline: Instant,
) {
    loop {
        let due = workers.tend();
        if counters.live.load(Ordering::SeqCst) == 0 {
            break;
        }

        let now = time::now();
        if now >= deadline {
            break;
        }
        let until = due.map_or(deadline, |due| due.min(deadline));
        let timeout = Timespec::try_from(until.saturating_duration_since(now)).ok();
        let mut fds = vec![PollFd::new(bell, PollFlags::IN)];
        fds.extend(workers.wakes().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        poll(&mut fds, timeout.as_ref()).ok();
        bell.silence();
    }
}
