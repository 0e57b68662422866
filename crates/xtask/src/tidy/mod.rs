//! `cargo xtask tidy`: the structure of the tree, checked in a second.
//!
//! What a compiler or a linter can check is left to them. These rules keep what neither sees: which
//! crate may use which, that every file says what it is for, that a list in one place equals the
//! folder in another. Each rule is a function over a [`Tree`], with a fixture in `tests.rs` that
//! breaks it. Sizes are shown by `--sizes`, not enforced.

use anyhow::{Result, bail};

use crate::workspace::Tree;

pub(crate) mod sizes;
mod code;
mod headers;
mod edges;
mod members;
mod modules;
mod confined;
mod names;
mod words;
mod models;
mod links;
mod vendored;
mod dependencies;
#[cfg(test)]
mod tests;

/// One thing that is wrong, with where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Finding {
    /// A finding about a whole file.
    fn file(path: &str, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, what: what.into() }
    }

    /// A finding about a line, counted from 1.
    fn line(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), what: what.into() }
    }
}

/// A rule: its name and what looks for breaches of it.
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "headers", check: headers::check },
    Rule { name: "edges", check: edges::check },
    Rule { name: "members", check: members::check },
    Rule { name: "modules", check: modules::check },
    Rule { name: "confined", check: confined::check },
    Rule { name: "names", check: names::check },
    Rule { name: "words", check: words::check },
    Rule { name: "models", check: models::check },
    Rule { name: "links", check: links::check },
    Rule { name: "vendored", check: vendored::check },
    Rule { name: "dependencies", check: dependencies::check },
];

/// Checks the workspace; prints what is wrong.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read()?;
    let mut count = 0;
    for rule in RULES {
        for Finding { path, line, what } in (rule.check)(&tree) {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            println!("{path}{line}: {what} [{}]", rule.name);
            count += 1;
        }
    }
    if count > 0 {
        bail!("the tree is not tidy: {count} findings");
    }
    println!("{} files, {} rules: tidy", tree.paths().count(), RULES.len());
    Ok(())
}
