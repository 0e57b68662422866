//! Which crate may use which: the table that keeps the layers apart.

use super::Finding;
use crate::workspace::Tree;

/// One crate and the crates of ours that its code may use. Tests may use [`FOR_TESTS`] besides.
struct Row {
    name: &'static str,
    uses: &'static [&'static str],
}

/// The layers, from the ground up. Apps never see each other, nor any protocol; protocols never
/// see each other; the engine and the store know nobody. The testkit knows the store alone: its ear
/// on topics serves the tests of every app.
const TABLE: &[Row] = &[
    Row { name: "parlor-engine", uses: &[] },
    Row { name: "parlor-lab", uses: &["parlor-engine"] },
    Row { name: "parlor-topics", uses: &[] },
    Row { name: "parlor-hub", uses: &["parlor-topics"] },
    Row { name: "parlor-chat", uses: &["parlor-topics", "parlor-hub"] },
    Row {
        name: "parlor-irc",
        uses: &["parlor-engine", "parlor-topics", "parlor-hub", "parlor-chat"],
    },
    Row { name: "parlor-http", uses: &["parlor-engine", "parlor-hub"] },
    Row {
        name: "parlor-web",
        uses: &["parlor-engine", "parlor-http", "parlor-topics", "parlor-hub", "parlor-chat"],
    },
    // It speaks the written protocol and needs none of ours.
    Row { name: "parlor-terminal", uses: &[] },
    Row {
        name: "parlor",
        uses: &[
            "parlor-engine",
            "parlor-lab",
            "parlor-topics",
            "parlor-hub",
            "parlor-chat",
            "parlor-irc",
            "parlor-http",
            "parlor-web",
            "parlor-terminal",
        ],
    },
    Row { name: "parlor-testkit", uses: &["parlor-topics"] },
    Row { name: "xtask", uses: &[] },
];

/// The crate that only tests may use.
const FOR_TESTS: &str = "parlor-testkit";

/// Looks for edges that the table doesn't have.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in tree.crates() {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest = tree.text(&path).map(toml::from_str::<toml::Table>);
        let Some(Ok(manifest)) = manifest else {
            findings.push(Finding::file(&path, "the crate has no readable manifest"));
            continue;
        };
        let Some(row) = TABLE.iter().find(|row| row.name == name) else {
            findings.push(Finding::file(&path, "the crate has no row in tidy's table of edges"));
            continue;
        };
        let ours = |section: &str| {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            let names = table.into_iter().flat_map(toml::Table::keys);
            names.filter(|name| TABLE.iter().any(|row| row.name == *name)).cloned()
        };
        for used in ours("dependencies").chain(ours("build-dependencies")) {
            if !row.uses.contains(&used.as_str()) {
                findings.push(Finding::file(&path, format!("`{name}` may not use `{used}`")));
            }
        }
        for used in ours("dev-dependencies") {
            if used != FOR_TESTS && !row.uses.contains(&used.as_str()) {
                let what = format!("the tests of `{name}` may not use `{used}`");
                findings.push(Finding::file(&path, what));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest chain of crates that have to be compiled one after the other.
    const CHAIN_MAX: usize = 5;

    /// How many crates stand one upon the other below this one, itself included.
    fn chain(name: &str) -> usize {
        let row = TABLE.iter().find(|row| row.name == name);
        1 + row.into_iter().flat_map(|row| row.uses).map(|used| chain(used)).max().unwrap_or(0)
    }

    #[test]
    fn the_table_is_not_deeper_than_it_may_be() {
        for row in TABLE {
            assert!(chain(row.name) <= CHAIN_MAX, "{} stands too high", row.name);
        }
    }
}
