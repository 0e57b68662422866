//! Echo, model by model, against a bare epoll loop.
//!
//! `cargo bench -p parlor-engine --bench echo -- [--connections 1,100,1000] [--models epoll:1,…]
//! [--seconds S] [--rounds N]`
//!
//! Each model is a server in a child process (this binary, called again), pinned to CPU 0; the
//! load comes from one thread of the parent with an epoll loop of its own, pinned to CPU 1. Closed
//! loop: every connection has one message of 64 bytes outstanding. Models take turns within a
//! round, so that a disturbance of the machine does not hit one of them only; the table gives
//! medians, with the range over the rounds behind them. Every answer is compared with what was
//! sent. `floor` is what no handler, timer or model can beat: a loop that does nothing but the
//! system calls, into one buffer.
//!
//! The headline is CPU time a message, which says how much is left for the application; the rate
//! is limited by the client as soon as the server is faster than that. RSS is what the process
//! grew by from the first to the last connection, after each has echoed once.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use parlor_engine::{Address, Conn, Limits, Model, Server, Shutdown, service, time};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags};
use rustix::thread::{CpuSet, sched_setaffinity};

const MESSAGE_BYTES: usize = 64;
const SERVE: &str = "--serve";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, model] = &words[..]
        && first == SERVE
    {
        return serve(model);
    }
    let plan = Plan::parse(&words);
    if !words.iter().any(|word| word == "--bench") {
        // `cargo test --all-targets` asks whether it runs, not how fast.
        return;
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if processors > 1 {
        pin(1);
    }
    println!(
        "echo, {MESSAGE_BYTES} B, closed loop, {} s a run, {} rounds, {processors} CPUs, {}",
        plan.seconds,
        plan.rounds,
        std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim()
    );
    for connections in &plan.connections {
        measure(&plan, *connections);
    }
}

struct Plan {
    connections: Vec<usize>,
    models: Vec<String>,
    seconds: f64,
    rounds: usize,
}

impl Plan {
    fn parse(words: &[String]) -> Self {
        let value = |name: &str, default: &str| {
            let at = words.iter().position(|word| word == name);
            at.and_then(|at| words.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
        };
        let models = value("--models", "floor,epoll:1,tokio:1,threads");
        let connections = value("--connections", "1,100,1000");
        let number = "a number";
        Self {
            connections: connections.split(',').map(|word| word.parse().expect(number)).collect(),
            models: models.split(',').map(str::to_owned).collect(),
            seconds: value("--seconds", "2").parse().expect(number),
            rounds: value("--rounds", "3").parse().expect(number),
        }
    }
}

/// One run of one model.
#[derive(Clone, Copy)]
struct Run {
    messages_per_second: f64,
    cpu_us_per_message: f64,
    rss_kib_per_connection: f64,
    client_busy: f64,
}

fn measure(plan: &Plan, connections: usize) {
    let mut runs: HashMap<&str, Vec<Run>> = HashMap::new();
    for _ in 0..plan.rounds {
        for model in &plan.models {
            match run(model, connections, plan.seconds) {
                Ok(run) => runs.entry(model).or_default().push(run),
                Err(error) => println!("{model} with {connections}: {error}"),
            }
        }
    }
    println!(
        "\n| {connections} connections | messages/s | CPU µs a message | × floor | RSS KiB a connection | client busy |"
    );
    println!("|---|---|---|---|---|---|");
    let floor = runs.get("floor").map(|runs| spread(runs, |run| run.cpu_us_per_message).0);
    for model in &plan.models {
        let Some(runs) = runs.get(model.as_str()) else { continue };
        let (rate, rate_low, rate_high) = spread(runs, |run| run.messages_per_second);
        let (cpu, cpu_low, cpu_high) = spread(runs, |run| run.cpu_us_per_message);
        let (rss, ..) = spread(runs, |run| run.rss_kib_per_connection);
        let (busy, ..) = spread(runs, |run| run.client_busy);
        let ratio = floor.map_or(String::new(), |floor| format!("{:.2}", cpu / floor));
        println!(
            "| {model} | {rate:.0} [{rate_low:.0}..{rate_high:.0}] \
             | {cpu:.2} [{cpu_low:.2}..{cpu_high:.2}] | {ratio} | {rss:.2} | {busy:.2} |"
        );
    }
}

/// Median, least and greatest.
fn spread(runs: &[Run], of: impl Fn(&Run) -> f64) -> (f64, f64, f64) {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn run(model: &str, connections: usize, seconds: f64) -> Result<Run, String> {
    let server = Serving::start(model)?;
    let resident = server.rss_kib();
    let mut load = Load::connect(server.address, connections)?;
    // Once through before anything is counted, so that all memory that will be used is used.
    load.drive(Duration::from_millis(200))?;
    let grown = server.rss_kib() - resident;

    let (cpu, own_cpu, start) = (server.cpu_seconds(), cpu_seconds("self"), time::now());
    let messages = load.drive(Duration::from_secs_f64(seconds))?;
    let took = (time::now() - start).as_secs_f64();
    let cpu = server.cpu_seconds() - cpu;
    Ok(Run {
        messages_per_second: messages as f64 / took,
        cpu_us_per_message: cpu * 1e6 / messages as f64,
        rss_kib_per_connection: grown / connections as f64,
        client_busy: (cpu_seconds("self") - own_cpu) / took,
    })
}

/// A server in a child process, killed when dropped.
struct Serving {
    child: Child,
    /// The child ends when this is closed.
    _input: ChildStdin,
    address: SocketAddr,
}

impl Serving {
    fn start(model: &str) -> Result<Self, String> {
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(this)
            .args([SERVE, model])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let input = child.stdin.take().ok_or("no stdin")?;
        let mut line = String::new();
        let output = child.stdout.take().ok_or("no stdout")?;
        BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        let address = line.trim().parse().map_err(|error| format!("{line:?}: {error}"))?;
        Ok(Self { child, _input: input, address })
    }

    fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&self.child.id().to_string())
    }

    /// Resident memory of the process, to the page.
    fn rss_kib(&self) -> f64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Rss:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// User and system time of a process with all its threads, to the nanosecond where the kernel
/// keeps it per thread, since a tick of /proc/PID/stat is 10 ms.
fn cpu_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold spaces; the fields after it do not.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|word| word.parse().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Many connections, driven by one thread.
struct Load {
    epoll: OwnedFd,
    streams: Vec<Exchange>,
    events: Vec<epoll::Event>,
}

struct Exchange {
    stream: TcpStream,
    message: [u8; MESSAGE_BYTES],
    received: usize,
}

impl Load {
    fn connect(to: SocketAddr, count: usize) -> Result<Self, String> {
        let text = |error: &dyn std::error::Error| error.to_string();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|error| text(&error))?;
        let mut streams = Vec::with_capacity(count);
        for number in 0..count {
            let mut stream = TcpStream::connect(to).map_err(|error| text(&error))?;
            stream.set_nodelay(true).map_err(|error| text(&error))?;
            let mut message = [b'.'; MESSAGE_BYTES];
            message[..8].copy_from_slice(&(number as u64).to_le_bytes());
            // The first message is answered before the next client comes.
            stream.write_all(&message).map_err(|error| text(&error))?;
            stream.read_exact(&mut [0; MESSAGE_BYTES]).map_err(|error| text(&error))?;
            stream.set_nonblocking(true).map_err(|error| text(&error))?;
            let data = epoll::EventData::new_u64(number as u64);
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&epoll, &stream, data, flags).map_err(|error| text(&error))?;
            streams.push(Exchange { stream, message, received: 0 });
        }
        Ok(Self { epoll, streams, events: Vec::with_capacity(1024) })
    }

    /// Keeps one message outstanding on each connection; returns how many were answered.
    fn drive(&mut self, duration: Duration) -> Result<u64, String> {
        let end = time::now() + duration;
        for exchange in &mut self.streams {
            exchange.send()?;
        }
        let (mut answered, mut outstanding) = (0, self.streams.len());
        let mut over = false;
        while outstanding > 0 {
            self.events.clear();
            let patience = rustix::event::Timespec { tv_sec: 10, tv_nsec: 0 };
            match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&patience)) {
                Ok(_) if self.events.is_empty() => return Err("no answer for 10 s".into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.to_string()),
            }
            over = over || time::now() >= end;
            for event in &self.events {
                let number =
                    usize::try_from(event.data.u64()).map_err(|error| error.to_string())?;
                if self.streams[number].receive()? {
                    answered += 1;
                    if over {
                        outstanding -= 1;
                    } else {
                        self.streams[number].send()?;
                    }
                }
            }
        }
        Ok(answered)
    }
}

impl Exchange {
    fn send(&mut self) -> Result<(), String> {
        self.received = 0;
        // 64 bytes always fit: the last message was answered.
        match (&self.stream).write(&self.message) {
            Ok(MESSAGE_BYTES) => Ok(()),
            other => Err(format!("send: {other:?}")),
        }
    }

    /// True when the whole answer is here. It has to be the message.
    fn receive(&mut self) -> Result<bool, String> {
        let mut answer = [0; MESSAGE_BYTES * 2];
        match (&self.stream).read(&mut answer) {
            Ok(0) => Err("the server closed".into()),
            Ok(count) => {
                let so_far = self.received..self.received + count;
                if self.message.get(so_far) != Some(&answer[..count]) {
                    return Err("an answer that is not the message".into());
                }
                self.received += count;
                Ok(self.received == MESSAGE_BYTES)
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn pin(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).ok();
}

/// The child: serves one model until its standard input is closed.
fn serve(model: &str) {
    pin(0);
    if model == "floor" {
        return bare_loop();
    }
    let model: Model = model.parse().unwrap_or_else(|error| panic!("{error}"));
    let mut server = Server::new(model).limits(Limits { drain_ms: 0, ..Limits::default() });
    let anywhere = Address::Tcp(([127, 0, 0, 1], 0).into());
    let address = server.listen("echo", &anywhere, service(echo)).expect("a free port");
    println!("{address}");
    let shutdown = Shutdown::new();
    let request = shutdown.clone();
    std::thread::spawn(move || {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        request.trigger();
    });
    server.run(shutdown);
}

/// The handler that every model is measured with.
async fn echo(mut conn: Conn) {
    use tokio::io::AsyncWriteExt;
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
        && conn.write_all(&bytes).await.is_ok()
    {}
}

/// The floor: epoll, accept, recv and send, edge-triggered, one buffer, nothing else.
fn bare_loop() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    rustix::net::listen(&listener, 4096).expect("a longer backlog");
    socket2::SockRef::from(&listener).set_tcp_nodelay(true).expect("an option of TCP");
    println!("{}", listener.local_addr().expect("a bound port"));
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
    let data = epoll::EventData::new_u64(u64::MAX);
    epoll::add(&poll, &listener, data, epoll::EventFlags::IN).expect("a listener");
    let mut connections: slab::Slab<OwnedFd> = slab::Slab::new();
    let mut events: Vec<epoll::Event> = Vec::with_capacity(512);
    let mut buffer = vec![0u8; 16 * 1024];
    loop {
        events.clear();
        epoll::wait(&poll, spare_capacity(&mut events), None).ok();
        for event in &events {
            let token = event.data.u64();
            if token == u64::MAX {
                let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
                if let Ok(fd) = rustix::net::accept_with(&listener, flags) {
                    let place = connections.vacant_entry();
                    let data = epoll::EventData::new_u64(place.key() as u64);
                    epoll::add(&poll, &fd, data, epoll::EventFlags::IN | epoll::EventFlags::ET)
                        .ok();
                    place.insert(fd);
                }
                continue;
            }
            let key = usize::try_from(token).expect("an index");
            let Some(fd) = connections.get(key) else { continue };
            match rustix::net::recv(fd.as_fd(), &mut buffer[..], RecvFlags::empty()) {
                Ok((0, _)) => drop(connections.remove(key)),
                Ok((count, _)) => {
                    rustix::net::send(fd, &buffer[..count], SendFlags::NOSIGNAL).ok();
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => drop(connections.remove(key)),
            }
        }
    }
}
