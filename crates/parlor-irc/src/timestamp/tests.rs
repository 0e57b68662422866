//! Known times, and that what is written is read.

use proptest::prelude::*;

use super::*;

#[test]
fn times_are_written_as_calendars_have_them() {
    assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
    assert_eq!(iso(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
    assert_eq!(iso(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    assert_eq!(readable(1_795_398_245_000), "2026-11-23 01:44:05 UTC");
}

#[test]
fn times_are_read_as_programs_write_them() {
    assert_eq!(from_iso("2000-02-29T00:00:00.000Z"), Some(951_782_400_000));
    assert_eq!(from_iso("2000-02-29T00:00:01Z"), Some(951_782_401_000));
    assert_eq!(from_iso("2000-02-29T00:00:01.25Z"), Some(951_782_401_250));
    assert_eq!(from_iso("2000-02-29T00:00:01.123456789Z"), Some(951_782_401_123));
    assert_eq!(from_iso("1998-12-31T23:59:60.000Z"), Some(915_148_800_000));
    assert_eq!(from_iso("0001-01-01T00:00:00.000Z"), Some(0));
    for wrong in [
        "",
        "Z",
        "2000-02-29",
        "2001-02-29T00:00:00.000Z",
        "2000-13-01T00:00:00.000Z",
        "2000-00-01T00:00:00.000Z",
        "2000-01-01T24:00:00.000Z",
        "2000-01-01T00:00:00.Z",
        "2000-01-01T00:00:00.é0Z",
        "2000-01-01T00:00:00.000",
        "2000-01-01 00:00:00.000Z",
        "+200-01-01T00:00:00.000Z",
        "2000-01-01T00:00:00:00Z",
    ] {
        assert_eq!(from_iso(wrong), None, "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read(at_ms in 0..253_402_300_800_000_u64) {
        prop_assert_eq!(from_iso(&iso(at_ms)), Some(at_ms));
    }

    #[test]
    fn no_text_upsets_it(text in ".{0,30}", digits in "[0-9TZ:.-]{0,26}") {
        from_iso(&text);
        from_iso(&digits);
    }
}
