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
    };
    assert_eq!(change("a\nb").checked(), Err(ProfileRefusal::Hidden));
    assert_eq!(change("a").checked().map(|kept| kept.about), Ok(Some("me".into())));
}
