//! Lines out of chunks, however they are cut.

use proptest::prelude::*;

use super::*;

fn all(input: &mut Input) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        match input.find() {
            Found::Nothing => return found,
            Found::TooLong(_) => found.push("too long".to_owned()),
            Found::Line(range) => {
                found.push(String::from_utf8_lossy(input.line(range)).into_owned());
            }
        }
    }
}

#[test]
fn lines_end_with_lf_and_rests_wait() {
    let mut input = Input::default();
    input.extend(b"a\r\nb\n\nc");
    assert_eq!(all(&mut input), ["a\r", "b", ""]);
    input.extend(b"d\n");
    assert_eq!(all(&mut input), ["cd"]);
    assert_eq!(input.bytes.capacity(), 0, "an idle connection holds nothing");
}

#[test]
fn a_line_without_end_is_reported_once_and_skipped() {
    let mut input = Input::default();
    let mut found = Vec::new();
    for _ in 0..20 {
        input.extend(&[b'x'; 1000]);
        found.extend(all(&mut input));
        assert!(input.bytes.len() <= limits::INPUT_LINE_BYTES_MAX);
    }
    input.extend(b"end\nnext\n");
    found.extend(all(&mut input));
    assert_eq!(found, ["too long", "next"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn chunks_make_no_difference(text in "[a-z\n]{0,200}", sizes in prop::collection::vec(1_usize..9, 1..40)) {
        let mut whole = Input::default();
        whole.extend(text.as_bytes());
        let mut parts = Input::default();
        let mut found = Vec::new();
        let mut rest = text.as_bytes();
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at(size.min(rest.len()));
            parts.extend(chunk);
            found.extend(all(&mut parts));
            rest = tail;
        }
        prop_assert_eq!(found, all(&mut whole));
    }
}
