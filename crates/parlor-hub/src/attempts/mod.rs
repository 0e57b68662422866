//! Failed sign-ins are counted, so that passwords can't be guessed by trying.
//!
//! Two counters in fixed windows: one for an account from an address prefix, strict, and one for
//! the prefix, generous, because a school sits behind one address. An account is never locked for
//! everybody: who tries from elsewhere has counters of its own. An attempt counts as failed from
//! its beginning, so that many at once can't slip through; success takes it back. Time is an
//! argument.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::limits::{
    ATTEMPTS_PER_ACCOUNT, ATTEMPTS_PER_PREFIX, ATTEMPTS_TRACKED_MAX, ATTEMPTS_WINDOW_MS,
    REGISTRATIONS_PER_PREFIX,
};

/// The part of an address that one household or school shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Prefix {
    /// No address: a local socket.
    Local,
    /// A whole IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address.
    V6(u64),
}

impl Prefix {
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            None => Self::Local,
            Some(IpAddr::V4(address)) => Self::V4(address),
            Some(IpAddr::V6(address)) => Self::V6(high_bits(address)),
        }
    }
}

fn high_bits(address: Ipv6Addr) -> u64 {
    let [a, b, c, d, ..] = address.segments().map(u64::from);
    a << 48 | b << 32 | c << 16 | d
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    by_account: Counters<(String, Prefix)>,
    by_prefix: Counters<Prefix>,
    registrations: Counters<Prefix>,
}

impl Attempts {
    /// Counts an attempt, or says after how many seconds to try again.
    pub(crate) fn begin(&mut self, folded: &str, from: Prefix, now_ms: u64) -> Result<(), u64> {
        let account = (folded.to_owned(), from);
        self.by_account.check(&account, ATTEMPTS_PER_ACCOUNT, now_ms)?;
        self.by_prefix.check(&from, ATTEMPTS_PER_PREFIX, now_ms)?;
        self.by_account.count(account, now_ms);
        self.by_prefix.count(from, now_ms);
        Ok(())
    }

    /// Counts an account that is about to be made, or says after how many seconds to try again.
    pub(crate) fn register(&mut self, from: Prefix, now_ms: u64) -> Result<(), u64> {
        self.registrations.check(&from, REGISTRATIONS_PER_PREFIX, now_ms)?;
        self.registrations.count(from, now_ms);
        Ok(())
    }

    /// Takes the attempt back and forgets earlier failures of this account from there.
    pub(crate) fn succeeded(&mut self, folded: &str, from: Prefix) {
        self.by_account.counters.remove(&(folded.to_owned(), from));
        self.by_prefix.take_back(&from);
    }

    /// Takes the attempt back, because no password was checked.
    pub(crate) fn withdrawn(&mut self, folded: &str, from: Prefix) {
        self.by_account.take_back(&(folded.to_owned(), from));
        self.by_prefix.take_back(&from);
    }
}

#[derive(Debug)]
struct Counters<K> {
    counters: HashMap<K, Counter>,
    /// Keys in the order in which their windows began; may hold keys that are gone.
    order: VecDeque<(u64, K)>,
}

impl<K> Default for Counters<K> {
    fn default() -> Self {
        Self { counters: HashMap::new(), order: VecDeque::new() }
    }
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    since_ms: u64,
    failures: u32,
}

impl Counter {
    fn ends_ms(self) -> u64 {
        self.since_ms.saturating_add(ATTEMPTS_WINDOW_MS)
    }
}

impl<K: Clone + Eq + Hash> Counters<K> {
    fn check(&self, key: &K, max: u32, now_ms: u64) -> Result<(), u64> {
        match self.counters.get(key) {
            Some(counter) if counter.failures >= max && now_ms < counter.ends_ms() => {
                Err((counter.ends_ms() - now_ms).div_ceil(1000))
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, key: K, now_ms: u64) {
        self.forget_old(now_ms);
        if let Some(counter) = self.counters.get_mut(&key) {
            counter.failures += 1;
            return;
        }
        self.order.push_back((now_ms, key.clone()));
        self.counters.insert(key, Counter { since_ms: now_ms, failures: 1 });
    }

    fn take_back(&mut self, key: &K) {
        if let Some(counter) = self.counters.get_mut(key) {
            counter.failures = counter.failures.saturating_sub(1);
        }
    }

    /// Drops windows that are over, and the oldest ones beyond the limit.
    fn forget_old(&mut self, now_ms: u64) {
        while let Some((since_ms, key)) = self.order.front() {
            let over = now_ms >= since_ms.saturating_add(ATTEMPTS_WINDOW_MS);
            if !over && self.order.len() < ATTEMPTS_TRACKED_MAX {
                break;
            }
            if self.counters.get(key).is_some_and(|counter| counter.since_ms == *since_ms) {
                self.counters.remove(key);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
