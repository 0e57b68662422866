//! The model: a burst, then a steady rate, then words, then the end.

use proptest::prelude::*;

use super::*;

#[expect(clippy::disallowed_methods, reason = "a starting point; only differences matter")]
fn start() -> Instant {
    Instant::now()
}

#[test]
fn a_burst_passes_and_then_the_rate_holds() {
    let at = start();
    let mut flood = Flood::new(at);
    for _ in 0..10 {
        assert_eq!(flood.charge(COMMAND, at), Verdict::Go);
    }
    assert_eq!(flood.charge(COMMAND, at), Verdict::Hold(at + Duration::from_millis(500)));
    let later = at + Duration::from_millis(500);
    assert_eq!(flood.charge(COMMAND, later), Verdict::Hold(later + Duration::from_millis(500)));
    let rested = later + Duration::from_secs(10);
    for _ in 0..9 {
        assert_eq!(flood.charge(COMMAND, rested), Verdict::Go);
    }
}

#[test]
fn who_never_pauses_is_told_and_then_closed() {
    let mut now = start();
    let begun = now;
    let mut flood = Flood::new(now);
    let mut warned_after = None;
    loop {
        match flood.charge(COMMAND, now) {
            Verdict::Go => {}
            Verdict::Hold(until) => now = until,
            Verdict::Warn(until) => {
                assert_eq!(warned_after, None, "told once");
                warned_after = Some(now - begun);
                now = until;
            }
            Verdict::Close => break,
        }
        assert!(now - begun < Duration::from_secs(600));
    }
    let warned_after = warned_after.expect("told before the end");
    assert!(warned_after >= WARN_AFTER && warned_after < WARN_AFTER + Duration::from_secs(2));
    assert!(now - begun >= CLOSE_AFTER && now - begun < CLOSE_AFTER + Duration::from_secs(2));
}

fn account(number: u64) -> parlor_hub::AccountId {
    parlor_hub::AccountId(number)
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
    let mut class: Vec<_> =
        (0..500).map(|_| (Flood::new(begun), pools.of_address(ip("192.0.2.7"), begun))).collect();
    // Each as fast as a connection may be, all at the same time.
    for round in 0..30_u64 {
        let now = begun + Duration::from_millis(500 * round.saturating_sub(9));
        for (own, shared) in &mut class {
            assert_eq!(own.charge(COMMAND, now), Verdict::Go);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_pattern_gets_more_than_burst_and_rate(
        steps in prop::collection::vec((0_u64..2_000, 0_u32..40), 1..200)
    ) {
        let begun = start();
        let mut now = begun;
        let mut flood = Flood::new(now);
        let mut passed = 0_u64;
        for (pause_ms, cost) in steps {
            now += Duration::from_millis(pause_ms);
            passed += u64::from(cost);
            match flood.charge(cost, now) {
                Verdict::Go => {}
                Verdict::Hold(until) | Verdict::Warn(until) => now = until,
                Verdict::Close => break,
            }
            let elapsed_ms = u64::try_from((now - begun).as_millis()).expect("short");
            let allowed = u64::from(BURST) + elapsed_ms * u64::from(PER_SECOND) / 1000 + 1;
            prop_assert!(passed <= allowed, "{passed} > {allowed}");
        }
    }
}
