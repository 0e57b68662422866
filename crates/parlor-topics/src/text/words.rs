//! Text as the index has it, and questions as it understands them.
//!
//! Words between spaces are words to it; its own tokenizer folds case and accents. Scripts that
//! write without spaces are cut into pairs of characters that overlap (東京都 is 東京 and 京都), so
//! that any part of two characters or more is found; single characters have a column of their own.

use super::TextPhrase;
use crate::limits::TEXT_PREFIX_CHARS_MIN;

/// Returns the words of a text: runs of a script without spaces become pairs, and the last
/// character of each run.
pub(super) fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for run in runs(text) {
        match run {
            Run::Plain(plain) => out.push_str(plain),
            Run::Dense(dense) => pairs(dense, true, &mut out),
        }
    }
    out
}

/// Returns the single characters of those scripts, each once, in the order in which they come.
pub(super) fn characters(text: &str) -> String {
    let mut seen: Vec<char> = text.chars().filter(|c| is_dense(*c)).collect();
    seen.sort_unstable();
    seen.dedup();
    let mut out = String::with_capacity(seen.len() * 4);
    for c in seen {
        out.push(c);
        out.push(' ');
    }
    out
}

/// Returns a phrase as a condition of the index; nothing if there is no word in it.
pub(super) fn phrase(phrase: &TextPhrase) -> Option<String> {
    let text = &*phrase.text;
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let all = runs(text);
    if let [Run::Dense(dense)] = all[..] {
        let mut characters = dense.chars();
        if let (Some(single), None) = (characters.next(), characters.next()) {
            return Some(format!("characters : {}", quoted(&single.to_string())));
        }
    }
    let goes_on = match all.last() {
        Some(Run::Plain(plain)) => phrase.begins && is_beginning(plain),
        Some(Run::Dense(_)) | None => false,
    };
    let mut out = String::new();
    let last = all.len().saturating_sub(1);
    for (at, run) in all.into_iter().enumerate() {
        match run {
            Run::Plain(plain) => out.push_str(plain),
            // What is asked for may go on in the text, where its last character begins a pair.
            Run::Dense(dense) => pairs(dense, at < last, &mut out),
        }
    }
    let star = if goes_on { " *" } else { "" };
    Some(format!("words : {}{star}", quoted(&out)))
}

/// Says whether a text ends in a word that is long enough to be the beginning of others.
fn is_beginning(text: &str) -> bool {
    let word = text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    word.chars().count() >= TEXT_PREFIX_CHARS_MIN
}

/// Returns a string of the index's language.
pub(super) fn quoted(text: &str) -> String {
    let plain = text.replace('\0', " ");
    format!("\"{}\"", plain.replace('"', "\"\""))
}

enum Run<'a> {
    Plain(&'a str),
    Dense(&'a str),
}

/// Cuts a text where scripts with and without spaces meet.
fn runs(text: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let dense = is_dense(first);
        let end = rest.find(|c| is_dense(c) != dense).unwrap_or(rest.len());
        let (run, further) = rest.split_at(end);
        runs.push(if dense { Run::Dense(run) } else { Run::Plain(run) });
        rest = further;
    }
    runs
}

fn pairs(dense: &str, with_last: bool, out: &mut String) {
    let characters: Vec<char> = dense.chars().collect();
    out.push(' ');
    for pair in characters.windows(2) {
        out.extend(pair);
        out.push(' ');
    }
    if let Some(last) = characters.last().filter(|_| with_last || characters.len() == 1) {
        out.push(*last);
        out.push(' ');
    }
}

/// Says whether a character belongs to a script that writes without spaces, or nearly so: Chinese,
/// Japanese and Korean.
fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11FF}'
        | '\u{2E80}'..='\u{2FDF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3031}'..='\u{3035}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{30FC}'..='\u{318F}'
        | '\u{31A0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFD}')
}
