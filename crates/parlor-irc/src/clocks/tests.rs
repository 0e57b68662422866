//! Silence, stalls, holds and the lobby, without waiting for any of them.

use super::*;

#[expect(clippy::disallowed_methods, reason = "a starting point; only differences matter")]
fn start() -> (Instant, Clocks) {
    let now = Instant::now();
    (now, Clocks::new(now))
}

const SECOND: Duration = Duration::from_secs(1);
const NEW: Condition = Condition { registered: false, queued: false };
const QUIET: Condition = Condition { registered: true, queued: false };
const WAITING: Condition = Condition { registered: true, queued: true };
const NOTHING: Due = Due::Now { ping: false, lobby: false };

#[test]
fn registration_has_its_time() {
    let (begun, mut clocks) = start();
    assert_eq!(clocks.alarm(), begun + 30 * SECOND);
    clocks.heard(begun + 29 * SECOND);
    assert_eq!(clocks.look(begun + 29 * SECOND, NEW), NOTHING);
    assert_eq!(clocks.look(begun + 30 * SECOND, NEW), Due::Over("Registration took too long"));
}

#[test]
fn silence_is_asked_about_once_and_then_ends() {
    let (begun, mut clocks) = start();
    assert!(!clocks.registered(begun, None), "the alarm is set for registration already");
    assert_eq!(clocks.look(begun + 30 * SECOND, QUIET), NOTHING);
    assert_eq!(clocks.alarm(), begun + 90 * SECOND);
    assert_eq!(clocks.look(begun + 90 * SECOND, QUIET), Due::Now { ping: true, lobby: false });
    assert_eq!(clocks.alarm(), begun + 150 * SECOND);
    assert_eq!(clocks.look(begun + 149 * SECOND, QUIET), NOTHING);
    assert_eq!(clocks.look(begun + 150 * SECOND, QUIET), Due::Over("Ping timeout"));
}

#[test]
fn any_bytes_are_life() {
    let (begun, mut clocks) = start();
    let _ = clocks.look(begun + 90 * SECOND, QUIET);
    clocks.heard(begun + 140 * SECOND);
    assert_eq!(clocks.look(begun + 150 * SECOND, QUIET), NOTHING);
    assert_eq!(clocks.alarm(), begun + 230 * SECOND);
}

#[test]
fn a_stall_ends_without_words() {
    let (begun, mut clocks) = start();
    clocks.heard(begun + 20 * SECOND);
    let _ = clocks.look(begun + 30 * SECOND, QUIET);
    clocks.written(begun + 31 * SECOND);
    assert!(clocks.stalls());
    assert!(!clocks.stalls(), "it is set already");
    assert_eq!(clocks.alarm(), begun + 91 * SECOND);
    assert_eq!(clocks.look(begun + 90 * SECOND, WAITING), NOTHING);
    assert_eq!(clocks.look(begun + 91 * SECOND, WAITING), Due::Stalled);
}

#[test]
fn holds_and_the_lobby_come_when_they_are_due() {
    let (begun, mut clocks) = start();
    assert!(clocks.registered(begun, Some(3 * SECOND)));
    assert!(clocks.hold(begun + SECOND) && clocks.is_held());
    assert_eq!(clocks.look(begun + SECOND, QUIET), NOTHING);
    assert!(!clocks.is_held());
    assert_eq!(clocks.alarm(), begun + 3 * SECOND);
    assert_eq!(clocks.look(begun + 3 * SECOND, QUIET), Due::Now { ping: false, lobby: true });
    assert_eq!(clocks.look(begun + 4 * SECOND, QUIET), NOTHING);
    assert!(!clocks.registered(begun, Some(300 * SECOND)));
    clocks.needs_no_lobby();
    assert_eq!(clocks.look(begun + 80 * SECOND, QUIET), NOTHING);
}

#[test]
fn who_is_not_read_is_not_silent() {
    let (begun, mut clocks) = start();
    let _ = clocks.registered(begun, None);
    let until = begun + 200 * SECOND;
    let _ = clocks.hold(until);
    // Whatever came meanwhile, PONG too, was not read.
    assert_eq!(clocks.look(begun + 150 * SECOND, QUIET), Due::Now { ping: true, lobby: false });
    assert_eq!(clocks.alarm(), until);
    assert_eq!(clocks.look(until, QUIET), NOTHING);
    assert!(!clocks.is_held());
    assert_eq!(clocks.alarm(), until + 150 * SECOND);
    assert_eq!(clocks.look(until + 150 * SECOND, QUIET), Due::Over("Ping timeout"));
}
