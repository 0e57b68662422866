//! What handlers and clients can do to each other, by theme. Each scenario returns what could be
//! seen from outside: the bytes that clients received and what handlers reported.

mod reports;
mod transfer;
mod ends;
mod wakes;
mod crowd;
mod http;
mod hostile;

use parlor_engine::{Limits, Service};

use crate::running::Running;

/// One row of the matrix.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How many connections are open at once.
    pub(crate) connections: usize,
    /// An idle handler is woken by something other than its socket.
    pub(crate) push: bool,
    /// The handler and the test talk through memory.
    pub(crate) shared: bool,
    pub(crate) run: fn(&str) -> Vec<u8>,
}

const fn many(connections: usize, name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    Scenario { name, connections, push: false, shared: false, run }
}

const fn one(name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    many(1, name, run)
}

const fn pushed(name: &'static str, run: fn(&str) -> Vec<u8>) -> Scenario {
    Scenario { push: true, ..many(1, name, run) }
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    one("messages of many sizes come back", transfer::messages),
    one("one byte at a time, in and out", transfer::dribble),
    one("8 MiB both ways through small windows, recv and push", transfer::bulk_recv),
    one("8 MiB both ways through small windows, AsyncRead and AsyncWrite", transfer::bulk_traits),
    one("the client ends its side first", ends::half_close_by_client),
    one("the server ends its side first", ends::half_close_by_server),
    one("a reset is an error", ends::reset),
    one("a slow peer bounds what is queued", crowd::slow_peer),
    many(1000, "a thousand at once", crowd::thousand),
    one("many chunks in few writes, in order", transfer::vectored),
    one("several received buffers alive at once", transfer::several_buffers),
    one("a dropped recv loses nothing", transfer::cancelled_recv),
    one("an echo over a Unix socket", ends::unix),
    one("both ends have addresses", ends::addresses),
    pushed("timers fire in order, once, or not at all", wakes::timers),
    Scenario { shared: true, ..pushed("another thread wakes the handler", wakes::foreign_wake) },
    pushed("ten thousand messages from another thread", wakes::foreign_stream),
    pushed("tasks beside the handler", wakes::tasks),
    pushed("a pair in memory", wakes::pair),
    many(2, "a flood does not starve others", crowd::flood),
    many(3, "a panic harms only its own", crowd::panics),
    pushed("hyper, with a timer made of ours", http::http),
    many(3, "slow readers delay nobody", hostile::slow_readers),
    many(2, "a slow sender delays nobody", hostile::slow_sender),
    one("a storm of four hundred is served in turn", hostile::storm),
    one("clients that vanish harm nobody", hostile::vanishing),
    many(2, "a handler that computes loses nothing of others", hostile::hogging),
];

fn start(model: &str, service: Service) -> Running {
    Running::start(model, Limits::default(), service)
}

/// Bytes that look like nothing in particular, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}
