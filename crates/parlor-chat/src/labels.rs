//! What can be asked of a message besides its words: labels of the search index, and who is named.

use std::collections::BTreeSet;
use std::fmt::Write;

use parlor_hub::{Nick, PersonId};

use crate::{limits::NAMES_LOOKED_UP_MAX, message::Message, query::Has};

/// Returns the labels of a message.
pub(crate) fn labels(message: &Message, peer: PersonId, named: &[PersonId]) -> Vec<String> {
    let mut labels = vec![from(&message.author.nick)];
    let account = message.author.account.as_ref().filter(|name| **name != message.author.nick);
    labels.extend(account.map(|name| from(name)));
    if message.to.is_some() {
        labels.push(with(peer));
    }
    if message.text.contains("https://") || message.text.contains("http://") {
        labels.push(has(Has::Link).to_owned());
    }
    if !message.files.is_empty() {
        labels.push(has(Has::File).to_owned());
    }
    if message.files.iter().any(|file| file.kind.starts_with("image/")) {
        labels.push(has(Has::Image).to_owned());
    }
    labels.extend(named.iter().map(|person| names(*person)));
    labels
}

/// The label of what somebody says.
pub(crate) fn from(name: &str) -> String {
    let mut label = String::from("from");
    for byte in name.to_lowercase().bytes() {
        // Writing to a string does not fail.
        let _ = write!(label, "{byte:02x}");
    }
    label
}

/// The label of a conversation.
pub(crate) fn with(peer: PersonId) -> String {
    format!("with{}", peer.0)
}

/// The label of what names somebody.
pub(crate) fn names(person: PersonId) -> String {
    format!("names{}", person.0)
}

/// The label of what has something in it.
pub(crate) fn has(what: Has) -> &'static str {
    match what {
        Has::Link => "haslink",
        Has::File => "hasfile",
        Has::Image => "hasimage",
    }
}

/// Returns the words of a message that may name somebody, as names are compared: with an `@` or
/// without. Of a long text it looks at the first ones.
pub(crate) fn possible_names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c| !is_part(c)).filter(|word| !word.is_empty());
    let names = words.take(NAMES_LOOKED_UP_MAX).filter_map(|word| Nick::new(word).ok());
    names.map(|name| name.folded()).collect()
}

/// Says whether a character may stand in a name: beyond ASCII all that is neither blank nor
/// punctuation, marks that combine with letters included.
fn is_part(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-_[]\\`^{}|".contains(c);
    }
    let punctuation = matches!(c,
        '\u{80}'..='\u{BF}' | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}' | '\u{FF00}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}');
    !punctuation && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for (text, names) in [
            ("ann: hi", &["ann", "hi"][..]),
            ("hi @Ann, @bob-2!", &["ann", "bob-2", "hi"]),
            ("mail ann@example.org", &["ann", "example", "mail", "org"]),
            ("[x]_{y}", &["[x]_{y}"]),
            ("annie", &["annie"]),
            ("「zoë」、hi", &["hi", "zoë"]),
            ("", &[]),
        ] {
            assert_eq!(possible_names(text).iter().collect::<Vec<_>>(), names, "{text}");
        }
        let long = (0..NAMES_LOOKED_UP_MAX + 9).map(|n| format!("w{n} ")).collect::<String>();
        assert_eq!(possible_names(&long).len(), NAMES_LOOKED_UP_MAX);
    }

    #[test]
    fn labels_are_plain_words_and_case_does_not_matter() {
        assert_eq!(from("Ann"), "from616e6e");
        assert_eq!(from("ÄNN"), from("änn"));
        assert!(from("a b\"*").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
