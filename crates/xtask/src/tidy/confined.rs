//! Things that may stand only in one place.

use super::Finding;
use super::code::{code_only, has_word};
use crate::workspace::Tree;

/// A word and the only paths in which code may say it.
struct Confined {
    word: &'static str,
    places: &'static [&'static str],
    what: &'static str,
}

const CONFINED: &[Confined] = &[
    Confined {
        word: "unsafe",
        places: &["crates/parlor-engine/src/sys/"],
        what: "`unsafe` stands only in parlor-engine/src/sys",
    },
    Confined {
        word: "rusqlite",
        places: &["crates/parlor-topics/"],
        what: "only the store knows SQLite; SQL goes through its transactions",
    },
    Confined {
        word: "hyper",
        places: &[
            "crates/parlor-http/",
            "crates/parlor-engine/tests/",
            "crates/parlor-engine/examples/",
        ],
        what: "only parlor-http knows hyper",
    },
    Confined {
        word: "anyhow",
        places: &["crates/parlor/", "crates/parlor-lab/", "crates/xtask/"],
        what: "a library has an error type of its own; `anyhow` is for programs",
    },
];

/// Looks for words outside the places that they are confined to.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts(".rs") {
        let code = code_only(text);
        for Confined { word, places, what } in CONFINED {
            if places.iter().any(|place| path.starts_with(place)) {
                continue;
            }
            let lines = code.lines().enumerate().filter(|(_, line)| has_word(line, word));
            findings.extend(lines.map(|(index, _)| Finding::line(path, index + 1, *what)));
        }
    }
    findings
}
