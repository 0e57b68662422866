//! The outside ledger of a crash test: what a program acknowledged before it was killed.
//!
//! The program prints one line per acknowledgement, `ack STREAM PLACE ID`, *after* it was told
//! that the write is durable. The ledger reads the lines in another process, so no crash of the
//! program can take an entry back. Whatever is in the ledger must be found afterwards.

use std::collections::BTreeMap;
use std::io::BufRead;

/// What was acknowledged: per stream, which id stands at which place.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    streams: BTreeMap<String, BTreeMap<u64, String>>,
}

/// A line of the ledger, as the program prints it.
pub fn line(stream: &str, place: u64, id: &str) -> String {
    format!("ack {stream} {place} {id}\n")
}

impl Ledger {
    /// Takes in all acknowledgements until the program's output ends; one that the kill cut short
    /// was never given.
    ///
    /// # Panics
    ///
    /// When two ids were acknowledged for one place.
    pub fn read(&mut self, mut output: impl BufRead) {
        let mut text = Vec::new();
        while output.read_until(b'\n', &mut text).is_ok_and(|read| read > 0) {
            if text.last() == Some(&b'\n')
                && let Ok(whole) = std::str::from_utf8(&text)
            {
                self.take(whole);
            }
            text.clear();
        }
    }

    fn take(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let (Some("ack"), Some(stream), Some(place), Some(id)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        let place = place.parse().expect("a place is a number");
        let before =
            self.streams.entry(stream.to_owned()).or_default().insert(place, id.to_owned());
        assert!(
            before.as_deref().is_none_or(|before| before == id),
            "{stream} {place} was acknowledged for {before:?} and for {id}"
        );
    }

    /// How many acknowledgements there are.
    pub fn len(&self) -> usize {
        self.streams.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks what is there of a stream (its ids, from place 1 on) against the ledger.
    ///
    /// # Panics
    ///
    /// When something acknowledged is missing or stands elsewhere, or an id stands twice.
    pub fn check(&self, stream: &str, there: &[String]) {
        for (place, id) in self.streams.get(stream).into_iter().flatten() {
            let at = usize::try_from(*place).expect("small") - 1;
            assert_eq!(
                there.get(at),
                Some(id),
                "{stream} {place} was acknowledged, but {} events are there",
                there.len()
            );
        }
        let mut sorted: Vec<&String> = there.iter().collect();
        sorted.sort();
        assert!(sorted.windows(2).all(|pair| pair[0] != pair[1]), "{stream} has an event twice");
    }
}
