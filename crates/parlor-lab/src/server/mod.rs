//! The server's side of a measurement: a process of its own that serves one subject.
//!
//! Its command line tells it what to serve (a worker process of `prefork` is this program once more,
//! by the same command line); it says where, and then answers each line with what it has used so
//! far. It ends when its standard input does, which is also how a killed lab takes its servers along.

mod handler;
mod floor;
mod ring;
mod relay;
mod room;
mod peer;

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use parlor_engine::{Address, Limits, Metrics, Model, Server, Shutdown, is_worker, time};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::child::say;
use crate::limits::{CONNECTIONS_MAX, START_PATIENCE};
use crate::load::crowd::cpu_ns;
use crate::order::{Serve, Serving, Task, Usage};
use crate::subject::{Floor, Subject};

/// Serves what the order says until standard input ends.
///
/// # Errors
///
/// When standard input or output is broken.
pub fn server_main(order: &str) -> std::io::Result<()> {
    let questions = questions();
    let started = serde_json::from_str(order)
        .map_err(|error| error.to_string())
        .and_then(|serve| start(serve, &questions));
    let mut server = match started {
        Ok((server, serving)) => {
            say(&Ok(serving))?;
            server
        }
        Err(why) => return say::<Serving>(&Err(why)),
    };
    // It ends when the lab does, or no longer wants it.
    while questions.recv().is_ok() {
        say(&server.usage())?;
    }
    Ok(())
}

/// Standard input line by line, from a thread of its own, so that its end is seen at any time.
fn questions() -> Receiver<String> {
    let (sender, questions) = channel();
    if is_worker() {
        // Nobody asks a worker anything, and its standard input is its parent's way to it.
        return questions;
    }
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    questions
}

/// What is being served.
enum Running {
    Model(Metrics),
    Floor,
    Peer(peer::Peer),
}

fn start(serve: Serve, questions: &Receiver<String>) -> Result<(Running, Serving), String> {
    if let Some(processor) = serve.processor {
        pin(processor);
    }
    let serving = |address: SocketAddr| Serving { address };
    match serve.subject.parse()? {
        Subject::Model(model) => {
            let (metrics, address) = engine(model, serve.task, serve.backlog)?;
            Ok((Running::Model(metrics), serving(address)))
        }
        Subject::Floor(Floor::Epoll) => {
            let address = floor::start(serve.task, serve.backlog).map_err(|e| e.to_string())?;
            Ok((Running::Floor, serving(address)))
        }
        Subject::Floor(Floor::IoUring) => {
            let address = ring::start(serve.backlog).map_err(|error| error.to_string())?;
            Ok((Running::Floor, serving(address)))
        }
        Subject::Floor(Floor::Relay) => {
            let address = relay::start(serve.backlog).map_err(|error| error.to_string())?;
            Ok((Running::Floor, serving(address)))
        }
        Subject::Peer { command, .. } => {
            let (peer, address) = peer::start(&command, questions)?;
            Ok((Running::Peer(peer), serving(address)))
        }
    }
}

/// How long something that can't be started may take to say so.
const START_GRACE: Duration = Duration::from_millis(20);

/// Starts the engine on a thread of its own; it ends with the process.
fn engine(model: Model, task: Task, backlog: u32) -> Result<(Metrics, SocketAddr), String> {
    let limits = Limits {
        backlog,
        drain_ms: 0,
        // Clients of a pool wait for as long as the lab does: what becomes of them is measured.
        queue_max: CONNECTIONS_MAX,
        queue_wait_ms: u64::from(u32::MAX),
        ..Limits::default()
    };
    let mut server = Server::new(model).limits(limits);
    let anywhere = Address::Tcp(([127, 0, 0, 1], 0).into());
    let bound = server.listen("lab", &anywhere, handler::of(task)).map_err(|e| e.to_string())?;
    let Address::Tcp(address) = bound else { return Err("not a TCP address".to_owned()) };
    if is_worker() {
        // Serves what the parent hands over, for as long as that lives.
        server.run(Shutdown::new());
        return Err("the parent has ended".to_owned());
    }
    if server.model() != model {
        return Err(format!("this machine can't run it; it would be `{}`", server.model()));
    }
    let metrics = server.metrics();
    let (failed, failure) = channel();
    std::thread::Builder::new()
        .name("accept".to_owned())
        .spawn(move || {
            if let Some(error) = server.run(Shutdown::new()).error {
                failed.send(error.to_string()).ok();
            }
        })
        .map_err(|error| error.to_string())?;
    // A model that can't be started says so at once; one that runs never says anything.
    match failure.recv_timeout(START_GRACE) {
        Ok(error) => Err(format!("this machine can't run it: {error}")),
        Err(_) => {
            wait_for_workers(model, &metrics);
            Ok((metrics, address))
        }
    }
}

/// Waits until the processes of `prefork` can be given connections: starting them is not measured.
fn wait_for_workers(model: Model, metrics: &Metrics) {
    if model.name() != "prefork" {
        return;
    }
    let text = model.to_string();
    let digits = text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty());
    let wanted = digits.and_then(|digits| digits.parse().ok()).unwrap_or(1);
    let deadline = time::now() + START_PATIENCE;
    while metrics.snapshot().processes < wanted && time::now() < deadline {
        #[expect(clippy::disallowed_methods, reason = "nobody announces that a worker is ready")]
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Running {
    fn usage(&mut self) -> Result<Usage, String> {
        let cpu_ns = cpu_ns();
        match self {
            Self::Model(metrics) => {
                let seen = metrics.snapshot();
                Ok(Usage { cpu_ns, calls: Some(seen.calls) })
            }
            Self::Floor => Ok(Usage { cpu_ns, calls: None }),
            Self::Peer(peer) => {
                peer.look()?;
                Ok(Usage { cpu_ns, calls: None })
            }
        }
    }
}

/// Uses one processor only. What can't be pinned runs where the kernel likes, which the report
/// says by the number of processors.
pub(crate) fn pin(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).ok();
}
