//! The line that is being written: a text and a caret, moved by what readers see as characters.

use unicode_segmentation::UnicodeSegmentation;

/// A text with a caret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Composer {
    text: String,
    /// A byte offset into the text, always between two characters.
    caret: usize,
}

impl Composer {
    /// A composer with the caret behind this text.
    pub(crate) fn with(text: &str) -> Self {
        Self { text: text.to_owned(), caret: text.len() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What stands before the caret.
    pub(crate) fn before(&self) -> &str {
        &self.text[..self.caret]
    }

    /// Gives the text away and is empty afterwards.
    pub(crate) fn take(&mut self) -> String {
        self.caret = 0;
        std::mem::take(&mut self.text)
    }

    pub(crate) fn insert(&mut self, text: &str) {
        self.text.insert_str(self.caret, text);
        self.caret += text.len();
    }

    /// Puts this in place of the bytes from `from` to the caret.
    pub(crate) fn replace_from(&mut self, from: usize, text: &str) {
        self.text.replace_range(from..self.caret, text);
        self.caret = from + text.len();
    }

    pub(crate) fn backspace(&mut self) {
        let from = self.left_of_caret();
        self.replace_from(from, "");
    }

    pub(crate) fn delete(&mut self) {
        let to = self.right_of_caret();
        self.text.replace_range(self.caret..to, "");
    }

    /// Deletes back to the beginning of the word.
    pub(crate) fn delete_word(&mut self) {
        let trimmed = self.before().trim_end();
        let from = trimmed
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
        self.replace_from(from, "");
    }

    /// Deletes back to the beginning of the line.
    pub(crate) fn delete_line(&mut self) {
        let from = self.line_start();
        self.replace_from(from, "");
    }

    pub(crate) fn left(&mut self) {
        self.caret = self.left_of_caret();
    }

    pub(crate) fn right(&mut self) {
        self.caret = self.right_of_caret();
    }

    pub(crate) fn home(&mut self) {
        self.caret = self.line_start();
    }

    pub(crate) fn end(&mut self) {
        let rest = &self.text[self.caret..];
        self.caret += rest.find('\n').unwrap_or(rest.len());
    }

    fn line_start(&self) -> usize {
        self.before().rfind('\n').map_or(0, |at| at + 1)
    }

    fn left_of_caret(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right_of_caret(&self) -> usize {
        let rest = &self.text[self.caret..];
        self.caret + rest.graphemes(true).next().map_or(0, str::len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_are_those_that_readers_see() {
        let mut composer = Composer::with("a👩\u{200d}🚀e\u{301}");
        composer.backspace();
        assert_eq!(composer.text(), "a👩\u{200d}🚀");
        composer.left();
        assert_eq!(composer.before(), "a");
        composer.delete();
        assert_eq!(composer.text(), "a");
    }

    #[test]
    fn words_and_lines_go_at_once() {
        let mut composer = Composer::with("one two\nthree  ");
        composer.delete_word();
        assert_eq!(composer.text(), "one two\n");
        composer.insert("four five");
        composer.home();
        assert_eq!(composer.before(), "one two\n");
        composer.end();
        composer.delete_line();
        assert_eq!(composer.take(), "one two\n");
        assert!(composer.is_empty());
    }

    proptest! {
        #[test]
        fn any_sequence_of_keys_keeps_a_text_and_a_caret_in_it(
            text in any::<String>(),
            steps in prop::collection::vec(0_u8..9, 0..40),
        ) {
            let mut composer = Composer::with(&text);
            for step in steps {
                match step {
                    0 => composer.insert("é\n"),
                    1 => composer.backspace(),
                    2 => composer.delete(),
                    3 => composer.delete_word(),
                    4 => composer.delete_line(),
                    5 => composer.left(),
                    6 => composer.right(),
                    7 => composer.home(),
                    _ => composer.end(),
                }
                prop_assert!(composer.text().is_char_boundary(composer.before().len()));
            }
        }
    }
}
