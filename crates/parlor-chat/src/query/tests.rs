//! Questions as they are typed.

use proptest::prelude::*;

use super::*;

fn query(phrases: &[&str]) -> Query {
    let phrases = phrases.iter().map(|text| TextPhrase::whole(*text)).collect();
    Query { phrases, ..Query::default() }
}

#[test]
fn questions_are_read() {
    const DAY_MS: u64 = 86_400_000;
    for (typed, wanted) in [
        ("tea", query(&["tea"])),
        ("  tea   two ", query(&["tea", "two"])),
        (r#""tea for two" now"#, query(&["tea for two", "now"])),
        (r#""unclosed tea"#, query(&["unclosed tea"])),
        (
            r#"tea -coffee -"no milk""#,
            Query {
                without: vec![TextPhrase::whole("coffee"), TextPhrase::whole("no milk")],
                ..query(&["tea"])
            },
        ),
        ("from:ann", Query { from: Some("ann".into()), ..query(&[]) }),
        ("from:@ann tea", Query { from: Some("ann".into()), ..query(&["tea"]) }),
        ("in:#tea x", Query { room: Some("#tea".into()), ..query(&["x"]) }),
        ("in:tea", Query { room: Some("#tea".into()), ..query(&[]) }),
        ("te*", Query { phrases: vec![TextPhrase::beginning("te")], ..query(&[]) }),
        (
            r#"tea -cof* "as it is*""#,
            Query { without: vec![TextPhrase::beginning("cof")], ..query(&["tea", "as it is*"]) },
        ),
        ("has:link has:image", Query { has: vec![Has::Link, Has::Image], ..query(&[]) }),
        ("has:file", Query { has: vec![Has::File], ..query(&[]) }),
        ("is:mention", Query { mention: true, ..query(&[]) }),
        ("after:1970-01-02", Query { since_ms: DAY_MS, ..query(&[]) }),
        ("before:1972-03-01", Query { until_ms: Some(790 * DAY_MS), ..query(&[]) }),
        ("before:2026-11-27", Query { until_ms: Some(20_784 * DAY_MS), ..query(&[]) }),
        // What only looks like an operator is words.
        (r#""from:ann""#, query(&["from:ann"])),
        ("is:late from: x:y http://a", query(&["is:late", "from:", "x:y", "http://a"])),
        ("- a-b", query(&["-", "a-b"])),
    ] {
        assert_eq!(Query::parse(typed), Ok(wanted), "{typed}");
    }
}

#[test]
fn what_is_no_question_is_refused_in_words() {
    for typed in [
        "has:fun",
        "before:tomorrow",
        "after:2026-13-01",
        "after:2026-02-29",
        "after:1969-12-31",
        "after:2026-11",
        "before:+2026-1-1",
        "after:2026-00-01",
        "after:99999999999999999999-01-01",
    ] {
        assert!(matches!(Query::parse(typed), Err(Refusal::NotAQuestion { .. })), "{typed}");
    }
    for typed in ["", "  ", "\"\"", "-\"\""] {
        assert_eq!(Query::parse(typed), Err(Refusal::Empty), "{typed:?}");
    }
    let long = "x".repeat(QUERY_BYTES_MAX + 1);
    assert_eq!(Query::parse(&long), Err(Refusal::TooLong { max: QUERY_BYTES_MAX }));
}

proptest! {
    #[test]
    fn anything_typed_has_an_answer(typed in "\\PC{0,80}") {
        drop(Query::parse(&typed));
    }

    #[test]
    fn days_follow_each_other(days_after in 0_u64..20_000) {
        // The day after a day is one more, over every end of a month and a year.
        let mut date = (1970, 1, 1);
        let mut count = 0;
        while count < days_after % 1_500 {
            let (year, month, day) = date;
            let next = format!("{year}-{month:02}-{:02}", day + 1);
            date = if days(&next).is_some() { (year, month, day + 1) }
                else if month < 12 { (year, month + 1, 1) } else { (year + 1, 1, 1) };
            count += 1;
            let text = format!("{}-{:02}-{:02}", date.0, date.1, date.2);
            prop_assert_eq!(days(&text), Some(count), "{}", text);
        }
    }
}
