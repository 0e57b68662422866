//! Stars and question marks.

use super::*;

#[test]
fn masks_fit_as_expected() {
    for (mask, text) in [
        ("*", ""),
        ("*", "ann"),
        ("A?n", "ann"),
        ("a*n", "an"),
        ("*n*", "ann"),
        ("#a*b*c", "#axbxxc"),
    ] {
        assert!(fits(mask, text), "{mask} {text}");
    }
    for (mask, text) in [("", "a"), ("a", ""), ("a?", "a"), ("*b", "abc"), ("#a*b*c", "#abxx")] {
        assert!(!fits(mask, text), "{mask} {text}");
    }
    assert!(!fits(&"*a".repeat(100), &"a".repeat(99)), "ends soon");
}
