//! Time moved by hand: pings, silence, stalls, haste.

use std::time::{Duration, Instant};

use super::{Due, NO_HELLO, Pace, Session, Signs, TOO_FAST, TOO_SLOW};
use crate::limits;

fn start() -> Instant {
    parlor_engine::time::now()
}

fn alive(now: Instant) -> Signs {
    Signs { heard: now, stalled_since: None }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn hello_is_due_within_ten_seconds() {
    let begun = start();
    let mut session = Session::new(begun, 1);
    assert_eq!(session.due(begun + seconds(9), alive(begun)), Due::Nothing);
    assert_eq!(session.deadline(alive(begun)), begun + limits::HELLO_TIMEOUT);
    assert_eq!(session.due(begun + seconds(10), alive(begun)), Due::Close(NO_HELLO));
    session.greet();
    assert_eq!(session.due(begun + seconds(10), alive(begun)), Due::Nothing);
}

#[test]
fn pings_come_every_twenty_seconds_but_not_all_at_once() {
    let begun = start();
    let mut moments = std::collections::BTreeSet::new();
    for id in 0..100 {
        let mut session = Session::new(begun, id);
        session.greet();
        let first = session.deadline(alive(begun));
        assert!((17..=23).contains(&(first - begun).as_secs()), "{id}");
        assert_eq!(session.due(first, alive(first)), Due::Ping);
        assert_eq!(session.due(first, alive(first)), Due::Nothing);
        let second = session.deadline(alive(first));
        assert_eq!(second - first, first - begun);
        moments.insert(first);
    }
    assert!(moments.len() > 50, "only {} different moments", moments.len());
}

#[test]
fn silence_is_death_after_forty_five_seconds() {
    let begun = start();
    let mut session = Session::new(begun, 1);
    session.greet();
    let signs = alive(begun);
    assert_eq!(session.due(begun + seconds(44), signs), Due::Ping);
    assert_eq!(session.due(begun + seconds(45), signs), Due::Dead);
}

#[test]
fn who_takes_nothing_is_closed_after_a_minute_and_not_before() {
    let begun = start();
    let mut session = Session::new(begun, 1);
    session.greet();
    let signs = Signs { heard: begun, stalled_since: Some(begun + seconds(10)) };
    assert_ne!(session.due(begun + seconds(69), signs), Due::Dead);
    assert_eq!(session.due(begun + seconds(70), signs), Due::Close(TOO_SLOW));
    assert_eq!(session.deadline(signs).min(begun + seconds(70)), session.deadline(signs));
}

#[test]
fn haste_is_warned_of_then_ends() {
    let begun = start();
    let mut session = Session::new(begun, 1);
    for _ in 0..limits::COMMANDS_BURST {
        assert_eq!(session.pace(begun), Pace::Run);
    }
    assert_eq!(session.pace(begun), Pace::Refuse);
    // A twentieth of a second earns one command.
    assert_eq!(session.pace(begun + Duration::from_millis(50)), Pace::Run);
    let now = begun + Duration::from_millis(50);
    for _ in 1..limits::HASTE_WARNINGS {
        assert_eq!(session.pace(now), Pace::Refuse);
    }
    assert_eq!(session.pace(now), Pace::Close(TOO_FAST));
}

#[test]
fn a_pause_is_forgiven() {
    let mut now = start();
    let mut session = Session::new(now, 1);
    for _ in 0..10 {
        for _ in 0..limits::COMMANDS_BURST {
            assert_eq!(session.pace(now), Pace::Run);
        }
        assert_eq!(session.pace(now), Pace::Refuse);
        now += seconds(10);
    }
}
