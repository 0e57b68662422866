//! What the lab and its child processes say to each other: a line of JSON each.
//!
//! A server child is told on its command line what to serve ([`Serve`]) and says where; then every
//! line is a question for its [`Usage`]. A generator child gets [`Order`]s and answers each with a [`Tally`].
//! Both end when their standard input does, so that nothing outlives a lab that was killed.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::latency::Latencies;

/// What a server does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Sends back whatever comes until the client ends.
    Echo,
    /// Receives once, sends it back, closes.
    Once,
    /// As `Echo`; a message with the mark of a heavy one costs 10 ms of processor time first.
    Work,
    /// As `Echo`, but each message waits 50 ms first, as for a database.
    Wait,
    /// Sends what anybody says to everybody.
    Broadcast,
}

/// What a server child is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Serve {
    /// A model, a floor, or the command of a peer; see `Subject::wire`.
    pub(crate) subject: String,
    pub(crate) task: Task,
    pub(crate) backlog: u32,
    /// The processor that it may use, all if none is said.
    pub(crate) processor: Option<usize>,
}

/// Where a server child serves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
}

/// What a server child has used and done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Processor time of the process with all its threads, also those that have ended.
    pub(crate) cpu_ns: u64,
    /// System calls of its connections by the engine's own counters; none for a peer.
    pub(crate) calls: Option<u64>,
}

/// What a generator child is to do with its connections.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    Open(Open),
    Pace(Pace),
    /// Each connection sends its next message when the last one is answered.
    Flat(Flat),
    Oneshot(Oneshot),
    Broadcast(Broadcast),
    Slow(Slow),
}

/// Opens connections; each sends one message and is served when that is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) to: SocketAddr,
    pub(crate) count: usize,
    /// The address to connect from; any if none is said.
    pub(crate) source: Option<Ipv4Addr>,
    /// How many may be on their way at once.
    pub(crate) at_once: usize,
    /// How long it may stand still.
    pub(crate) patience_ms: u64,
    /// Where the server's room ends before all are served.
    pub(crate) wall: Option<Wall>,
    /// How long it may take in all.
    pub(crate) at_most_ms: u64,
    /// Whether each sends its message, or is only opened.
    pub(crate) greet: bool,
}

/// A number of connections at which waiting for more is in vain.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Wall {
    /// Connections of this generator that there is room for, those included that are open already.
    pub(crate) at: usize,
    /// How long it may stand still from there on.
    pub(crate) patience_ms: u64,
}

/// Sends messages at fixed times on the first connections, one after the other: an open loop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Messages a second, all connections together.
    pub(crate) rate: f64,
    pub(crate) duration_ms: u64,
    /// How many of the served connections take part.
    pub(crate) active: usize,
    /// How long an answer takes by design.
    pub(crate) by_design_ms: u64,
    /// Every so many messages one is heavy, and not in the histogram.
    pub(crate) heavy_every: Option<u64>,
}

impl Pace {
    /// So many messages a second on so many connections for so long, each answered at once.
    pub(crate) fn new(rate: f64, active: usize, duration_ms: u64) -> Self {
        Self { rate, duration_ms, active, by_design_ms: 0, heavy_every: None }
    }
}

/// Sends as fast as answers come: a closed loop, for the greatest rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flat {
    pub(crate) duration_ms: u64,
    pub(crate) active: usize,
    /// Stops after so many messages a connection.
    pub(crate) each: Option<u64>,
}

/// Connects, sends, receives and closes at fixed times.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Oneshot {
    pub(crate) to: SocketAddr,
    pub(crate) rate: f64,
    /// So many at the same moment.
    pub(crate) burst: u64,
    pub(crate) duration_ms: u64,
    /// How long those who are not served by the end are waited for.
    pub(crate) patience_ms: u64,
}

/// The first connection speaks, all receive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Broadcast {
    pub(crate) window: u64,
    pub(crate) duration_ms: u64,
}

/// Opens connections that send as much as they can and read little.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Slow {
    pub(crate) to: SocketAddr,
    pub(crate) count: usize,
    pub(crate) bytes_per_second: u64,
}

/// What came of an order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Messages or connections that were to be answered.
    pub(crate) wanted: u64,
    /// Those answered in time.
    pub(crate) answered: u64,
    /// Those answered, but after the end of the measured time.
    pub(crate) late: u64,
    pub(crate) failures: Failures,
    /// From the intended time in an open loop, from the sending in a closed one; nanoseconds.
    pub(crate) latency: Latencies,
    /// How late the generator itself was.
    pub(crate) lateness: Latencies,
    /// Share of its time in which the generator was not waiting.
    pub(crate) busy: f64,
    pub(crate) seconds: f64,
    /// Milliseconds since the beginning, and how many were served by then.
    pub(crate) curve: Vec<(f64, f64)>,
}

/// What went wrong, by kind. All of it is data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failures {
    /// The connection was refused, or closed before there was an answer.
    pub(crate) refused: u64,
    /// The connection broke or was closed later.
    pub(crate) reset: u64,
    /// Connected, and not answered.
    pub(crate) unanswered: u64,
    /// Never connected: the backlog was full, or it was not even tried for want of room.
    pub(crate) unconnected: u64,
    /// Answered with other bytes than it was sent.
    pub(crate) wrong: u64,
    /// The generator itself ran out of something.
    pub(crate) generator: u64,
}

impl Failures {
    /// All together.
    pub(crate) fn total(self) -> u64 {
        self.refused + self.reset + self.unanswered + self.unconnected + self.wrong + self.generator
    }

    /// In words, the most frequent first; empty when there were none.
    pub(crate) fn describe(self) -> String {
        let mut kinds = [
            (self.refused, "refused"),
            (self.reset, "reset"),
            (self.unanswered, "never answered"),
            (self.unconnected, "not connected"),
            (self.wrong, "answered with wrong bytes"),
            (self.generator, "failed in the generator"),
        ];
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.0));
        let words = kinds.iter().filter(|(count, _)| *count > 0);
        words.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
    }

    fn merge(&mut self, other: Self) {
        self.refused += other.refused;
        self.reset += other.reset;
        self.unanswered += other.unanswered;
        self.unconnected += other.unconnected;
        self.wrong += other.wrong;
        self.generator += other.generator;
    }
}

impl Tally {
    /// Adds what another generator counted in the same time.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.wanted += other.wanted;
        self.answered += other.answered;
        self.late += other.late;
        self.failures.merge(other.failures);
        self.latency.merge(&other.latency);
        self.lateness.merge(&other.lateness);
        // They share a processor.
        self.busy += other.busy;
        self.seconds = self.seconds.max(other.seconds);
        if self.curve.len() < other.curve.len() {
            self.curve.clone_from(&other.curve);
        }
    }
}
