//! Parsing, escaping and writing of lines.

use proptest::prelude::*;

use super::*;
use crate::fuzz::fuzz_line;

fn check(line: &str, command: &str, params: &[&str]) {
    let message = Message::parse(line.as_bytes()).expect("a good line");
    assert_eq!(message.command, command);
    assert_eq!(message.params.iter().collect::<Vec<_>>(), params, "{line:?}");
}

#[test]
fn lines_are_split_into_words() {
    check("PING", "PING", &[]);
    check("PING a\r\n", "PING", &["a"]);
    check("PING a\n", "PING", &["a"]);
    check("  PRIVMSG   #a   :hello  world ", "PRIVMSG", &["#a", "hello  world "]);
    check("PRIVMSG #a :", "PRIVMSG", &["#a", ""]);
    check("PRIVMSG #a ::)", "PRIVMSG", &["#a", ":)"]);
    check(":me!u@h NICK other", "NICK", &["other"]);
    check("@a=1;b :me TAGMSG #a", "TAGMSG", &["#a"]);
    check(
        "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "X",
        &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15 16"],
    );
}

#[test]
fn bad_lines_are_named() {
    let refused = |line: &[u8]| Message::parse(line).expect_err("a bad line");
    assert_eq!(refused(b"\r\n"), ParseError::Empty);
    assert_eq!(refused(b"@a=1"), ParseError::Empty);
    assert_eq!(refused(b"PRIVMSG #a :a\0b"), ParseError::Forbidden);
    assert_eq!(refused(b"PRIVMSG #a :a\rb"), ParseError::Forbidden);
    assert_eq!(refused(&[b'a'; 511]), ParseError::TooLong);
    assert!(Message::parse(&[b'a'; 510]).is_ok());
    let tags = |len: usize| format!("@{} PING a", "t".repeat(len));
    assert!(Message::parse(tags(4094).as_bytes()).is_ok());
    assert_eq!(refused(tags(4095).as_bytes()), ParseError::TooLong);
    let bad = ParseError::NotUtf8 { command: "PRIVMSG".to_owned() };
    assert_eq!(refused(b"@label=7 :x privmsg #a :\xff"), bad);
    let bad = ParseError::NotUtf8 { command: "*".to_owned() };
    assert_eq!(refused(b"\xff"), bad);
}

#[test]
fn the_last_of_two_equal_tags_counts() {
    let message = Message::parse(b"@a=1;b=x\\sy\\:\\\\\\r\\n\\z\\;a=2;c PING x").expect("good");
    assert_eq!(message.tags.get("a").as_deref(), Some("2"));
    assert_eq!(message.tags.get("b").as_deref(), Some("x y;\\\r\nz"));
    assert_eq!(message.tags.get("c").as_deref(), Some(""));
    assert_eq!(message.tags.get("d"), None);
}

#[test]
fn cuts_never_fall_inside_a_character() {
    assert_eq!(cut("aä", 2), "a");
    assert_eq!(cut("aä", 3), "aä");
    assert_eq!(cut("ä", 1), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz_line(&line);
    }

    #[test]
    fn what_looks_like_irc_survives_a_round_trip(
        line in "(@[a-z+/=;\\\\:.]{0,20} )?(:[a-z!@.]{1,10} )?[A-Za-z]{1,8}( {1,2}[a-z:#,é]{1,6}){0,17}( :[ -~é]{0,40})?"
    ) {
        prop_assert!(Message::parse(line.as_bytes()).is_ok());
        fuzz_line(line.as_bytes());
    }

    #[test]
    fn tag_values_survive_escaping(value in "\\PC*[;\\\\ \r\n]{0,5}\\PC*") {
        let escaped = escape(&value);
        prop_assert!(!escaped.contains([';', ' ', '\r', '\n', '\0']));
        prop_assert_eq!(unescape(&escaped), value.replace('\0', ""));
    }
}
