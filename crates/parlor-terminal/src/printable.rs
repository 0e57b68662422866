//! Makes text from strangers harmless on a terminal.
//!
//! A terminal obeys control characters: an escape sequence in a message could move the cursor,
//! change the title, or answer as if the reader had typed. Nothing of the kind reaches the screen,
//! nor do characters that turn the direction of text or hide in it, with which one line could look
//! like another, nor towers of marks that would stand over the lines above.

use unicode_width::UnicodeWidthChar;

/// Marks in a row that are put on one letter; no language needs more.
const MARKS_MAX: usize = 8;

/// The text with every control character shown as a symbol and every hidden one left out. Line
/// ends stay, tabs become spaces.
pub(crate) fn printable(text: &str) -> String {
    let mut marks = 0;
    let on_one_letter = |letter: &char| {
        marks = if letter.width() == Some(0) { marks + 1 } else { 0 };
        marks <= MARKS_MAX
    };
    text.chars().filter_map(shown).filter(on_one_letter).collect()
}

/// As [`printable`], on one line.
pub(crate) fn printable_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

fn shown(c: char) -> Option<char> {
    match c {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        // C0 has pictures of its own; C1 is as dangerous and has none.
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}' => Some('\u{fffd}'),
        // Marks and overrides of direction, and what is drawn as nothing. The joiner stays: emoji
        // are put together with it.
        '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => None,
        '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{61c}' => None,
        '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => None,
        '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => None,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => None,
        '\u{e0000}'..='\u{e0fff}' => None,
        _ => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_shown_not_obeyed() {
        assert_eq!(printable("\u{1b}[2Jgone"), "␛[2Jgone");
        assert_eq!(printable("\u{9b}2Jgone"), "\u{fffd}2Jgone");
        assert_eq!(printable("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(printable("grüße 👩\u{200d}🚀\tx\ny"), "grüße 👩\u{200d}🚀 x\ny");
        assert_eq!(printable_line("a\nb"), "a b");
        assert_eq!(printable("a\u{ad}b\u{3164}c\u{fff9}d"), "abcd");
    }

    #[test]
    fn marks_do_not_grow_into_towers() {
        let tower = format!("Z{}a\u{301}", "\u{301}".repeat(300));
        assert_eq!(printable(&tower), format!("Z{}a\u{301}", "\u{301}".repeat(MARKS_MAX)));
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_left(text in any::<String>()) {
            let safe = printable(&text);
            prop_assert!(!safe.chars().any(|c| c.is_control() && c != '\n'), "{safe:?}");
            prop_assert_eq!(printable(&safe), safe);
        }
    }
}
