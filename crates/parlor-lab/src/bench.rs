//! One server, its generators, and what both have used between two moments.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use parlor_engine::Shutdown;

use crate::child::{Child, Launcher};
use crate::limits::{
    ANSWER_PATIENCE, CONNECTIONS_PER_GENERATOR, JOIN_PATIENCE, OPEN_PATIENCE, OPENING_AT_ONCE,
    START_PATIENCE, WALL_PART,
};
use crate::order::{Flat, Open, Order, Pace, Serve, Serving, Tally, Task, Usage, Wall};
use crate::plan::Times;
use crate::process::{self, Kernel, Switches};
use crate::record::{
    BUSY, CALLS, CPU, FAILED, LATENESS, P50, P99, P999, PREEMPTIONS, RATE, Sample, WAITS,
};
use crate::statistics::{Generator, Verdict, judge};
use crate::subject::Subject;
use crate::wall;

/// Backlog of every listener that is not about backlogs.
pub(crate) const BACKLOG: u32 = 4096;

/// What a scenario measures with.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    pub(crate) launcher: Launcher,
    /// Processors of server and generator, where there are two.
    pub(crate) processors: Option<(usize, usize)>,
    pub(crate) times: Times,
    pub(crate) stop: Shutdown,
}

impl Bench {
    /// Starts a server child.
    pub(crate) fn server(
        &self,
        subject: &Subject,
        task: Task,
        backlog: u32,
    ) -> Result<Server, String> {
        let processor = self.processors.map(|(server, _)| server);
        let serve = Serve { subject: subject.wire(), task, backlog, processor };
        let order = serde_json::to_string(&serve).map_err(|error| error.to_string())?;
        let mut arguments = self.launcher.server.clone();
        arguments.push(format!("--order={order}"));
        let mut child = Child::start(&self.launcher, &arguments, &self.stop)?;
        let serving: Serving = child.answer(START_PATIENCE + ANSWER_PATIENCE)?;
        let peer = matches!(subject, Subject::Peer { .. });
        Ok(Server { child, address: serving.address, peer })
    }

    /// Starts as many generator children as so many connections need.
    pub(crate) fn load(&self, connections: usize) -> Result<Load, String> {
        let count = connections.div_ceil(CONNECTIONS_PER_GENERATOR).max(1);
        let mut arguments = self.launcher.load.clone();
        if let Some((_, processor)) = self.processors {
            arguments.push(format!("--processor={processor}"));
        }
        let start = |_| Child::start(&self.launcher, &arguments, &self.stop);
        let generators = (0..count).map(start).collect::<Result<_, _>>()?;
        Ok(Load { generators, times: self.times, held: 0 })
    }
}

/// A running server child.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    peer: bool,
}

/// What the processes of a server have used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) cpu_s: f64,
    pub(crate) calls: Option<u64>,
    pub(crate) switches: Switches,
}

/// What connections cost in memory, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) user: f64,
    pub(crate) kernel: Kernel,
}

impl Server {
    /// The processes under measurement: for a peer, not the one that watches it.
    fn processes(&self) -> Vec<u32> {
        let mut all = process::tree(self.child.id());
        if self.peer {
            all.remove(0);
        }
        all
    }

    /// Asks what it has used. An error says that it has ended.
    pub(crate) fn used(&mut self) -> Result<Used, String> {
        let mut told: Vec<u64> = Vec::new();
        self.child.tell(&())?;
        let usage: Usage = self.child.answer(ANSWER_PATIENCE)?;
        if !self.peer {
            told.push(usage.cpu_ns);
        }
        let own = self.child.id();
        let all = self.processes();
        let others = all.iter().filter(|id| **id != own).map(|id| process::cpu_ns(*id));
        let cpu_ns: u64 = told.into_iter().chain(others).sum();
        let switches = all.iter().map(|id| process::switches(*id));
        let switches = switches.fold(Switches::default(), Switches::and);
        Ok(Used { cpu_s: cpu_ns as f64 / 1e9, calls: usage.calls, switches })
    }

    /// Memory of its processes and of the kernel, at rest.
    pub(crate) fn memory(&self) -> Memory {
        let kernel = process::kernel_at_rest();
        Memory { user: process::pss_kib(&self.processes()), kernel }
    }
}

impl Memory {
    /// What has come on top since then.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            user: self.user - before.user,
            kernel: Kernel {
                stacks: self.kernel.stacks - before.kernel.stacks,
                objects: self.kernel.objects - before.kernel.objects,
                sockets: self.kernel.sockets - before.kernel.sockets,
            },
        }
    }
}

/// The generators, each with its share of the connections.
pub(crate) struct Load {
    generators: Vec<Child>,
    times: Times,
    /// Connections that were opened and served.
    held: usize,
}

impl Load {
    /// Gives each generator its order and adds up what they counted.
    pub(crate) fn perform(
        &mut self,
        work: Duration,
        order: impl Fn(usize, usize) -> Order,
    ) -> Result<Tally, String> {
        let count = self.generators.len();
        let trouble = |error: String| format!("the generator: {error}");
        for (at, generator) in self.generators.iter_mut().enumerate() {
            generator.tell(&order(at, count)).map_err(trouble)?;
        }
        let mut sum = Tally::default();
        for generator in &mut self.generators {
            let tally: Tally = generator.answer(work + ANSWER_PATIENCE).map_err(trouble)?;
            sum.merge(&tally);
        }
        Ok(sum)
    }

    /// Opens connections to a subject's server at a moderate pace, each with a first message.
    pub(crate) fn open(
        &mut self,
        server: &Server,
        subject: &Subject,
        count: usize,
    ) -> Result<Tally, String> {
        self.open_at_once(server, subject, count, OPENING_AT_ONCE)
    }

    /// Opens connections, so many at once, each with a first message.
    pub(crate) fn open_at_once(
        &mut self,
        server: &Server,
        subject: &Subject,
        count: usize,
        at_once: usize,
    ) -> Result<Tally, String> {
        let opening = Opening {
            at_once,
            patience_ms: milliseconds(OPEN_PATIENCE),
            room: wall::room(subject),
            greet: true,
        };
        self.connect(server.address, count, opening)
    }

    /// Opens connections that say nothing yet.
    pub(crate) fn join(&mut self, to: SocketAddr, count: usize) -> Result<Tally, String> {
        let patience_ms = milliseconds(JOIN_PATIENCE);
        let opening = Opening { at_once: OPENING_AT_ONCE, patience_ms, room: None, greet: false };
        self.connect(to, count, opening)
    }

    fn connect(&mut self, to: SocketAddr, count: usize, opening: Opening) -> Result<Tally, String> {
        let Opening { at_once, patience_ms, room, greet } = opening;
        let times = self.times;
        let several = self.generators.len() > 1;
        // Whoever has no seat waits for ever; nobody has to wait for that to be seen.
        let room = room.filter(|room| *room < self.held + count);
        let tally = self.perform(Duration::from_secs(120), |at, of| {
            // One address has some 28,000 ports for one server.
            let last = u8::try_from(at + 2).unwrap_or(u8::MAX);
            let source = several.then_some(Ipv4Addr::new(127, 0, 0, last));
            let count = share(count, at, of);
            let wall = room.map(|room| Wall {
                at: share(room - room / WALL_PART, at, of),
                patience_ms: times.wall_ms,
            });
            let at_most_ms = times.open_ms;
            Order::Open(Open { to, count, source, at_once, patience_ms, wall, at_most_ms, greet })
        })?;
        self.held += usize::try_from(tally.answered).unwrap_or(0);
        Ok(tally)
    }

    /// Lets the connections send by this plan before anything is counted.
    pub(crate) fn warm_up(&mut self, order: &Pace) -> Result<(), String> {
        let duration_ms = self.times.warm_ms;
        self.pace(&Pace { duration_ms, ..order.clone() }).map(drop)
    }

    /// Lets the connections send by this plan.
    pub(crate) fn pace(&mut self, order: &Pace) -> Result<Tally, String> {
        let work = Duration::from_millis(order.duration_ms + order.by_design_ms);
        self.perform(work, |at, of| {
            let active = share(order.active, at, of);
            let rate = order.rate * active as f64 / order.active.max(1) as f64;
            Order::Pace(Pace { rate, active, ..order.clone() })
        })
    }

    /// Lets the connections send as fast as answers come.
    pub(crate) fn flat(&mut self, order: &Flat) -> Result<Tally, String> {
        self.perform(Duration::from_millis(order.duration_ms), |at, of| {
            Order::Flat(Flat { active: share(order.active, at, of), ..order.clone() })
        })
    }
}

/// How connections are opened.
struct Opening {
    at_once: usize,
    patience_ms: u64,
    /// How many the server has room for by its own account.
    room: Option<usize>,
    greet: bool,
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A generator's part of a whole number.
pub(crate) fn share(whole: usize, at: usize, of: usize) -> usize {
    whole / of + usize::from(at < whole % of)
}

/// An open loop at a fixed rate, measured on both sides.
pub(crate) fn pace(server: &mut Server, load: &mut Load, order: &Pace) -> Result<Measured, String> {
    let before = server.used()?;
    let tally = load.pace(order)?;
    Ok(Measured::between(before, server.used()?, tally))
}

/// A closed loop, measured on both sides.
pub(crate) fn flat(server: &mut Server, load: &mut Load, order: &Flat) -> Result<Measured, String> {
    let before = server.used()?;
    let tally = load.flat(order)?;
    Ok(Measured::between(before, server.used()?, tally))
}

/// What both sides counted between two moments.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) tally: Tally,
    pub(crate) cpu_s: f64,
    pub(crate) calls: Option<f64>,
    pub(crate) switches: Switches,
}

impl Measured {
    /// What was used between the two, and what came of it.
    pub(crate) fn between(before: Used, after: Used, tally: Tally) -> Self {
        let calls = after.calls.zip(before.calls);
        Self {
            tally,
            cpu_s: after.cpu_s - before.cpu_s,
            calls: calls.map(|(after, before)| after.saturating_sub(before) as f64),
            switches: after.switches.since(before.switches),
        }
    }

    /// Answers, also those that came late.
    pub(crate) fn answers(&self) -> f64 {
        (self.tally.answered + self.tally.late) as f64
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.tally.answered as f64 / self.tally.seconds.max(1e-9)
    }

    /// Processor time for one answer in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu_s * 1e6 / self.answers()
    }

    /// The figures of an open loop, judged: percentiles are quoted only when they mean something.
    pub(crate) fn describe(&self, offered: f64, sample: &mut Sample) -> Verdict {
        let tally = &self.tally;
        let late_us = tally.lateness.percentile_us(90.0).unwrap_or(0.0);
        let verdict = judge(offered, self.rate(), Generator { busy: tally.busy, late_us });
        sample.add(&RATE, self.rate());
        sample.add(&CPU, self.cpu_us());
        sample.add_some(&CALLS, self.calls.map(|calls| calls / self.answers()));
        sample.add(&WAITS, self.switches.voluntary as f64 / self.answers());
        sample.add(&PREEMPTIONS, self.switches.involuntary as f64 / self.answers());
        sample.add(&BUSY, tally.busy);
        sample.add_some(&LATENESS, tally.lateness.percentile_us(50.0));
        sample.add(&FAILED, tally.failures.total() as f64);
        if verdict == Verdict::Sound {
            for (metric, percent) in [(&P50, 50.0), (&P99, 99.0), (&P999, 99.9)] {
                sample.add_some(metric, tally.latency.percentile_us(percent));
            }
        }
        sample.note_verdict(verdict, self.rate(), offered);
        if tally.failures.total() > 0 {
            sample.notes.push(tally.failures.describe());
        }
        sample.failures = tally.failures;
        sample.latency = Some(tally.latency.clone());
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_differ_by_one_at_most() {
        for whole in [0, 1, 7, 100_000] {
            for of in 1..8 {
                let shares: Vec<usize> = (0..of).map(|at| share(whole, at, of)).collect();
                assert_eq!(shares.iter().sum::<usize>(), whole);
                assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
            }
        }
    }
}
