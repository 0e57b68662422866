//! What people may say of themselves, as tables.

use super::*;

#[test]
fn a_display_name_is_one_line_that_shows_what_it_is() {
    for (typed, kept) in [
        ("  Ann Example ", "Ann Example"),
        ("", ""),
        ("   ", ""),
        ("安 👩\u{200d}💻", "安 👩\u{200d}💻"),
        ("O'Neil (she)", "O'Neil (she)"),
    ] {
        assert_eq!(display(typed).as_deref(), Ok(kept), "{typed:?}");
    }
    for c in ['\n', '\u{7}', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{2028}'] {
        let typed = format!("a{c}b");
        assert_eq!(display(&typed), Err(ProfileRefusal::Hidden), "{typed:?}");
    }
    let long = "x".repeat(DISPLAY_BYTES_MAX);
    assert_eq!(display(&long).as_ref(), Ok(&long));
    let why = ProfileRefusal::DisplayTooLong { max: DISPLAY_BYTES_MAX };
    assert_eq!(display(&(long + "x")), Err(why));
}

#[test]
fn the_words_about_oneself_may_have_lines() {
    assert_eq!(about(" one\r\ntwo\n\n").as_deref(), Ok("one\ntwo"));
    for typed in ["a\u{202e}b", "a\rb", "a\tb", "a\0b"] {
        assert_eq!(about(typed), Err(ProfileRefusal::Hidden), "{typed:?}");
    }
    let why = ProfileRefusal::AboutTooLong { max: ABOUT_BYTES_MAX };
    assert_eq!(about(&"x".repeat(ABOUT_BYTES_MAX + 1)), Err(why));
}

#[test]
fn one_refused_part_refuses_all() {
    let change = |name: &str| ProfileChange {
        display: Some(name.into()),
        about: Some(" me ".into()),
        avatar: Some(None),
        ..ProfileChange::default()
    };
    assert_eq!(change("a\nb").checked(), Err(ProfileRefusal::Hidden));
    assert_eq!(change("a").checked().map(|kept| kept.about), Ok(Some("me".into())));
}

#[test]
fn pronouns_and_a_status_stand_on_one_line() {
    let pronouns = |typed: &str| {
        let change = ProfileChange { pronouns: Some(typed.into()), ..ProfileChange::default() };
        change.checked().map(|kept| kept.pronouns.unwrap())
    };
    let status = |typed: &str| {
        let change = ProfileChange { status: Some(typed.into()), ..ProfileChange::default() };
        change.checked().map(|kept| kept.status.unwrap())
    };
    assert_eq!(pronouns(" she/her "), Ok("she/her".into()));
    assert_eq!(status("on a 🚆 until six"), Ok("on a 🚆 until six".into()));
    assert_eq!(status(""), Ok(String::new()));
    for typed in ["a\nb", "a\u{202e}b", "a\tb"] {
        assert_eq!(pronouns(typed), Err(ProfileRefusal::Hidden), "{typed:?}");
        assert_eq!(status(typed), Err(ProfileRefusal::Hidden), "{typed:?}");
    }
    for (max, refused) in [
        (PRONOUNS_BYTES_MAX, pronouns(&"x".repeat(PRONOUNS_BYTES_MAX + 1))),
        (STATUS_BYTES_MAX, status(&"x".repeat(STATUS_BYTES_MAX + 1))),
    ] {
        assert!(matches!(refused, Err(ProfileRefusal::TooLong { max: told, .. }) if told == max));
    }
}

#[test]
fn a_homepage_leads_to_a_page_and_shows_where() {
    let homepage = |typed: &str| {
        let change = ProfileChange { homepage: Some(typed.into()), ..ProfileChange::default() };
        change.checked().map(|kept| kept.homepage.unwrap())
    };
    for right in [
        "",
        "https://ann.example",
        "http://ann.example:8080/~ann/?a=b#c",
        "https://[::1]/",
        "https://ann.example/grüße",
    ] {
        assert_eq!(homepage(&format!(" {right} ")), Ok(right.to_owned()), "{right}");
    }
    for wrong in [
        "ann.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://ann.example",
        "HTTPS//ann.example",
        "https://",
        "https:///path",
        "https://bank.example@evil.example/",
        "https://bänk.example/",
        "https://ann.example/a b",
        "https://ann.example/\"onclick=",
        "https://ann.example\\@evil.example",
    ] {
        assert_eq!(homepage(wrong), Err(ProfileRefusal::NoHomepage), "{wrong}");
    }
    assert_eq!(homepage("https://a.example/\u{202e}"), Err(ProfileRefusal::Hidden));
    let long = format!("https://a.example/{}", "x".repeat(HOMEPAGE_BYTES_MAX));
    assert!(matches!(homepage(&long), Err(ProfileRefusal::TooLong { .. })));
}

#[test]
fn a_color_is_six_digits() {
    for (typed, kept) in [("#3366CC", "#3366cc"), ("3366cc", "#3366cc"), (" #000000 ", "#000000")] {
        assert_eq!(color(typed).as_deref(), Ok(kept));
    }
    assert_eq!(color(" ").as_deref(), Ok(""));
    for typed in ["#", "##3366cc", "red", "#36c", "#3366cc00", "#3366cg", "url(x)"] {
        assert_eq!(color(typed), Err(ProfileRefusal::NoColor), "{typed}");
    }
}
