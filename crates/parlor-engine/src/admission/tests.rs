//! Limits, and that every place is given back.

use std::net::IpAddr;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Admission, Refused, network_of};
use crate::bell::Bell;
use crate::limits::Limits;
use crate::metrics::Metrics;

fn admission(limits: Limits, workers: usize) -> (Arc<Admission>, Metrics) {
    let metrics = Metrics::default();
    let bell = Arc::new(Bell::new().unwrap());
    (Admission::new(&limits, workers, Arc::clone(metrics.counters()), bell), metrics)
}

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

#[test]
fn the_total_counts_everybody_and_each_network_its_own() {
    let limits = Limits { connections_max: 3, connections_per_address_max: 2, ..Limits::default() };
    let (admission, metrics) = admission(limits, 1);
    let first = admission.admit(1, address("192.0.2.1"), None).ok();
    let second = admission.admit(2, address("192.0.2.1"), None).ok();
    assert_eq!(admission.admit(3, address("192.0.2.1"), None).err(), Some(Refused::Address));
    // The same address in its IPv6 form is the same client.
    assert_eq!(admission.admit(3, address("::ffff:192.0.2.1"), None).err(), Some(Refused::Address));
    let third = admission.admit(3, address("192.0.2.2"), None).ok();
    assert_eq!(admission.admit(4, address("192.0.2.3"), None).err(), Some(Refused::Total));

    drop((first, second, third));
    assert!(admission.per_address.lock().unwrap().is_empty(), "gone addresses are forgotten");
    assert_eq!(metrics.snapshot().live, 0);
}

#[test]
fn a_limit_of_zero_is_no_limit() {
    let (admission, _) = admission(Limits::default(), 1);
    let tickets: Vec<_> =
        (0..1000).map(|id| admission.admit(id, address("192.0.2.1"), None).ok()).collect();
    assert!(tickets.iter().all(Option::is_some));
}

#[test]
fn an_ipv6_customer_is_a_network() {
    let network = |text: &str| network_of(text.parse().unwrap());
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However connections come and go, no worker has more than one above the fairest share of
    /// those that came last, and at the end nobody holds anything.
    #[test]
    fn new_connections_go_to_the_least_loaded(
        workers in 1usize..6,
        steps in proptest::collection::vec((any::<bool>(), any::<usize>()), 1..200),
    ) {
        let (admission, metrics) = admission(Limits::default(), workers);
        let mut tickets = Vec::new();
        for (id, (leave, which)) in steps.into_iter().enumerate() {
            if leave && !tickets.is_empty() {
                tickets.swap_remove(which % tickets.len());
                continue;
            }
            let ticket = admission.admit(id as u64, None, None).ok().unwrap();
            let mine = tickets.iter().filter(|other: &&super::Ticket| other.worker == ticket.worker);
            let mine = mine.count();
            for worker in 0..u32::try_from(workers).unwrap() {
                let load = tickets.iter().filter(|other| other.worker == worker).count();
                prop_assert!(mine <= load, "worker {} had fewer", worker);
            }
            tickets.push(ticket);
        }
        prop_assert_eq!(metrics.snapshot().live, tickets.len());
        drop(tickets);
        prop_assert_eq!(metrics.snapshot().live, 0);
    }
}
