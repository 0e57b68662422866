//! A server that runs beside the test and ends with it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parlor_engine::{
    Address, Conn, Limits, Metrics, Model, Report, Server, Service, Shutdown, Snapshot, is_worker,
};

use crate::child;

/// The rows of the matrix that serve in this process.
pub(crate) const MODELS: [&str; 12] = [
    "blocking",
    "threads",
    "pool:3",
    "select",
    "select:big",
    "poll",
    "epoll:1",
    "epoll:2",
    "io_uring:1",
    "io_uring:2",
    "tokio:1",
    "tokio:2",
];

/// The rows that serve in processes of their own. A test that has one of them runs as a child (see
/// `child`), because a worker comes about by starting the same command once more.
pub(crate) const PROCESSES: [&str; 4] =
    ["prefork:2", "prefork:1/threads", "prefork:2/tokio:1", "prefork:1/io_uring:1"];

/// The rows that can serve so many connections at once. The model says what it cannot, no test.
pub(crate) fn models_for(connections: usize) -> impl Iterator<Item = &'static str> {
    let able = move |word: &&str| {
        let most = word.parse::<Model>().unwrap().capabilities().max_connections;
        most.is_none_or(|most| connections <= most)
    };
    MODELS.into_iter().filter(able)
}

/// Runs a test on every row that can serve so many connections at once, on those of [`PROCESSES`] as
/// a child. The body has servers with one kind of handler, which does not talk to it by memory.
pub(crate) fn on_every(test: &str, connections: usize, body: fn(&str)) {
    if let Some(model) = child::model() {
        return body(&model);
    }
    models_for(connections).for_each(body);
    for model in PROCESSES {
        child::run(test, model);
    }
}

/// Nothing in these tests takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn anywhere() -> Address {
    Address::Tcp(([127, 0, 0, 1], 0).into())
}

/// A server on a thread of its own. Dropping it stops it.
pub(crate) struct Running {
    pub(crate) address: Address,
    pub(crate) metrics: Metrics,
    shutdown: Shutdown,
    thread: Option<JoinHandle<Report>>,
}

impl Running {
    pub(crate) fn start(model: &str, limits: Limits, service: Service) -> Self {
        Self::start_at(model, limits, &anywhere(), service)
    }

    pub(crate) fn start_at(
        model: &str,
        limits: Limits,
        address: &Address,
        service: Service,
    ) -> Self {
        let server = Server::new(model.parse::<Model>().unwrap()).limits(limits);
        Self::run(server, address, service)
    }

    /// Runs a server that has been told all but where to listen.
    pub(crate) fn run(mut server: Server, address: &Address, service: Service) -> Self {
        let address = server.listen("test", address, service).unwrap();
        if is_worker() {
            // What the test does with its server is not for a worker.
            server.run(Shutdown::new());
            unreachable!("there is one server in a test that runs as a child");
        }
        let metrics = server.metrics();
        let shutdown = Shutdown::new();
        let request = shutdown.clone();
        let thread = std::thread::spawn(move || server.run(request));
        Self { address, metrics, shutdown, thread: Some(thread) }
    }

    pub(crate) fn port(&self) -> SocketAddr {
        match &self.address {
            Address::Tcp(address) => *address,
            Address::Unix(path) => panic!("{} has no port", path.display()),
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        patient(TcpStream::connect(self.port()).unwrap())
    }

    pub(crate) fn connect_unix(path: &Path) -> UnixStream {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Waits until the counters are as wanted.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut snapshot = self.metrics.snapshot();
        wait_until(what, || {
            snapshot = self.metrics.snapshot();
            wanted(&snapshot)
        });
        snapshot
    }

    pub(crate) fn ask_to_stop(&self) {
        self.shutdown.trigger();
    }

    pub(crate) fn stop(mut self) -> Report {
        self.shutdown.trigger();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.trigger();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// A client that fails rather than hangs.
pub(crate) fn patient(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes and reads as many back.
pub(crate) fn echoed(mut stream: impl Read + Write, bytes: &[u8]) -> Vec<u8> {
    stream.write_all(bytes).unwrap();
    let mut answer = vec![0; bytes.len()];
    stream.read_exact(&mut answer).unwrap();
    answer
}

/// Looks again and again until it is so: for what other threads do without telling us.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = parlor_engine::time::now() + PATIENCE;
    while !so() {
        assert!(parlor_engine::time::now() < deadline, "{what}: waited too long");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

pub(crate) fn since(start: Instant) -> Duration {
    parlor_engine::time::now() - start
}

/// The handler of the lecture.
pub(crate) async fn echo(mut conn: Conn) {
    loop {
        match conn.recv().await {
            Ok(bytes) if !bytes.is_empty() => conn.push(bytes.to_vec().into()),
            _ => return,
        }
        if conn.drain().await.is_err() {
            return;
        }
    }
}
