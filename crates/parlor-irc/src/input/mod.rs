//! Bytes from the socket, cut into lines. Holds no memory while nothing is waiting.

use std::ops::Range;

use crate::limits;
use crate::message::label_of;

/// What has come in and has not been handled.
#[derive(Debug, Default)]
pub struct Input {
    bytes: Vec<u8>,
    at: usize,
    /// Inside a line that was too long: everything to its end is thrown away.
    skipping: bool,
}

/// The next thing in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A line; see [`Input::line`].
    Line(Range<usize>),
    /// A line that is longer than any may be; it was skipped. Its label, if it had one.
    TooLong(Option<String>),
    /// Nothing complete.
    Nothing,
}

impl Input {
    /// Adds bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Passes over bytes that are no line.
    pub fn skip(&mut self, bytes: usize) {
        self.at = self.bytes.len().min(self.at + bytes);
    }

    /// The bytes that wait.
    pub fn waiting(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Finds the next line and moves behind it.
    pub fn find(&mut self) -> Found {
        loop {
            let waiting = &self.bytes[self.at..];
            let Some(end) = memchr::memchr(b'\n', waiting) else { return self.incomplete() };
            let line = self.at..self.at + end;
            self.at = line.end + 1;
            if self.skipping {
                self.skipping = false;
                continue;
            }
            if line.len() > limits::INPUT_LINE_BYTES_MAX {
                return Found::TooLong(label_of(&self.bytes[line]));
            }
            return Found::Line(line);
        }
    }

    /// A line found by [`Input::find`], until more is added.
    pub fn line(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    fn incomplete(&mut self) -> Found {
        let waiting = self.bytes.len() - self.at;
        if self.skipping || waiting > limits::INPUT_LINE_BYTES_MAX {
            let first = !self.skipping;
            self.skipping = true;
            let label = if first { label_of(&self.bytes[self.at..]) } else { None };
            self.clear();
            return if first { Found::TooLong(label) } else { Found::Nothing };
        }
        if waiting == 0 {
            self.clear();
        } else if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        Found::Nothing
    }

    fn clear(&mut self) {
        self.bytes = Vec::new();
        self.at = 0;
    }
}

#[cfg(test)]
mod tests;
