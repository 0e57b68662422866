//! The model: a burst, then a steady rate, then words, then the end.

use proptest::prelude::*;

use parlor_hub::credit::COMMAND;

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
            let allowed = u64::from(Allowance::SPEAKER.burst) + elapsed_ms * u64::from(Allowance::SPEAKER.per_second) / 1000 + 1;
            prop_assert!(passed <= allowed, "{passed} > {allowed}");
        }
    }
}
