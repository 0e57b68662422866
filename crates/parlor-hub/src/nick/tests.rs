//! What is a name and what is not.

use proptest::prelude::*;

use super::*;

#[test]
fn names_are_checked() {
    for good in ["a", "Ann", "_x", "[a]", "a-b", "x{|}", "\\`^", &"n".repeat(32), "Guest-0042"] {
        assert_eq!(Nick::new(good).unwrap().as_str(), good);
    }
    for (bad, why) in [
        ("", NickRefusal::Empty),
        ("0a", NickRefusal::Malformed),
        ("-a", NickRefusal::Malformed),
        ("a b", NickRefusal::Malformed),
        ("#a", NickRefusal::Malformed),
        ("a!b", NickRefusal::Malformed),
        ("a.b", NickRefusal::Malformed),
        ("ä", NickRefusal::Malformed),
        ("*", NickRefusal::Malformed),
        (":", NickRefusal::Malformed),
        ("a\0", NickRefusal::Malformed),
        (&"n".repeat(33), NickRefusal::TooLong { max: 32 }),
    ] {
        assert_eq!(Nick::new(bad), Err(why), "{bad:?}");
    }
}

#[test]
fn names_are_compared_folded() {
    let nick = Nick::new("Ann[1]").unwrap();
    assert_eq!(nick.folded(), "ann[1]");
    assert!(nick.same("aNN[1]"));
    assert!(!nick.same("ann{1}"), "only ASCII letters fold");
}

proptest! {
    #[test]
    fn any_text_is_a_name_or_not(text in ".{0,40}") {
        if let Ok(nick) = Nick::new(&text) {
            prop_assert_eq!(nick.as_str(), &text);
            prop_assert_eq!(Nick::new(&nick.folded()).unwrap().folded(), nick.folded());
        }
    }
}
