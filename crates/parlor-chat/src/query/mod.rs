//! What somebody types to search: words, phrases and operators, read into a question.
//!
//! `from:` who said it, `in:` which room, `has:link`, `has:file` and `has:image`, `is:mention`,
//! `before:` and `after:` a day, `"a phrase"`, `-without`, and `begin*` for every word that begins
//! so. Everything else is words.

use parlor_topics::TextPhrase;

use crate::{limits::QUERY_BYTES_MAX, refusal::Refusal};

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Words and phrases that must be there.
    pub(crate) phrases: Vec<TextPhrase>,
    /// Those that must not.
    pub(crate) without: Vec<TextPhrase>,
    /// Who said it: a nick or the name of an account.
    pub(crate) from: Option<String>,
    /// The name of a room, with its sign.
    pub(crate) room: Option<String>,
    /// What the message has in it.
    pub(crate) has: Vec<Has>,
    /// Whether it names the asker.
    pub(crate) mention: bool,
    /// From the beginning of this day on, in milliseconds since 1970.
    pub(crate) since_ms: u64,
    /// Before the beginning of this day.
    pub(crate) until_ms: Option<u64>,
}

/// Something a message may have in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Has {
    /// A web address.
    Link,
    /// A file.
    File,
    /// A picture.
    Image,
}

impl Query {
    /// Reads a question.
    pub(crate) fn parse(typed: &str) -> Result<Self, Refusal> {
        if typed.len() > QUERY_BYTES_MAX {
            return Err(Refusal::TooLong { max: QUERY_BYTES_MAX });
        }
        let mut query = Self::default();
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            let (piece, further) = Piece::next(rest);
            query.take(piece)?;
            rest = further.trim_start();
        }
        if query == Self::default() { Err(Refusal::Empty) } else { Ok(query) }
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<(), Refusal> {
        let Piece { without, text, quoted } = piece;
        if text.is_empty() {
            return Ok(());
        }
        let operator = if quoted || without { None } else { text.split_once(':') };
        match operator.filter(|(_, value)| !value.is_empty()) {
            Some(("from", name)) => self.from = Some(name.trim_start_matches('@').to_owned()),
            Some(("in", room)) => self.room = Some(named(room)),
            Some(("has", what)) => self.has.push(has(what)?),
            Some(("is", "mention")) => self.mention = true,
            Some(("before", day)) => self.until_ms = Some(self::day(day)?),
            Some(("after", day)) => self.since_ms = self::day(day)?,
            _ if without => self.without.push(piece.phrase()),
            _ => self.phrases.push(piece.phrase()),
        }
        Ok(())
    }
}

/// One word, or one phrase in quotes.
#[derive(Clone, Copy)]
struct Piece<'a> {
    without: bool,
    text: &'a str,
    quoted: bool,
}

impl<'a> Piece<'a> {
    /// What is asked of the index: a star at the end of a word stands for the rest of it.
    fn phrase(self) -> TextPhrase {
        match self.text.strip_suffix('*').filter(|_| !self.quoted) {
            Some(beginning) => TextPhrase::beginning(beginning),
            None => TextPhrase::whole(self.text),
        }
    }

    /// Takes the first piece of a text that begins with one.
    fn next(rest: &'a str) -> (Self, &'a str) {
        let (without, rest) = match rest.strip_prefix('-') {
            Some(further) if !further.starts_with(char::is_whitespace) => (true, further),
            _ => (false, rest),
        };
        if let Some(phrase) = rest.strip_prefix('"') {
            // A phrase that does not end goes to the end.
            let (text, further) = phrase.split_once('"').unwrap_or((phrase, ""));
            return (Self { without, text: text.trim(), quoted: true }, further);
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (text, further) = rest.split_at(end);
        (Self { without, text, quoted: false }, further)
    }
}

/// A room as its name is: people leave out the sign.
fn named(room: &str) -> String {
    if room.starts_with('#') { room.to_owned() } else { format!("#{room}") }
}

fn has(what: &str) -> Result<Has, Refusal> {
    match what {
        "link" => Ok(Has::Link),
        "file" => Ok(Has::File),
        "image" => Ok(Has::Image),
        _ => Err(Refusal::NotAQuestion { why: "has: takes link, file or image" }),
    }
}

/// Reads a day as the moment when it begins, in universal time.
fn day(text: &str) -> Result<u64, Refusal> {
    let wrong = Refusal::NotAQuestion { why: "a day is written as 2026-11-27" };
    days(text).map(|days| days * 24 * 60 * 60 * 1_000).ok_or(wrong)
}

/// Counts the days from the first one of 1970 to this one.
fn days(text: &str) -> Option<u64> {
    let mut parts = text.splitn(3, '-').map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| digits)
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let every = |years: u64, year: u64| year.is_multiple_of(years);
    let leap = |year| every(4, year) && (!every(100, year) || every(400, year));
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months: u64 = lengths.iter().take(usize::try_from(month - 1).ok()?).sum();
    Some(years + months + day - 1)
}

#[cfg(test)]
mod tests;
