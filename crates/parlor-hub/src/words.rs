//! What people write for others to read: how long it may be, and what may stand in it.
//!
//! Not every client is careful with control characters, and `nc` shows them to a terminal, which
//! obeys them. So nothing that others read has any, whoever keeps it. Pure.

/// Says whether a character may stand in what people read: all but control characters, of which the
/// tab and the formatting codes of IRC clients may.
pub fn is_sayable(c: char) -> bool {
    const FORMATTING: [char; 9] =
        ['\x02', '\x03', '\x04', '\x0f', '\x11', '\x16', '\x1d', '\x1e', '\x1f'];
    !c.is_control() || c == '\t' || FORMATTING.contains(&c)
}

/// Makes one line of a text, of at most so many bytes; line ends become spaces.
pub(crate) fn line(text: &str, bytes_max: usize) -> String {
    let one_line = |c| if matches!(c, '\r' | '\n') { ' ' } else { c };
    cut(text, bytes_max).chars().map(one_line).filter(|c| is_sayable(*c)).collect()
}

/// Cuts a text to a number of bytes, between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_nothing_that_a_terminal_obeys() {
        assert_eq!(
            line("tea\u{1b}[2J\0 \u{9b}31m\r\nat \x02four\x02", 100),
            "tea[2J 31m  at \x02four\x02"
        );
        assert_eq!(line("grüße", 3), "gr");
    }
}
