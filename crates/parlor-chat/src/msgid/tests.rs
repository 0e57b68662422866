//! Ids.

use super::*;

#[test]
fn ids_are_golden() {
    assert_eq!(msgid(0, [0; 10]), "00000000000000000000000000");
    assert_eq!(msgid(u64::MAX, [0xff; 10]), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    assert_eq!(msgid(1_700_000_000_000, [1; 10]), "01hf7yat00040g2081040g2081");
}

#[test]
fn ids_sort_by_time() {
    let mut last = String::new();
    for now_ms in [1, 2, 31, 32, 33, 1_700_000_000_000, 1_700_000_000_001] {
        let id = msgid(now_ms, [0x80; 10]);
        assert!(id > last && id.len() == 26, "{id} after {last}");
        last = id;
    }
}
