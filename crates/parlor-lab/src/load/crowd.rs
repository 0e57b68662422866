//! The connections of one generator, its clock, and its account of its own time.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use parlor_engine::time;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::connection::Connection;
use super::slow::SlowReader;
use crate::limits::SPIN_NS;
use crate::order::Tally;

/// Events taken at once.
const EVENTS: usize = 1024;

/// Connections by number, and the epoll that watches them.
pub(super) struct Crowd {
    poll: OwnedFd,
    pub(super) connections: Vec<Connection>,
    pub(super) slow: Vec<SlowReader>,
    events: Vec<Event>,
    /// Whether a near due time may be waited for awake.
    spins: bool,
    start: Instant,
    idle_ns: u64,
    /// Processor time of this process when the order began.
    cpu_ns: u64,
}

impl Crowd {
    pub(super) fn new(spins: bool) -> std::io::Result<Self> {
        Ok(Self {
            poll: epoll::create(CreateFlags::CLOEXEC)?,
            connections: Vec::new(),
            slow: Vec::new(),
            events: Vec::with_capacity(EVENTS),
            spins,
            start: time::now(),
            idle_ns: 0,
            cpu_ns: cpu_ns(),
        })
    }

    /// An order begins: its clock stands at nought.
    pub(super) fn begin(&mut self) {
        self.start = time::now();
        self.idle_ns = 0;
        self.cpu_ns = cpu_ns();
    }

    /// Nanoseconds since the order began.
    pub(super) fn now_ns(&self) -> u64 {
        nanoseconds(time::now() - self.start)
    }

    /// Says how long the order took and how busy this process was.
    pub(super) fn account(&self, tally: &mut Tally) {
        let wall = self.now_ns().max(1);
        tally.seconds = if tally.seconds > 0.0 { tally.seconds } else { wall as f64 / 1e9 };
        // Both are too much in one case: time awake but waiting, and time that others had.
        let awake = 1.0 - (self.idle_ns.min(wall) as f64 / wall as f64);
        let running = (cpu_ns() - self.cpu_ns) as f64 / wall as f64;
        tally.busy = awake.min(running);
    }

    /// Watches a socket, both ways, for changes.
    pub(super) fn watch(&self, fd: impl AsFd, connection: usize) -> std::io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.poll, fd, EventData::new_u64(connection as u64), flags)?)
    }

    /// Waits until something happens or the moment has come, and says on which connections.
    pub(super) fn wait(&mut self, until_ns: u64, ready: &mut Vec<usize>) -> std::io::Result<()> {
        ready.clear();
        // What is there already costs no sleep, and its fetching is work.
        let before = self.now_ns();
        self.poll(Duration::ZERO)?;
        if self.events.is_empty() {
            let left = until_ns.saturating_sub(before);
            if left > if self.spins { SPIN_NS } else { 0 } {
                // A sleeping processor wakes late, so the last moments are spent awake.
                let asleep = if self.spins { left - SPIN_NS / 2 } else { left };
                self.poll(Duration::from_nanos(asleep))?;
            }
            self.idle_ns += self.now_ns() - before;
        }
        let numbers = self.events.iter().map(|event| event.data.u64());
        ready.extend(numbers.filter_map(|number| usize::try_from(number).ok()));
        Ok(())
    }

    fn poll(&mut self, timeout: Duration) -> std::io::Result<()> {
        self.events.clear();
        let timeout = Timespec::try_from(timeout).ok();
        match epoll::wait(&self.poll, spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Processor time that this process has used.
pub(crate) fn cpu_ns() -> u64 {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).map_or(0, nanoseconds)
}

/// A duration as a whole number.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
