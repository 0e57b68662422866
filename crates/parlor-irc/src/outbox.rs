//! The lines a command answers with, gathered before they are queued.
//!
//! Why gathered: labeled-response has to know how many lines an answer has before it can write the
//! first. Invariants: every line ends in CR LF, holds no other CR, LF or NUL and has at most
//! 512 bytes beside its tags: a parameter that would not fit is cut at a character's edge (only
//! server replies are built here; messages of people are split by `encode`, never cut).

use bytes::Bytes;

use crate::limits;
use crate::message::{cut, escape, push_clean};
use crate::numeric::Numeric;

/// Lines on their way to one client.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
}

impl Outbox {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// True when there is no line in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes are in it.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the lines out.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.bytes))
    }

    /// The lines so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends complete lines built elsewhere.
    pub fn extend(&mut self, lines: &[u8]) {
        self.bytes.extend_from_slice(lines);
    }

    /// Starts a line; tags, source and words follow, `end` or `text` finishes it.
    pub fn line(&mut self) -> Line<'_> {
        let start = self.bytes.len();
        Line { out: &mut self.bytes, start, tags: false }
    }

    /// A numeric with its standard words.
    pub fn numeric(&mut self, server: &str, nick: &str, numeric: Numeric, params: &[&str]) {
        self.numeric_text(server, nick, numeric, params, numeric.text());
    }

    /// A numeric with words of its own.
    pub fn numeric_text(
        &mut self,
        server: &str,
        nick: &str,
        numeric: Numeric,
        params: &[&str],
        text: &str,
    ) {
        self.numeric_line(server, nick, numeric).words(params).text(text);
    }

    /// A numeric without trailing words.
    pub fn numeric_bare(&mut self, server: &str, nick: &str, numeric: Numeric, params: &[&str]) {
        self.numeric_line(server, nick, numeric).words(params).end();
    }

    fn numeric_line(&mut self, server: &str, nick: &str, numeric: Numeric) -> Line<'_> {
        let code = numeric.code();
        let digits = [digit(code / 100), digit(code / 10 % 10), digit(code % 10)];
        let line = self.line().source(server);
        line.out.extend_from_slice(&digits);
        line.word(nick)
    }

    /// A standard reply: `FAIL`, `WARN` or `NOTE`.
    pub fn standard(&mut self, server: &str, kind: &str, command: &str, code: &str, text: &str) {
        self.line().source(server).command(kind).words(&[command, code]).text(text);
    }
}

fn digit(value: u16) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0)
}

/// A line being written.
#[derive(Debug)]
#[must_use = "a line without end() or text() is not finished"]
pub struct Line<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    tags: bool,
}

impl<'a> Line<'a> {
    /// Adds a tag; before the source only.
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.out.push(if self.tags { b';' } else { b'@' });
        self.tags = true;
        push_clean(self.out, key);
        if !value.is_empty() {
            self.out.push(b'=');
            push_clean(self.out, &escape(value));
        }
        self
    }

    /// Adds the source.
    pub fn source(mut self, source: &str) -> Self {
        self.close_tags();
        self.out.push(b':');
        push_clean(self.out, source);
        self.out.push(b' ');
        self
    }

    /// Adds the source of a person: `nick!user@host`.
    pub fn person(mut self, nick: &str, user: &str, host: &str) -> Self {
        self.close_tags();
        self.out.push(b':');
        push_clean(self.out, nick);
        self.out.push(b'!');
        push_clean(self.out, user);
        self.out.push(b'@');
        push_clean(self.out, host);
        self.out.push(b' ');
        self
    }

    /// Adds the command.
    pub fn command(mut self, command: &str) -> Self {
        self.close_tags();
        push_clean(self.out, command);
        self
    }

    /// Adds one parameter that is not the trailing one; an empty one is shown as `*`.
    pub fn word(self, word: &str) -> Self {
        self.out.push(b' ');
        let start = self.out.len();
        push_clean(self.out, if word.is_empty() { "*" } else { word });
        // A word of a peer's making can not become two, nor the trailing parameter.
        for byte in &mut self.out[start..] {
            if *byte == b' ' {
                *byte = b'_';
            }
        }
        if self.out[start] == b':' {
            self.out[start] = b'_';
        }
        self
    }

    /// Adds several.
    pub fn words(self, words: &[&str]) -> Self {
        words.iter().fold(self, |line, word| line.word(word))
    }

    /// Adds the trailing parameter and ends the line.
    pub fn text(self, text: &str) {
        self.out.extend_from_slice(b" :");
        push_clean(self.out, text);
        self.end();
    }

    /// The same, with text before and after it, as CTCP has.
    pub fn text_between(self, before: &str, text: &str, after: &str) {
        self.out.extend_from_slice(b" :");
        push_clean(self.out, before);
        push_clean(self.out, text);
        push_clean(self.out, after);
        self.end();
    }

    /// Ends the line.
    pub fn end(self) {
        let body = self.body();
        let room = limits::LINE_BYTES_MAX - 2;
        if self.out.len() - body > room {
            let end = cut_bytes(&self.out[body..], room);
            self.out.truncate(body + end);
        }
        self.out.extend_from_slice(b"\r\n");
    }

    /// Where the line begins after its tags.
    fn body(&self) -> usize {
        if !self.tags {
            return self.start;
        }
        let line = &self.out[self.start..];
        self.start + memchr::memchr(b' ', line).map_or(0, |space| space + 1)
    }

    fn close_tags(&mut self) {
        // Only the first part after the tags closes them: it finds the line ending in a tag.
        if self.tags && !self.out[self.start..].contains(&b' ') {
            self.out.push(b' ');
        }
    }
}

fn cut_bytes(bytes: &[u8], bytes_max: usize) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => cut(text, bytes_max).len(),
        Err(_) => bytes_max.min(bytes.len()),
    }
}
