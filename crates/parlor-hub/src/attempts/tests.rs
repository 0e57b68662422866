//! Counting failures.

use std::net::IpAddr;

use super::*;

fn from(address: &str) -> Prefix {
    Prefix::of(Some(address.parse::<IpAddr>().unwrap()))
}

const T0: u64 = 1_000_000;

#[test]
fn the_sixth_failure_in_a_window_waits() {
    let mut attempts = Attempts::default();
    for n in 0..u64::from(ATTEMPTS_PER_ACCOUNT) {
        assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0 + n), Ok(()));
    }
    let wait = attempts.begin("ann", from("10.0.0.1"), T0 + 1000);
    assert_eq!(wait, Err((ATTEMPTS_WINDOW_MS - 1000) / 1000));
    // Waiting less than a second is still waiting.
    assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0 + ATTEMPTS_WINDOW_MS - 1), Err(1));
    assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0 + ATTEMPTS_WINDOW_MS), Ok(()));
}

#[test]
fn nobody_is_locked_out_from_elsewhere() {
    let mut attempts = Attempts::default();
    for _ in 0..ATTEMPTS_PER_ACCOUNT {
        assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0), Ok(()));
    }
    assert!(attempts.begin("ann", from("10.0.0.1"), T0).is_err());
    assert_eq!(attempts.begin("ann", from("10.0.0.2"), T0), Ok(()));
    assert_eq!(attempts.begin("bob", from("10.0.0.1"), T0), Ok(()));
}

#[test]
fn success_forgets_the_failures_of_that_account() {
    let mut attempts = Attempts::default();
    for _ in 0..10 {
        for _ in 0..ATTEMPTS_PER_ACCOUNT {
            assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0), Ok(()));
        }
        attempts.succeeded("ann", from("10.0.0.1"));
    }
}

#[test]
fn success_does_not_clear_the_prefix() {
    let mut attempts = Attempts::default();
    let here = from("10.0.0.1");
    for n in 0..ATTEMPTS_PER_PREFIX {
        assert_eq!(attempts.begin(&format!("victim-{n}"), here, T0), Ok(()));
    }
    assert!(attempts.begin("own", here, T0).is_err(), "the prefix has used up its failures");
}

#[test]
fn a_school_that_signs_in_is_not_slowed_down() {
    let mut attempts = Attempts::default();
    for n in 0..10 * ATTEMPTS_PER_PREFIX {
        let name = format!("pupil-{n}");
        assert_eq!(attempts.begin(&name, from("10.0.0.1"), T0), Ok(()));
        attempts.succeeded(&name, from("10.0.0.1"));
    }
}

#[test]
fn a_withdrawn_attempt_never_was() {
    let mut attempts = Attempts::default();
    for _ in 0..100 * ATTEMPTS_PER_PREFIX {
        assert_eq!(attempts.begin("ann", from("10.0.0.1"), T0), Ok(()));
        attempts.withdrawn("ann", from("10.0.0.1"));
    }
}

#[test]
fn prefixes_are_households() {
    assert_eq!(from("10.0.0.1"), from("::ffff:10.0.0.1"));
    assert_ne!(from("10.0.0.1"), from("10.0.0.2"));
    assert_eq!(from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"));
    assert_ne!(from("2001:db8:1:2::1"), from("2001:db8:1:3::1"));
    assert_eq!(Prefix::of(None), Prefix::Local);
}

#[test]
fn the_counters_stay_bounded() {
    let mut attempts = Attempts::default();
    for n in 0..ATTEMPTS_TRACKED_MAX + 5000 {
        let now_ms = T0 + n as u64 / 100;
        let address = from(&format!("2001:db8:{:x}:{:x}::1", n >> 16, n & 0xffff));
        assert_eq!(attempts.begin(&format!("name-{n}"), address, now_ms), Ok(()));
    }
    assert!(attempts.by_account.counters.len() <= ATTEMPTS_TRACKED_MAX);
    assert!(attempts.by_account.order.len() <= ATTEMPTS_TRACKED_MAX);
    assert!(attempts.by_prefix.counters.len() <= ATTEMPTS_TRACKED_MAX);
    // Success leaves keys in the order; they must not pile up either.
    for n in 0..3 * ATTEMPTS_TRACKED_MAX {
        let name = format!("other-{n}");
        assert_eq!(attempts.begin(&name, Prefix::Local, T0 + 1_000), Ok(()));
        attempts.succeeded(&name, Prefix::Local);
    }
    assert!(attempts.by_account.order.len() <= ATTEMPTS_TRACKED_MAX);
    assert!(attempts.by_prefix.order.len() <= ATTEMPTS_TRACKED_MAX);
}
