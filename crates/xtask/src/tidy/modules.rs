//! Every module is declared: a file that nobody names is compiled by nobody and tests nothing.

use super::Finding;
use super::code::{code_only, has_word};
use crate::workspace::Tree;

/// Looks for Rust files that no parent declares, and for more than one integration binary a crate.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in tree.paths().filter(|path| path.ends_with(".rs")) {
        let Some((name, inside)) =
            path.strip_prefix("crates/").and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        let parts: Vec<&str> = inside.split('/').collect();
        match parts.as_slice() {
            ["src", "lib.rs" | "main.rs"] | ["tests", "it", "main.rs"] => {}
            ["src", "bin", ..] | ["benches" | "examples", ..] | ["build.rs"] => {}
            ["tests", _] => findings.push(Finding::file(
                path,
                format!("integration tests of `{name}` are modules of tests/it/main.rs"),
            )),
            _ if !is_declared(tree, path) => {
                findings.push(Finding::file(path, "no module declares this file with `mod`"));
            }
            _ => {}
        }
    }
    findings
}

fn is_declared(tree: &Tree, path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return false };
    let (folder, module) = match file.strip_suffix(".rs") {
        Some("mod") => folder.rsplit_once('/').unwrap_or(("", folder)),
        Some(module) => (folder, module),
        None => return false,
    };
    let declaration = format!("mod {module};");
    let by_path = format!("path = \"{file}\"");
    let roots = ["mod.rs", "lib.rs", "main.rs"].map(|root| format!("{folder}/{root}"));
    let beside = format!("{folder}.rs");
    roots
        .iter()
        .chain([&beside])
        .filter_map(|parent| tree.text(parent))
        .any(|source| has_word(&code_only(source), &declaration) || source.contains(&by_path))
}
