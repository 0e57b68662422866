//! What masks are, and whom they cover.

use proptest::prelude::*;

use super::*;

fn face<'a>(nick: &'a str, account: Option<&'a str>) -> Face<'a> {
    Face { person: PersonId(7), nick, user: "u", host: "10.0.0.1", account }
}

fn mask(text: &str) -> BanMask {
    BanMask::new(text).unwrap()
}

#[test]
fn masks_are_filled_up() {
    for (given, full) in [
        ("bob", "bob!*@*"),
        ("*@10.0.0.1", "*!*@10.0.0.1"),
        ("bob!u", "bob!u@*"),
        ("bob!@", "bob!*@*"),
        ("!u@", "*!u@*"),
        ("b?b!*@*.example", "b?b!*@*.example"),
        ("~a:bob", "~account:bob"),
        ("~account:b*", "~account:b*"),
    ] {
        assert_eq!(mask(given).to_string(), full);
        assert_eq!(mask(full), mask(given), "its own text is the same mask");
    }
}

#[test]
fn what_is_no_mask_is_refused() {
    let long = "n".repeat(MASK_BYTES_MAX + 1);
    let grows = "n".repeat(MASK_BYTES_MAX);
    for (text, why) in [
        ("", BanMaskRefusal::Empty),
        ("a b", BanMaskRefusal::Malformed),
        ("a\r\nQUIT", BanMaskRefusal::Malformed),
        (":a", BanMaskRefusal::Malformed),
        ("~", BanMaskRefusal::Malformed),
        ("~a:", BanMaskRefusal::Malformed),
        ("~realname:x", BanMaskRefusal::Malformed),
        (&long, BanMaskRefusal::TooLong),
        (&grows, BanMaskRefusal::TooLong),
    ] {
        assert_eq!(BanMask::new(text), Err(why), "{text:?}");
    }
}

#[test]
fn masks_cover_whom_they_say() {
    for (pattern, nick, account, covered) in [
        ("bob", "bob", None, true),
        ("BOB", "bob", None, true),
        ("bob", "bobby", None, false),
        ("b*b", "bob", None, true),
        ("b*b", "bobb", None, true),
        ("b?b", "bob", None, true),
        ("b?b", "böb", None, true),
        ("b??b", "böb", None, false),
        ("*!*@10.0.0.*", "eve", None, true),
        ("*!*@10.0.1.*", "eve", None, false),
        ("*", "eve", None, true),
        ("~a:bob", "eve", Some("Bob"), true),
        ("~a:bob", "bob", None, false),
        ("~a:b*", "eve", Some("bert"), true),
        ("~a:*", "eve", None, false),
    ] {
        assert_eq!(mask(pattern).covers(&face(nick, account)), covered, "{pattern} {nick}");
    }
}

#[test]
fn an_account_is_named_only_without_wildcards() {
    assert_eq!(mask("~a:bob").account_name(), Some("bob"));
    assert_eq!(mask("~a:b*").account_name(), None);
    assert_eq!(mask("bob").account_name(), None);
}

#[test]
fn a_mute_is_a_sign_before_the_mask() {
    for (text, mute) in
        [("bob", false), ("m:bob", true), ("~mute:bob", true), ("~m:~a:bob", true), ("~a:m", false)]
    {
        assert_eq!(BanMask::with_mute(text).unwrap().mute, mute, "{text}");
    }
}

#[test]
fn the_worst_ban_counts_and_a_person_is_hit_under_any_mask() {
    let ban = |text: &str, mute, aimed: Option<u64>| Ban {
        mask: mask(text),
        mute,
        aimed: aimed.map(|person| (PersonId(person), "x".into())),
        by: "ann".into(),
        reason: String::new(),
        at_ms: 0,
        expires_ms: None,
    };
    let bob = face("bob", None);
    for (bans, wanted) in [
        (vec![], Barred::No),
        (vec![ban("eve", false, None)], Barred::No),
        (vec![ban("bob", true, None)], Barred::Muted),
        (vec![ban("bob", false, None), ban("*", true, None)], Barred::Banned),
        (vec![ban("eve", false, Some(7))], Barred::Banned),
        (vec![ban("eve", false, Some(8))], Barred::No),
    ] {
        assert_eq!(barred(&bans, &bob), wanted, "{bans:?}");
    }
}

/// The rule said again, without cleverness: for short texts only.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            fits(rest, text) || text.split_first().is_some_and(|(_, less)| fits(pattern, less))
        }
        (Some(('?', rest)), Some((_, less))) => fits(rest, less),
        (Some((a, rest)), Some((b, less))) => a.eq_ignore_ascii_case(b) && fits(rest, less),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_is_what_it_says(pattern in "[abAä*?]{0,8}", text in "[abAä]{0,8}") {
        let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches(&pattern, &text), fits(&p, &t));
    }

    #[test]
    fn any_text_is_a_mask_or_not(text in ".{0,60}") {
        if let Ok(mask) = BanMask::new(&text) {
            prop_assert_eq!(BanMask::new(&mask.to_string()), Ok(mask.clone()));
            prop_assert!(!mask.to_string().contains([' ', '\r', '\n', '\0']));
        }
    }
}
