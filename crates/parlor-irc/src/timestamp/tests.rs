//! Known times.

use super::*;

#[test]
fn times_are_written_as_calendars_have_them() {
    assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
    assert_eq!(iso(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
    assert_eq!(iso(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    assert_eq!(readable(1_795_398_245_000), "2026-11-23 01:44:05 UTC");
}
