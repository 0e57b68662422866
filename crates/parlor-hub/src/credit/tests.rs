//! The model: a burst, then a steady rate; and what connections have together.

use std::time::{Duration, Instant};

use super::{Allowance, Bucket, COMMAND, Pools};

#[expect(clippy::disallowed_methods, reason = "a starting point; only differences matter")]
fn start() -> Instant {
    Instant::now()
}

#[test]
fn what_is_used_up_comes_back_and_never_more_than_the_burst() {
    let at = start();
    let ms = Duration::from_millis;
    let mut bucket = Bucket::full(Allowance { burst: 20, per_second: 10 }, at);
    assert_eq!((bucket.charge(10, at), bucket.left_percent(at)), (None, 50));
    assert_eq!((bucket.charge(10, at), bucket.left_percent(at)), (None, 0));
    assert_eq!(bucket.charge(10, at), Some(at + ms(1_000)));
    assert_eq!(bucket.left_percent(at + ms(500)), 0, "something is owed");
    assert_eq!(bucket.left_percent(at + ms(2_000)), 50);
    assert_eq!(bucket.left_percent(at + ms(60_000)), 100);
    // A clock that steps back gives nothing.
    assert_eq!(bucket.charge(20, at), None);
    assert_eq!(bucket.left_percent(at + ms(60_000)), 0);
}

fn account(number: u64) -> crate::AccountId {
    crate::AccountId(number)
}

fn ip(text: &str) -> std::net::IpAddr {
    text.parse().expect("an address")
}

#[test]
fn the_devices_of_an_account_spend_together() {
    let (at, pools) = (start(), Pools::default());
    let (phone, laptop) = (pools.of_account(account(1), at), pools.of_account(account(1), at));
    for _ in 0..20 {
        assert_eq!(phone.charge(COMMAND, at), None);
        assert_eq!(laptop.charge(COMMAND, at), None);
    }
    assert_eq!(phone.charge(COMMAND, at), Some(at + Duration::from_millis(125)));
    assert_eq!(laptop.charge(COMMAND, at), Some(at + Duration::from_millis(250)));
    assert_eq!(pools.of_account(account(2), at).charge(COMMAND, at), None, "somebody else");
    let later = at + Duration::from_secs(1);
    assert_eq!(phone.charge(COMMAND, later), None, "it comes back");
}

#[test]
fn a_class_behind_one_address_is_not_held_back() {
    let (begun, pools) = (start(), Pools::default());
    let mut class: Vec<_> = (0..500)
        .map(|_| {
            (Bucket::full(Allowance::SPEAKER, begun), pools.of_address(ip("192.0.2.7"), begun))
        })
        .collect();
    // Each as fast as a connection may be, all at the same time.
    for round in 0..30_u64 {
        let now = begun + Duration::from_millis(500 * round.saturating_sub(9));
        for (own, shared) in &mut class {
            assert_eq!(own.charge(COMMAND, now), None);
            assert_eq!(shared.charge(COMMAND, now), None, "round {round}");
        }
    }
}

#[test]
fn connections_without_end_get_no_more_than_a_class() {
    let (at, pools) = (start(), Pools::default());
    let charges = (0..6_000).map(|_| pools.of_address(ip("192.0.2.7"), at).charge(COMMAND, at));
    assert_eq!(charges.filter(Option::is_some).count(), 1_000);
    let other = pools.of_address(ip("192.0.2.8"), at);
    assert_eq!(other.charge(COMMAND, at), None, "another address");
    let mapped = pools.of_address(ip("::ffff:192.0.2.7"), at);
    assert!(mapped.charge(COMMAND, at).is_some(), "the same address, written otherwise");
}

#[test]
fn a_household_of_ipv6_is_one() {
    let (at, pools) = (start(), Pools::default());
    let one = pools.of_address(ip("2001:db8:0:1::1"), at);
    assert!(std::sync::Arc::ptr_eq(&one, &pools.of_address(ip("2001:db8:0:1:ffff::2"), at)));
    assert!(!std::sync::Arc::ptr_eq(&one, &pools.of_address(ip("2001:db8:0:2::1"), at)));
}

#[test]
fn what_is_over_is_forgotten_and_what_is_owed_is_not() {
    let (at, pools) = (start(), Pools::default());
    let used = |number| {
        let pool = pools.of_account(account(number), at);
        for _ in 0..41 {
            let _ = pool.charge(COMMAND, at);
        }
    };
    used(0);
    for number in 1..10_000 {
        drop(pools.of_account(account(number), at));
    }
    assert!(pools.len() <= crate::limits::POOLS_BEFORE_SWEEP, "{}", pools.len());
    let again = pools.of_account(account(0), at);
    assert!(again.charge(COMMAND, at).is_some(), "going and coming back pays no debt");
}
