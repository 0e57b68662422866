//! Credit that several connections draw from: all devices of an account, or all guests behind one
//! address.
//!
//! Why beside the credit of each connection: an account is one person however many connections it
//! opens, and who opens connections without end must not get the rate of each. The credit of an
//! address is that of a whole class, which a class never uses up. Who has used up a shared credit is
//! read more slowly and never closed for it: another may have spent it. Invariants: an account's
//! connections draw from nothing of the address; what nobody draws from and is full again is
//! forgotten.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Allowance, Bucket};
use crate::AccountId;
use crate::limits::{POOLS_BEFORE_SWEEP, SHARE_OF_ACCOUNT, SHARE_OF_ADDRESS};

/// Whose credit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Drawer {
    Account(AccountId),
    /// A whole IPv4 address, or the first 64 bits of an IPv6 address.
    Address(IpAddr),
}

impl Drawer {
    fn allowance(self) -> Allowance {
        match self {
            Self::Account(_) => Allowance::SPEAKER.times(SHARE_OF_ACCOUNT),
            Self::Address(_) => Allowance::SPEAKER.times(SHARE_OF_ADDRESS),
        }
    }
}

/// One credit that several connections draw from.
#[derive(Debug)]
pub struct Pool(Mutex<Bucket>);

impl Pool {
    /// Charges a command; the time before which nothing more may be read, if there is one.
    pub fn charge(&self, cost: u32, now: Instant) -> Option<Instant> {
        self.bucket().charge(cost, now)
    }

    fn is_full(&self, now: Instant) -> bool {
        self.bucket().left_percent(now) == 100
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shared credits of a server.
#[derive(Debug, Default)]
pub struct Pools(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    pools: HashMap<Drawer, Arc<Pool>>,
    /// How many there were after what is over was last forgotten.
    swept: usize,
}

impl Pools {
    /// The credit of an account.
    pub fn of_account(&self, account: AccountId, now: Instant) -> Arc<Pool> {
        self.of(Drawer::Account(account), now)
    }

    /// The credit of the guests behind an address.
    pub fn of_address(&self, address: IpAddr, now: Instant) -> Arc<Pool> {
        let address = match address.to_canonical() {
            IpAddr::V6(address) => {
                let high = address.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(high))
            }
            address @ IpAddr::V4(_) => address,
        };
        self.of(Drawer::Address(address), now)
    }

    fn of(&self, drawer: Drawer, now: Instant) -> Arc<Pool> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.pools.len() >= POOLS_BEFORE_SWEEP.max(2 * known.swept) {
            known.pools.retain(|_, pool| Arc::strong_count(pool) > 1 || !pool.is_full(now));
            known.swept = known.pools.len();
        }
        let allowance = drawer.allowance();
        let made = || Arc::new(Pool(Mutex::new(Bucket::full(allowance, now))));
        Arc::clone(known.pools.entry(drawer).or_insert_with(made))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pools.len()
    }
}
