//! Who may come in: limits in total and per address, and what is given back when a handler ends.

mod ebb;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::ebb::Ebb;
use crate::bell::Bell;
use crate::limits::Limits;
use crate::metrics::Counters;
use crate::sys::give_back_memory;

/// Shared by the accept loop, which lets in, and by all workers, which give back.
pub(crate) struct Admission {
    connections_max: usize,
    per_address_max: usize,
    per_address: Mutex<HashMap<IpAddr, usize>>,
    /// Live connections of each worker, for the least-loaded hand-off.
    loads: Box<[AtomicUsize]>,
    ebb: Ebb,
    counters: Arc<Counters>,
    /// The accept loop wants to know when a connection ends: a descriptor is free again.
    pub(crate) tell_when_one_ends: AtomicBool,
    bell: Arc<Bell>,
    /// In a worker process: what to report to the parent. At most one for each live connection.
    ended: Option<Mutex<Vec<Ended>>>,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Total,
    Address,
}

/// A connection that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) connection: u64,
    pub(crate) outcome: Outcome,
}

impl Admission {
    pub(crate) fn new(
        limits: &Limits,
        workers: usize,
        counters: Arc<Counters>,
        bell: Arc<Bell>,
    ) -> Arc<Self> {
        Arc::new(Self::build(limits, workers, counters, bell))
    }

    /// For a worker process: its parent has applied the limits, and is told of every end. The bell
    /// rings when there is one to tell.
    pub(crate) fn reporting(workers: usize, counters: Arc<Counters>, bell: Arc<Bell>) -> Arc<Self> {
        let none =
            Limits { connections_max: 0, connections_per_address_max: 0, ..Limits::default() };
        let ended = Some(Mutex::default());
        Arc::new(Self { ended, ..Self::build(&none, workers, counters, bell) })
    }

    fn build(limits: &Limits, workers: usize, counters: Arc<Counters>, bell: Arc<Bell>) -> Self {
        Self {
            connections_max: limits.connections_max,
            per_address_max: limits.connections_per_address_max,
            per_address: Mutex::default(),
            loads: (0..workers).map(|_| AtomicUsize::new(0)).collect(),
            ebb: Ebb::default(),
            counters,
            tell_when_one_ends: AtomicBool::new(false),
            bell,
            ended: None,
        }
    }

    /// Takes the reports of those that have ended since the last time.
    pub(crate) fn take_ended(&self) -> Vec<Ended> {
        let ended = self.ended.as_ref();
        ended.map_or_else(Vec::new, |ended| {
            std::mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }

    /// Keeps a report; true if it is the first since the last were taken.
    fn report(&self, connection: u64, outcome: Outcome) -> bool {
        let Some(ended) = &self.ended else { return false };
        let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push(Ended { connection, outcome });
        ended.len() == 1
    }

    /// Lets a connection in for a worker (`None`: the least loaded), or says why not.
    pub(crate) fn admit(
        self: &Arc<Self>,
        connection: u64,
        address: Option<IpAddr>,
        worker: Option<u32>,
    ) -> Result<Ticket, Refused> {
        // Counted before it is compared, because several workers may be here at once.
        let others = self.counters.live.fetch_add(1, Ordering::Relaxed);
        if self.connections_max > 0 && others >= self.connections_max {
            self.counters.live.fetch_sub(1, Ordering::SeqCst);
            return Err(Refused::Total);
        }
        let network = address.filter(|_| self.per_address_max > 0).map(network_of);
        if let Some(network) = network {
            let mut counts = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(network).or_default();
            if *count >= self.per_address_max {
                self.counters.live.fetch_sub(1, Ordering::SeqCst);
                return Err(Refused::Address);
            }
            *count += 1;
        }
        self.ebb.one_came(others + 1);
        let worker = worker.unwrap_or_else(|| self.least_loaded());
        self.loads[worker as usize].fetch_add(1, Ordering::Relaxed);
        self.counters.admitted.fetch_add(1, Ordering::Relaxed);
        let network = network.map(Box::new);
        let outcome = Outcome::Dropped;
        Ok(Ticket { admission: Arc::clone(self), connection, network, worker, outcome })
    }

    fn least_loaded(&self) -> u32 {
        let loads = (0u32..).zip(self.loads.iter());
        loads.min_by_key(|(_, load)| load.load(Ordering::Relaxed)).map_or(0, |(worker, _)| worker)
    }
}

/// One connection's place. Dropping it gives the place back.
pub(crate) struct Ticket {
    admission: Arc<Admission>,
    pub(crate) connection: u64,
    /// Present when addresses are counted; boxed, because a connection pays for the place.
    network: Option<Box<IpAddr>>,
    /// Which worker the connection goes to.
    pub(crate) worker: u32,
    outcome: Outcome,
}

/// What became of a connection that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its handler returned.
    Served,
    /// Its handler panicked.
    Panicked,
    /// Nobody could serve it.
    Refused,
    /// Its handler was dropped before it had returned.
    Dropped,
}

impl Ticket {
    /// The handler has ended by itself.
    pub(crate) fn end(self, panicked: bool) {
        self.close(if panicked { Outcome::Panicked } else { Outcome::Served });
    }

    /// The connection was let in, but nobody could serve it.
    pub(crate) fn refuse(self) {
        self.close(Outcome::Refused);
    }

    /// It has ended like this.
    pub(crate) fn close(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let admission = &self.admission;
        let counters = &admission.counters;
        let counter = match self.outcome {
            Outcome::Served => &counters.served,
            Outcome::Panicked => &counters.panicked,
            Outcome::Refused => &counters.refused,
            Outcome::Dropped => &counters.dropped,
        };
        counter.fetch_add(1, Ordering::Relaxed);

        if let Some(network) = &self.network {
            let mut counts = admission.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = counts.get_mut(network) {
                *count -= 1;
                // Addresses that are gone must not stay in the map for ever.
                if *count == 0 {
                    counts.remove(network);
                }
            }
        }
        admission.loads[self.worker as usize].fetch_sub(1, Ordering::Relaxed);
        // The report comes before the place is free, so that at zero all reports are there.
        let first_report = admission.report(self.connection, self.outcome);
        let live = counters.live.fetch_sub(1, Ordering::SeqCst) - 1;
        if admission.ebb.one_left(live) {
            give_back_memory();
        }
        if first_report || admission.tell_when_one_ends.load(Ordering::SeqCst) {
            admission.bell.ring();
        }
    }
}

/// The network that counts as one address: an IPv4 address, or the /64 that one IPv6 customer
/// usually has to himself.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

#[cfg(test)]
mod tests;
