//! What is a name and what is not.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

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

#[test]
fn names_are_written_in_every_script() {
    for good in [
        "ä",
        "José",
        "Ærøskøbing",
        "Вова",
        "Ελένη",
        "שלום",
        "سلام",
        "王小明",
        "さくら",
        "サクラ",
        "민준",
        "नमस्ते",
        "สมชาย",
        "王xiao",
        "ann_王",
        "Вова-2",
        "ann٣",
    ] {
        let nick = Nick::new(good);
        if good == "ann٣" {
            assert!(nick.is_err(), "digits of another script");
            continue;
        }
        assert_eq!(nick.map(|nick| nick.to_string()).as_deref(), Ok(good));
    }
    for (typed, kept) in
        [("ＡＮＮ", "ANN"), ("ﬁn", "fin"), ("Jose\u{301}", "José"), ("ｻｸﾗ", "サクラ")]
    {
        assert_eq!(Nick::new(typed).unwrap().as_str(), kept, "{typed:?}");
    }
}

#[test]
fn names_do_not_hide_or_turn_anything() {
    for (bad, why) in [
        ("ann\u{200b}", NickRefusal::Malformed),
        ("a\u{200d}nn", NickRefusal::Malformed),
        ("\u{feff}ann", NickRefusal::Malformed),
        ("ann\u{202e}", NickRefusal::Malformed),
        ("\u{2066}ann", NickRefusal::Malformed),
        ("ann\u{ad}", NickRefusal::Malformed),
        ("a\u{a0}b", NickRefusal::Malformed),
        ("a\u{3000}b", NickRefusal::Malformed),
        ("＃tea", NickRefusal::Malformed),
        ("ann！bob", NickRefusal::Malformed),
        ("１ann", NickRefusal::Malformed),
        ("\u{301}a", NickRefusal::Malformed),
        ("😀", NickRefusal::Malformed),
        ("\u{e000}", NickRefusal::Malformed),
        ("аnn", NickRefusal::MixedScripts),
        ("Аpple", NickRefusal::MixedScripts),
        ("Βob", NickRefusal::MixedScripts),
        ("annשלום", NickRefusal::MixedScripts),
        (&"я".repeat(17), NickRefusal::TooLong { max: 32 }),
        (&"я".repeat(4000), NickRefusal::TooLong { max: 32 }),
    ] {
        assert_eq!(Nick::new(bad), Err(why), "{bad:?}");
    }
}

#[test]
fn look_alikes_have_a_look_in_common() {
    let alike = |a: &str, b: &str| looks(a).iter().any(|look| looks(b).contains(look));
    for (one, other) in [
        ("ace", "асе"),
        ("ACE", "АСЕ"),
        ("Bob", "Воb"),
        ("ivan", "іvаn"),
        ("Ivan", "Іvаn"),
        ("Pop", "Рор"),
        ("pop", "рор"),
        ("oxo", "охо"),
        ("ooo", "οοο"),
        ("Вова", "вова"),
        ("Ελένη", "ελένη"),
        ("ann", "ａｎｎ"),
        ("ÄRGER", "ärger"),
    ] {
        assert!(alike(one, other), "{one} {other}: {:?} {:?}", looks(one), looks(other));
    }
    for (one, other) in [
        ("ann", "anna"),
        ("ann1", "annl"),
        ("mark", "rnark"),
        ("jose", "José"),
        ("0", "O"),
        ("Вова", "Вера"),
        ("王", "玉"),
        ("böb", "bob"),
    ] {
        assert!(!alike(one, other), "{one} {other}: {:?} {:?}", looks(one), looks(other));
    }
}

proptest! {
    /// What a name is kept as is a name, and the same one; and a name looks like itself in any case.
    #[test]
    fn a_name_is_its_own_name(text in "\\PC{1,12}") {
        if let Ok(nick) = Nick::new(&text) {
            let kept = nick.as_str();
            prop_assert_eq!(Nick::new(kept), Ok(nick.clone()));
            prop_assert!(kept.len() <= NICK_BYTES_MAX);
            let hidden = |c: char| c.is_whitespace() || c.is_control() || "#&:@!~+%*?,.$".contains(c);
            prop_assert!(!kept.contains(hidden));
            let lower = looks(&kept.to_lowercase());
            prop_assert!(looks(kept).iter().any(|look| lower.contains(look)));
        }
    }


    #[test]
    fn any_text_is_a_name_or_not(text in ".{0,40}") {
        if let Ok(nick) = Nick::new(&text) {
            // Kept in the plain form of its letters, such as μ for the sign of a millionth.
            let plain: String = text.nfkc().collect();
            prop_assert_eq!(nick.as_str(), &plain);
            prop_assert_eq!(Nick::new(&nick.folded()).unwrap().folded(), nick.folded());
        }
    }
}
