//! The members list is the table of contents: complete, commented, and told in ARCHITECTURE.md.

use super::Finding;
use crate::workspace::Tree;

const MANIFEST: &str = "Cargo.toml";
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Looks for crates that are missing from a list, and for crates that don't take the lints.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let manifest = tree.text(MANIFEST).unwrap_or_default();
    let architecture = tree.text(ARCHITECTURE).unwrap_or_default();
    let mut findings = Vec::new();
    let listed = members(manifest);
    for (line, name, comment) in &listed {
        if comment.is_empty() {
            let what = format!("the member `{name}` has no comment that says what it is");
            findings.push(Finding::line(MANIFEST, *line, what));
        }
        if !tree.has(&format!("crates/{name}/Cargo.toml")) {
            let what = format!("the member `{name}` does not exist");
            findings.push(Finding::line(MANIFEST, *line, what));
        }
    }
    for name in tree.crates() {
        if !listed.iter().any(|(_, known, _)| *known == name) {
            let what = format!("the crate `{name}` is not among the members");
            findings.push(Finding::file(MANIFEST, what));
        }
        if !architecture.lines().any(|line| line.contains(&format!("`{name}`"))) {
            let what = format!("the crate `{name}` is not in the code map");
            findings.push(Finding::file(ARCHITECTURE, what));
        }
        findings.extend(lost_paths(tree, name, architecture));
        let path = format!("crates/{name}/Cargo.toml");
        if !takes_lints(tree.text(&path).unwrap_or_default()) {
            findings.push(Finding::file(&path, "the crate does not take the workspace's lints"));
        }
    }
    findings
}

/// Files that the code map's line of a crate begins with, and that aren't there.
fn lost_paths(tree: &Tree, name: &str, architecture: &str) -> Vec<Finding> {
    let row = format!("| `{name}` |");
    let Some((index, line)) =
        architecture.lines().enumerate().find(|(_, line)| line.starts_with(&row))
    else {
        return Vec::new();
    };
    let begin_with = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or_default();
    let lost = begin_with
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|path| !tree.has(&format!("crates/{name}/{}", path.trim_end_matches('/'))));
    lost.map(|path| {
        Finding::line(ARCHITECTURE, index + 1, format!("`{name}` has no {path} to begin with"))
    })
    .collect()
}

/// The members by line, crate name and comment.
fn members(manifest: &str) -> Vec<(usize, &str, &str)> {
    let lines = manifest.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter_map(|(number, line)| {
            let (name, rest) = line.strip_prefix("\"crates/")?.split_once('"')?;
            let comment = rest.split_once('#').map_or("", |(_, comment)| comment.trim());
            Some((number, name, comment))
        })
        .collect()
}

fn takes_lints(manifest: &str) -> bool {
    let parsed = toml::from_str::<toml::Table>(manifest).unwrap_or_default();
    let lints = parsed.get("lints").and_then(|lints| lints.get("workspace"));
    lints.and_then(toml::Value::as_bool) == Some(true)
}
