//! One line of IRC: bytes into a [`Message`] and back.
//!
//! Why own: a client's line is looked at once and dropped, so everything here borrows from it and
//! nothing allocates except tag values that hold escapes. Invariants: no input panics; what
//! [`Message::parse`] accepts, [`Message::write`] gives back word for word (spaces between words
//! aside); the writer never lets a CR, LF or NUL into a line.

use std::borrow::Cow;

use crate::limits;

/// A parsed line, borrowing from the bytes it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Raw tag data, without the `@` and the space; empty when there are no tags.
    pub tags: Tags<'a>,
    /// The source, without its colon. Clients have no reason to send one; it is ignored.
    pub source: Option<&'a str>,
    /// The command as it was sent; compare it without regard to ASCII case.
    pub command: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

/// Why a line was refused; each is the sender's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but spaces: ignored.
    #[error("empty line")]
    Empty,
    /// More than 512 bytes without tags, or too much tag data.
    #[error("line is too long")]
    TooLong,
    /// A NUL, or a CR inside the line.
    #[error("line holds a byte that IRC forbids")]
    Forbidden,
    /// The line is not UTF-8; says which command it was, `*` when even that cannot be read.
    #[error("line is not UTF-8")]
    NotUtf8 {
        /// The command, in capitals.
        command: String,
    },
}

impl<'a> Message<'a> {
    /// Parses one line; its CR LF or LF may still be there.
    pub fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let line = trim_end(line);
        let (tags, rest) = split_tags(line);
        if tags.len() > limits::CLIENT_TAG_BYTES_MAX || rest.len() > limits::LINE_BYTES_MAX - 2 {
            return Err(ParseError::TooLong);
        }
        if memchr::memchr2(0, b'\r', line).is_some() {
            return Err(ParseError::Forbidden);
        }
        let (Ok(tags), Ok(rest)) = (std::str::from_utf8(tags), std::str::from_utf8(rest)) else {
            return Err(not_utf8(rest));
        };
        Self::parse_rest(Tags(tags), rest.trim_start_matches(' '))
    }

    fn parse_rest(tags: Tags<'a>, mut rest: &'a str) -> Result<Self, ParseError> {
        let mut source = None;
        if let Some(after) = rest.strip_prefix(':') {
            let (word, tail) = split_word(after);
            source = Some(word);
            rest = tail;
        }
        let (command, mut rest) = split_word(rest);
        if command.is_empty() {
            return Err(ParseError::Empty);
        }
        let mut params = Params::default();
        while !rest.is_empty() {
            if let Some(trailing) = rest.strip_prefix(':') {
                params.push(trailing);
                break;
            }
            if params.len() == limits::PARAMS_MAX - 1 {
                params.push(rest);
                break;
            }
            let (word, tail) = split_word(rest);
            params.push(word);
            rest = tail;
        }
        Ok(Self { tags, source, command, params })
    }

    /// Writes the line with its CR LF. The last parameter gets a colon when it needs one.
    pub fn write(&self, out: &mut Vec<u8>) {
        if !self.tags.0.is_empty() {
            out.push(b'@');
            push_clean(out, self.tags.0);
            out.push(b' ');
        }
        if let Some(source) = self.source {
            out.push(b':');
            push_clean(out, source);
            out.push(b' ');
        }
        push_clean(out, self.command);
        let last = self.params.len().wrapping_sub(1);
        for (index, param) in self.params.iter().enumerate() {
            out.push(b' ');
            if index == last && needs_colon(param) {
                out.push(b':');
            }
            push_clean(out, param);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// True when the command is this one, whatever its case.
    pub fn is(&self, command: &str) -> bool {
        self.command.eq_ignore_ascii_case(command)
    }
}

/// The parameters of a message: at most [`limits::PARAMS_MAX`] slices, no allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Params<'a> {
    slots: [&'a str; limits::PARAMS_MAX],
    len: usize,
}

impl<'a> Params<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The parameter at this place, if there is one.
    pub fn get(&self, index: usize) -> Option<&'a str> {
        self.slots[..self.len].get(index).copied()
    }

    /// The parameter at this place, if there is one that is not empty.
    pub fn filled(&self, index: usize) -> Option<&'a str> {
        self.get(index).filter(|param| !param.is_empty())
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.slots[..self.len].iter().copied()
    }

    fn push(&mut self, param: &'a str) {
        if let Some(slot) = self.slots.get_mut(self.len) {
            *slot = param;
            self.len += 1;
        }
    }
}

/// Raw tag data, read on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tags<'a>(pub &'a str);

impl<'a> Tags<'a> {
    /// The value of this tag; of a key given twice the last one counts.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        self.iter().filter(|(name, _)| *name == key).last().map(|(_, value)| unescape(value))
    }

    /// Keys and raw values in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.0
            .split(';')
            .filter(|tag| !tag.is_empty())
            .map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }
}

/// The label of a line that could not be read, or of its beginning, so that the refusal can carry
/// it.
pub fn label_of(line: &[u8]) -> Option<String> {
    let (tags, _) = split_tags(line);
    // Of tags that are too many only the first ones are looked at.
    let tags = &tags[..tags.len().min(limits::CLIENT_TAG_BYTES_MAX)];
    let tag = tags.split(|byte| *byte == b';').find_map(|tag| tag.strip_prefix(b"label="))?;
    Some(unescape(std::str::from_utf8(tag).ok()?).into_owned())
}

/// Writes a tag value in its escaped form.
pub fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains([';', ' ', '\\', '\r', '\n', '\0']) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            ';' => escaped.push_str("\\:"),
            ' ' => escaped.push_str("\\s"),
            '\\' => escaped.push_str("\\\\"),
            '\r' => escaped.push_str("\\r"),
            '\n' => escaped.push_str("\\n"),
            '\0' => {}
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Reads an escaped tag value: an unknown escape loses its backslash, and so does a lone one at
/// the end.
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Cow::Owned(plain)
}

/// The name folded as CASEMAPPING=ascii says.
pub fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// At most this many bytes of the text, never cut inside a character.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let mut end = bytes_max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Appends text, with spaces in the place of bytes that would end the line.
pub(crate) fn push_clean(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    out.extend_from_slice(text.as_bytes());
    if memchr::memchr3(b'\r', b'\n', 0, text.as_bytes()).is_some() {
        for byte in &mut out[start..] {
            if matches!(*byte, b'\r' | b'\n' | 0) {
                *byte = b' ';
            }
        }
    }
}

fn needs_colon(param: &str) -> bool {
    param.is_empty() || param.starts_with(':') || param.contains(' ')
}

fn trim_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn split_tags(line: &[u8]) -> (&[u8], &[u8]) {
    match line.strip_prefix(b"@") {
        None => (b"", line),
        Some(after) => match memchr::memchr(b' ', after) {
            None => (after, b""),
            Some(space) => (&after[..space], &after[space + 1..]),
        },
    }
}

fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        None => (text, ""),
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
    }
}

/// Finds out what it can about a line that is not UTF-8, so that the refusal can name it.
fn not_utf8(rest: &[u8]) -> ParseError {
    let mut words = rest.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let command = words
        .find(|word| !word.starts_with(b":"))
        .filter(|word| word.iter().all(u8::is_ascii_alphanumeric))
        .and_then(|word| std::str::from_utf8(word).ok())
        .map_or_else(|| "*".to_owned(), str::to_ascii_uppercase);
    ParseError::NotUtf8 { command }
}

#[cfg(test)]
mod tests;
