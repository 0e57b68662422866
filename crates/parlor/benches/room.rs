//! What one room costs: thousands of IRC clients join it, talk in it, and what they say is durable.
//!
//! `cargo bench -p parlor --bench room -- [--clients 1000,10000] [--model epoll] [--rounds 3]`
//!
//! The server is the release binary in the lab profile, in a process of its own; all clients live in
//! this process on one thread, in one epoll loop, so that its cost stays small and known (it is
//! printed). Scenarios: `join` (all enter one room), `last` (one message in flight: time until the
//! last client has it), `flow` (16 in flight: deliveries a second), `posts` (1, 16 and 64 senders
//! that each wait for the durable echo). Every delivery is counted at every client; a lost one ends
//! the run. It talks to loopback only and stops by itself.

#![expect(clippy::print_stdout, reason = "the table is the benchmark's output")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails should fail loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::epoll;
use tempfile::TempDir;

/// Bytes of every message's body.
const BODY_BYTES: usize = 100;
/// Clients that may be registering at the same time.
const REGISTERING_MAX: usize = 256;
/// Messages of one `last` run.
const LAST_MESSAGES: usize = 30;
/// Deliveries that one `flow` run makes in all, shared among the clients.
const FLOW_DELIVERIES: usize = 3_000_000;
/// How long one `posts` run lasts.
const POSTS_TIME: Duration = Duration::from_secs(3);
/// A run that hangs is given up after this.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let options = Options::from_arguments();
    raise_descriptor_limit();
    println!("model {}, {} rounds, median [min..max]", options.model, options.rounds);
    for &clients in &options.clients {
        let rounds: Vec<RoomFigures> =
            (0..options.rounds).map(|_| room(&options.model, clients)).collect();
        print_room(clients, &rounds);
    }
    for senders in [1, 16, 64] {
        let rounds: Vec<PostFigures> =
            (0..options.rounds).map(|_| posts(&options.model, senders)).collect();
        print_posts(senders, &rounds);
    }
}

struct Options {
    clients: Vec<usize>,
    model: String,
    rounds: usize,
}

impl Options {
    fn from_arguments() -> Self {
        let mut options = Self { clients: vec![1_000, 10_000], model: "epoll".into(), rounds: 3 };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--bench" => {}
                "--clients" => {
                    let list = arguments.next().unwrap();
                    options.clients = list.split(',').map(|n| n.parse().unwrap()).collect();
                }
                "--model" => options.model = arguments.next().unwrap(),
                "--rounds" => options.rounds = arguments.next().unwrap().parse().unwrap(),
                other => panic!("unknown option {other}"),
            }
        }
        options
    }
}

/// The server under test; killed when dropped.
struct Server {
    child: Child,
    irc: SocketAddr,
    _data: TempDir,
}

impl Server {
    fn start(model: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .args(["serve", "--profile", "lab", "--http", "off", "--irc", "127.0.0.1:0"])
            .args(["--model", model, "--data", data.path().to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.find(|line| line.as_ref().unwrap().starts_with("ready ")).unwrap();
        let ready = ready.unwrap();
        let irc = ready.split_whitespace().find_map(|word| word.strip_prefix("irc=")).unwrap();
        Self { irc: irc.parse().unwrap(), child, _data: data }
    }

    /// Seconds of CPU this process has used, user and system.
    fn cpu_s(&self) -> f64 {
        cpu_s(&self.child.id().to_string())
    }

    /// Resident memory in KiB.
    fn resident_kib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn cpu_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / f64::from(u32::try_from(rustix::param::clock_ticks_per_second()).unwrap())
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// All clients and the loop that reads them.
struct Crowd {
    epoll: rustix::fd::OwnedFd,
    clients: Vec<Client>,
    buffer: Vec<u8>,
    bytes_read: u64,
}

/// One client: only what is counted, and the beginning of a line that has not ended yet.
struct Client {
    stream: TcpStream,
    partial: Vec<u8>,
    joined: bool,
    messages: usize,
}

/// What a line means to this benchmark.
enum Seen {
    EndOfNames,
    Message(usize),
}

impl Crowd {
    fn new() -> Self {
        Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).unwrap(),
            clients: Vec::new(),
            buffer: vec![0; 256 * 1024],
            bytes_read: 0,
        }
    }

    fn connect(&mut self, server: SocketAddr, greeting: &str) {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        (&stream).write_all(greeting.as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        let index = self.clients.len() as u64;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(index), epoll::EventFlags::IN)
            .unwrap();
        self.clients.push(Client { stream, partial: Vec::new(), joined: false, messages: 0 });
    }

    /// Waits for readable clients and calls `seen` for every line that counts.
    fn turn(&mut self, deadline: Instant, mut seen: impl FnMut(Seen)) {
        assert!(Instant::now() < deadline, "the run hangs");
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 1024];
        let second = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };
        let (ready, _) = epoll::wait(&self.epoll, &mut events, Some(&second)).unwrap();
        for event in ready {
            let index = usize::try_from(event.data.u64()).unwrap();
            let client = &mut self.clients[index];
            match client.stream.read(&mut self.buffer) {
                Ok(0) => panic!("client {index} was disconnected"),
                Ok(count) => {
                    self.bytes_read += count as u64;
                    client.lines(&self.buffer[..count], index, &mut seen);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("client {index}: {error}"),
            }
        }
    }
}

impl Client {
    fn lines(&mut self, bytes: &[u8], index: usize, seen: &mut impl FnMut(Seen)) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            if self.partial.is_empty() {
                let line = &rest[..end];
                Self::line(line, &mut self.joined, &mut self.messages, index, seen);
            } else {
                self.partial.extend_from_slice(&rest[..end]);
                let line = std::mem::take(&mut self.partial);
                Self::line(&line, &mut self.joined, &mut self.messages, index, seen);
            }
            rest = &rest[end + 1..];
        }
        self.partial.extend_from_slice(rest);
    }

    fn line(
        line: &[u8],
        joined: &mut bool,
        messages: &mut usize,
        index: usize,
        seen: &mut impl FnMut(Seen),
    ) {
        let Some(space) = line.iter().position(|&byte| byte == b' ') else { return };
        let command = &line[space + 1..];
        if command.starts_with(b"PRIVMSG ") {
            *messages += 1;
            seen(Seen::Message(index));
        } else if command.starts_with(b"366 ") && !*joined {
            *joined = true;
            seen(Seen::EndOfNames);
        }
    }
}

/// The figures of one run with all clients in one room.
struct RoomFigures {
    join_s: f64,
    join_cpu_s: f64,
    join_mb: f64,
    kib_per_client: f64,
    last_ms: Histogram<u64>,
    last_cpu_s_per_million: f64,
    flow_per_s: f64,
    flow_cpu_s_per_million: f64,
    own_cpu_share: f64,
}

fn room(model: &str, count: usize) -> RoomFigures {
    let server = Server::start(model);
    let empty_kib = server.resident_kib();
    let mut crowd = Crowd::new();
    let (cpu, start) = (server.cpu_s(), Instant::now());
    join(&mut crowd, server.irc, count);
    let join_s = start.elapsed().as_secs_f64();
    let join_cpu_s = server.cpu_s() - cpu;
    let join_mb = crowd.bytes_read as f64 / 1e6;

    let (cpu, mut last_ms) = (server.cpu_s(), Histogram::new(3).unwrap());
    for _ in 0..LAST_MESSAGES {
        let sent = Instant::now();
        flow(&mut crowd, 1, 1);
        last_ms.record(u64::try_from(sent.elapsed().as_micros()).unwrap()).unwrap();
    }
    let millions = (LAST_MESSAGES * (count - 1)) as f64 / 1e6;
    let last_cpu_s_per_million = (server.cpu_s() - cpu) / millions;

    let messages = FLOW_DELIVERIES.div_ceil(count).max(32);
    let (cpu, own, start) = (server.cpu_s(), cpu_s("self"), Instant::now());
    flow(&mut crowd, messages, 16);
    let flow_s = start.elapsed().as_secs_f64();
    let deliveries = (messages * (count - 1)) as f64;
    RoomFigures {
        join_s,
        join_cpu_s,
        join_mb,
        kib_per_client: (server.resident_kib() - empty_kib) / count as f64,
        last_ms,
        last_cpu_s_per_million,
        flow_per_s: deliveries / flow_s,
        flow_cpu_s_per_million: (server.cpu_s() - cpu) / (deliveries / 1e6),
        own_cpu_share: (cpu_s("self") - own) / flow_s,
    }
}

/// Brings everybody into the room, a bounded number at a time.
fn join(crowd: &mut Crowd, server: SocketAddr, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    let mut joined = 0;
    while joined < count {
        while crowd.clients.len() < count && crowd.clients.len() - joined < REGISTERING_MAX {
            let nick = format!("u{:05}", crowd.clients.len());
            crowd.connect(server, &format!("NICK {nick}\r\nUSER u 0 * :u\r\nJOIN #hall\r\n"));
        }
        crowd.turn(deadline, |seen| joined += usize::from(matches!(seen, Seen::EndOfNames)));
    }
}

/// Client 0 says `messages` things, at most `window` of them not yet with everybody.
fn flow(crowd: &mut Crowd, messages: usize, window: usize) {
    let deadline = Instant::now() + PATIENCE;
    let receivers = crowd.clients.len() - 1;
    for client in &mut crowd.clients {
        client.messages = 0;
    }
    let line = format!("PRIVMSG #hall :{}\r\n", "x".repeat(BODY_BYTES));
    let (mut sent, mut complete) = (0, 0);
    // How many receivers have their n-th message.
    let mut received = vec![0usize; messages];
    let mut at = vec![0usize; crowd.clients.len()];
    while complete < messages {
        let more = window.saturating_sub(sent - complete).min(messages - sent);
        if more > 0 {
            let lines = line.repeat(more);
            (&crowd.clients[0].stream).write_all(lines.as_bytes()).unwrap();
            sent += more;
        }
        crowd.turn(deadline, |seen| {
            if let Seen::Message(index) = seen {
                received[at[index]] += 1;
                at[index] += 1;
            }
        });
        while complete < messages && received[complete] == receivers {
            complete += 1;
        }
    }
    assert_eq!(at.iter().sum::<usize>(), messages * receivers, "every message arrives once");
}

/// The figures of one run with senders that wait for their echo.
struct PostFigures {
    per_s: f64,
    cpu_us: f64,
    latency_us: Histogram<u64>,
}

fn posts(model: &str, senders: usize) -> PostFigures {
    let server = Server::start(model);
    let mut crowd = Crowd::new();
    let deadline = Instant::now() + PATIENCE;
    for index in 0..senders {
        let greeting = format!(
            "CAP REQ :echo-message\r\nNICK s{index}\r\nUSER s 0 * :s\r\nCAP END\r\nJOIN #r{index}\r\n"
        );
        crowd.connect(server.irc, &greeting);
    }
    let mut joined = 0;
    while joined < senders {
        crowd.turn(deadline, |seen| joined += usize::from(matches!(seen, Seen::EndOfNames)));
    }
    let lines: Vec<String> =
        (0..senders).map(|i| format!("PRIVMSG #r{i} :{}\r\n", "x".repeat(BODY_BYTES))).collect();
    let (cpu, start) = (server.cpu_s(), Instant::now());
    let mut sent_at = vec![start; senders];
    let mut latency_us = Histogram::new(3).unwrap();
    for (client, line) in crowd.clients.iter().zip(&lines) {
        (&client.stream).write_all(line.as_bytes()).unwrap();
    }
    let (mut echoes, mut ready) = (0u64, Vec::new());
    while start.elapsed() < POSTS_TIME {
        crowd.turn(deadline, |seen| {
            if let Seen::Message(index) = seen {
                ready.push(index);
            }
        });
        for index in ready.drain(..) {
            let now = Instant::now();
            let waited = now.duration_since(sent_at[index]).as_micros();
            latency_us.record(u64::try_from(waited).unwrap()).unwrap();
            echoes += 1;
            sent_at[index] = now;
            (&crowd.clients[index].stream).write_all(lines[index].as_bytes()).unwrap();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    PostFigures {
        per_s: echoes as f64 / seconds,
        cpu_us: (server.cpu_s() - cpu) * 1e6 / echoes as f64,
        latency_us,
    }
}

/// `median [min..max]` of one figure over the rounds.
fn spread<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> String {
    let mut all: Vec<f64> = rounds.iter().map(figure).collect();
    all.sort_by(f64::total_cmp);
    format!("{:.1} [{:.1}..{:.1}]", all[all.len() / 2], all[0], all[all.len() - 1])
}

fn print_room(clients: usize, rounds: &[RoomFigures]) {
    println!("\n{clients} clients in one room");
    println!("  join: s                         {}", spread(rounds, |r| r.join_s));
    println!("  join: server CPU s              {}", spread(rounds, |r| r.join_cpu_s));
    println!("  join: MB of lines               {}", spread(rounds, |r| r.join_mb));
    println!("  memory: KiB a client            {}", spread(rounds, |r| r.kib_per_client));
    let at = |q: f64| move |r: &RoomFigures| r.last_ms.value_at_quantile(q) as f64 / 1e3;
    println!("  last: p50 ms                    {}", spread(rounds, at(0.5)));
    println!("  last: p99 ms                    {}", spread(rounds, at(0.99)));
    println!("  last: CPU s a million           {}", spread(rounds, |r| r.last_cpu_s_per_million));
    println!("  flow: thousand deliveries a s   {}", spread(rounds, |r| r.flow_per_s / 1e3));
    println!("  flow: CPU s a million           {}", spread(rounds, |r| r.flow_cpu_s_per_million));
    println!("  flow: CPU share of the clients  {}", spread(rounds, |r| r.own_cpu_share));
}

fn print_posts(senders: usize, rounds: &[PostFigures]) {
    println!("\n{senders} senders, each waits for its durable echo");
    println!("  messages a second               {}", spread(rounds, |r| r.per_s));
    println!("  server CPU µs a message         {}", spread(rounds, |r| r.cpu_us));
    let at = |q: f64| move |r: &PostFigures| r.latency_us.value_at_quantile(q) as f64 / 1e3;
    println!("  p50 ms                          {}", spread(rounds, at(0.5)));
    println!("  p99 ms                          {}", spread(rounds, at(0.99)));
}
