//! Breaks text into rows that fit a width, between words where it can.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The rows of a text; at least one. No row is wider than `width` columns, unless a single
/// character is.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let mut row = String::new();
        let mut used = 0;
        for word in line.split_word_bounds() {
            let wide = word.width();
            if used + wide <= width {
                row.push_str(word);
                used += wide;
            } else if word.trim().is_empty() {
                // A space at the end of a row is not carried over.
                rows.push(std::mem::take(&mut row));
                used = 0;
            } else if wide <= width {
                rows.push(std::mem::take(&mut row).trim_end().to_owned());
                row.push_str(word);
                used = wide;
            } else {
                used = break_word(word, width, &mut row, used, &mut rows);
            }
        }
        rows.push(row);
    }
    rows
}

/// Puts a word that is wider than a row into several; gives the width of the last.
fn break_word(
    word: &str,
    width: usize,
    row: &mut String,
    mut used: usize,
    rows: &mut Vec<String>,
) -> usize {
    for character in word.graphemes(true) {
        let wide = character.width();
        if used + wide > width && used > 0 {
            rows.push(std::mem::take(row));
            used = 0;
        }
        row.push_str(character);
        used += wide;
    }
    used
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_end_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("a\n\nb", 8), ["a", "", "b"]);
        assert_eq!(wrap("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(wrap("日本語です", 4), ["日本", "語で", "す"]);
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_nothing_but_spaces_is_lost(
            text in "[a-z日👍 \n]{0,80}",
            width in 2_usize..20,
        ) {
            let rows = wrap(&text, width);
            prop_assert!(rows.iter().all(|row| row.width() <= width), "{rows:?}");
            let kept = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(kept(&rows.concat()), kept(&text));
        }
    }
}
