//! Time moved by hand: pings, silence, stalls, haste.

use std::time::{Duration, Instant};

use super::{Due, NO_HELLO, Session, Signs, TOO_SLOW};
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
fn haste_is_read_more_slowly_and_a_pause_forgives() {
    let mut now = start();
    let mut session = Session::new(now, 1);
    session.greet();
    let signs = |now| Signs { heard: now, stalled_since: None };
    for _ in 0..3 {
        for _ in 0..limits::COMMANDS_BURST {
            session.pace(now, None);
            assert!(!session.is_held());
        }
        session.pace(now, None);
        assert!(session.is_held());
        // A twentieth of a second earns one command.
        let until = now + Duration::from_millis(50);
        assert_eq!(session.deadline(signs(now)), until);
        assert_eq!(session.due(now + Duration::from_millis(49), signs(now)), Due::Nothing);
        assert!(session.is_held());
        assert_eq!(session.due(until, signs(now)), Due::Nothing);
        assert!(!session.is_held());
        now += seconds(4);
    }
}

#[test]
fn who_shares_waits_for_what_the_others_used_up() {
    let now = start();
    let mut session = Session::new(now, 1);
    let until = now + seconds(2);
    session.pace(now, Some(until));
    session.pace(now, None);
    let signs = Signs { heard: now, stalled_since: None };
    assert_eq!(session.due(now + seconds(1), signs), Due::Nothing);
    assert!(session.is_held(), "for as long as the longest");
    assert_eq!(session.due(until, signs), Due::Nothing);
    assert!(!session.is_held());
}

#[test]
fn who_is_not_read_is_not_silent() {
    let now = start();
    let mut session = Session::new(now, 1);
    session.greet();
    let until = now + seconds(100);
    session.pace(now, Some(until));
    // Whatever came meanwhile, pongs too, was not read.
    assert_eq!(session.due(now + seconds(50), alive(now)), Due::Ping);
    assert_ne!(session.due(until, alive(now)), Due::Dead);
    assert!(!session.is_held());
    assert_ne!(session.due(until, alive(until)), Due::Dead, "it was heard as soon as it was read");
    assert_eq!(session.due(until + limits::SILENCE_MAX, alive(until)), Due::Dead);
}
