//! Who should accept: the ways to distribute connections, against each other.
//!
//! `cargo bench -p parlor-engine --bench accept -- [--models epoll:2,tokio:2] [--held 1000]
//! [--seconds S] [--rounds N]`
//!
//! The server is a child process (this binary, called again). First so many connections come one
//! after the other, each echoes once and stays: how evenly do they lie on the workers? Then, with
//! these held, eight threads connect, send 64 bytes, receive them and are closed, again and again:
//! what does a connection cost the server? Ways take turns within a round; medians, with the range
//! over the rounds behind them.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use parlor_engine::{Accept, Address, Conn, Limits, Model, Server, Shutdown, service, time};
use tokio::io::AsyncWriteExt;

const MESSAGE: [u8; 64] = [b'.'; 64];
const CLIENT_THREADS: usize = 8;
const SERVE: &str = "--serve";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, model, accept] = &words[..]
        && first == SERVE
    {
        return serve(model, accept);
    }
    if !words.iter().any(|word| word == "--bench") {
        // `cargo test --all-targets` asks whether it runs, not how fast.
        return;
    }
    let value = |name: &str, default: &str| {
        let at = words.iter().position(|word| word == name);
        at.and_then(|at| words.get(at + 1)).map_or_else(|| default.to_owned(), Clone::clone)
    };
    let held: usize = value("--held", "1000").parse().expect("a number");
    let seconds: f64 = value("--seconds", "2").parse().expect("a number");
    let rounds: usize = value("--rounds", "3").parse().expect("a number");
    println!("{held} connections held, then a storm for {seconds} s, {rounds} rounds");
    println!("| model | accept | connections/s | CPU µs a connection | least and most held |");
    println!("|---|---|---|---|---|");
    for model in value("--models", "epoll:2,tokio:2").split(',') {
        let ways = model.parse::<Model>().expect("a model").accepts();
        let mut runs: HashMap<Accept, Vec<Run>> = HashMap::new();
        for _ in 0..rounds {
            for accept in ways {
                runs.entry(*accept).or_default().push(measure(model, *accept, held, seconds));
            }
        }
        for accept in ways {
            let (rate, rate_low, rate_high) = spread(&runs[accept], |run| run.rate);
            let (cpu, cpu_low, cpu_high) = spread(&runs[accept], |run| run.cpu_us);
            let (least, ..) = spread(&runs[accept], |run| run.least);
            let (most, _, worst) = spread(&runs[accept], |run| run.most);
            println!(
                "| {model} | {accept} | {rate:.0} [{rate_low:.0}..{rate_high:.0}] \
                 | {cpu:.1} [{cpu_low:.1}..{cpu_high:.1}] | {least:.0}, {most:.0} (worst {worst:.0}) |"
            );
        }
    }
}

/// One run of one way.
struct Run {
    rate: f64,
    cpu_us: f64,
    least: f64,
    most: f64,
}

/// Median, least and greatest.
fn spread(runs: &[Run], of: impl Fn(&Run) -> f64) -> (f64, f64, f64) {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn measure(model: &str, accept: Accept, held: usize, seconds: f64) -> Run {
    let mut server = Serving::start(model, accept);
    let clients: Vec<TcpStream> = (0..held).map(|_| echoed(server.held)).collect();

    let (cpu, start) = (server.cpu_seconds(), time::now());
    let (over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..CLIENT_THREADS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let mut client = echoed(server.once);
                    assert_eq!(client.read(&mut [0]).expect("the end"), 0);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let end = start + Duration::from_secs_f64(seconds);
        while time::now() < end {
            thread::park_timeout(end - time::now());
        }
        over.store(true, Ordering::Relaxed);
    });
    let took = (time::now() - start).as_secs_f64();
    let (cpu, done) = (server.cpu_seconds() - cpu, done.into_inner() as f64);
    let shares = server.end();
    drop(clients);
    let workers = model.split_once(':').and_then(|(_, workers)| workers.parse().ok());
    let idle = shares.len() < workers.unwrap_or(shares.len());
    Run {
        rate: done / took,
        cpu_us: cpu * 1e6 / done,
        least: if idle { 0.0 } else { shares.iter().copied().fold(f64::MAX, f64::min) },
        most: shares.iter().copied().fold(0.0, f64::max),
    }
}

fn echoed(to: SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(to).expect("a connection");
    client.write_all(&MESSAGE).expect("a write");
    let mut answer = [0; MESSAGE.len()];
    client.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, MESSAGE);
    client
}

/// A server in a child process, killed when dropped.
struct Serving {
    child: Child,
    output: BufReader<ChildStdout>,
    held: SocketAddr,
    once: SocketAddr,
}

impl Serving {
    fn start(model: &str, accept: Accept) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([SERVE, model, accept.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut address = || {
            let mut line = String::new();
            output.read_line(&mut line).expect("a line");
            line.trim().parse().expect("an address")
        };
        let (held, once) = (address(), address());
        Self { child, output, held, once }
    }

    /// User and system time so far.
    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("the child runs");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Stops it; says how many connections each worker held.
    fn end(&mut self) -> Vec<f64> {
        drop(self.child.stdin.take());
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.split_whitespace().map(|word| word.parse().expect("a number")).collect()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The child: serves until its standard input is closed, then says who held how many.
fn serve(model: &str, accept: &str) {
    let model: Model = model.parse().unwrap_or_else(|error| panic!("{error}"));
    let accept: Accept = accept.parse().unwrap_or_else(|error| panic!("{error}"));
    let limits = Limits { drain_ms: 0, ..Limits::default() };
    let mut server = Server::new(model).limits(limits).accept(accept);
    let anywhere = Address::Tcp(([127, 0, 0, 1], 0).into());
    let shares: Arc<Mutex<HashMap<ThreadId, u64>>> = Arc::default();
    let seen = Arc::clone(&shares);
    let held = service(move |conn| {
        *seen.lock().expect("no panic").entry(thread::current().id()).or_default() += 1;
        echo(conn)
    });
    for (name, service) in [("held", held), ("once", service(echo_once))] {
        println!("{}", server.listen(name, &anywhere, service).expect("a free port"));
    }
    let shutdown = Shutdown::new();
    let request = shutdown.clone();
    thread::spawn(move || {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        request.trigger();
    });
    server.run(shutdown);
    let shares: Vec<_> = shares.lock().expect("no panic").values().map(u64::to_string).collect();
    println!("{}", shares.join(" "));
}

async fn echo(mut conn: Conn) {
    while let Ok(bytes) = conn.recv().await
        && !bytes.is_empty()
        && conn.write_all(&bytes).await.is_ok()
    {}
}

async fn echo_once(mut conn: Conn) {
    if let Ok(bytes) = conn.recv().await {
        conn.write_all(&bytes).await.ok();
    }
}
