//! Dependencies are few, used, and each has its reason in `docs/decisions/`.

use toml::{Table, Value};

use super::Finding;
use super::code::{code_only, has_word};
use crate::workspace::Tree;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
const DECISIONS: &str = "docs/decisions/";

/// More packages than this can't be looked over by a few people.
const PACKAGES_MAX: usize = 250;

/// Looks for dependencies that nobody uses, that have no reason, and for too many of them.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = unexplained(tree);
    for name in tree.crates() {
        findings.extend(unused(tree, name));
    }
    let packages = tree.text(LOCK).map_or(0, |lock| lock.matches("[[package]]").count());
    if packages > PACKAGES_MAX {
        let what = format!("{packages} packages are more than {PACKAGES_MAX}");
        findings.push(Finding::file(LOCK, what));
    }
    findings
}

/// Dependencies of the workspace that no record of a decision names, or that no crate takes.
fn unexplained(tree: &Tree) -> Vec<Finding> {
    let manifest = parsed(tree, MANIFEST);
    let listed = names(manifest.get("workspace").and_then(Value::as_table), "dependencies");
    let mut findings = Vec::new();
    for name in listed.iter().filter(|name| !tree.has(&format!("crates/{name}"))) {
        let mut records = tree.texts(".md").filter(|(path, _)| path.starts_with(DECISIONS));
        let quoted = format!("`{name}`");
        if !records.any(|(_, text)| text.contains(&quoted)) {
            let what = format!("no record in {DECISIONS} says why `{name}` is used");
            findings.push(Finding::file(MANIFEST, what));
        }
        let taken = tree.crates().iter().any(|taker| {
            let manifest = parsed(tree, &format!("crates/{taker}/Cargo.toml"));
            SECTIONS.iter().any(|section| names(Some(&manifest), section).contains(name))
        });
        if !taken {
            findings.push(Finding::file(MANIFEST, format!("no crate takes `{name}`")));
        }
    }
    findings
}

const SECTIONS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

/// Dependencies of a crate that its code never names.
fn unused(tree: &Tree, name: &str) -> Vec<Finding> {
    let path = format!("crates/{name}/Cargo.toml");
    let manifest = parsed(tree, &path);
    let folder = format!("crates/{name}/");
    let code: Vec<String> = tree
        .texts(".rs")
        .filter(|(path, _)| path.starts_with(&folder))
        .map(|(_, text)| code_only(text))
        .collect();
    SECTIONS
        .iter()
        .flat_map(|section| names(Some(&manifest), section))
        .filter(|used| !code.iter().any(|code| has_word(code, &used.replace('-', "_"))))
        .map(|used| Finding::file(&path, format!("`{name}` takes `{used}` and never names it")))
        .collect()
}

fn parsed(tree: &Tree, path: &str) -> Table {
    toml::from_str(tree.text(path).unwrap_or_default()).unwrap_or_default()
}

fn names(table: Option<&Table>, section: &str) -> Vec<String> {
    let section = table.and_then(|table| table.get(section)).and_then(Value::as_table);
    section.into_iter().flat_map(Table::keys).cloned().collect()
}
