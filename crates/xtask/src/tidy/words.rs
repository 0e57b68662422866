//! Words that may not be in a tracked file: leftovers, addresses of registries, paths of a machine.

use super::Finding;
use super::code::code_only;
use crate::workspace::Tree;

/// Leftovers in code; each with what to do instead.
const LEFTOVERS: &[(&str, &str)] = &[
    ("dbg!", "a leftover of debugging"),
    ("todo!", "write it, or return an error that says it is missing"),
    ("unimplemented!", "write it, or return an error that says it is missing"),
];

/// Marks in any text; each with what to do instead.
const MARKS: &[(&str, &str)] = &[
    ("FIXME", "fix it, or file an issue and write `TODO(#number)`"),
    ("XXX:", "say what is meant, or file an issue and write `TODO(#number)`"),
];

/// Hosts that only a tool's own configuration may name.
const HOSTS: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "static.crates.io",
    "index.crates.io",
    "deb.debian.org",
    "files.pythonhosted.org",
    "pypi.org",
];

/// Paths that exist on one machine only.
const MACHINE_PATHS: &[&str] = &["/root/", "/home/", "/work/", "/tmp/", "/Users/"];

/// This rule has to name what it looks for.
const EXEMPT: &[&str] = &["crates/xtask/src/tidy/words.rs", "crates/xtask/src/tidy/tests.rs"];

/// Looks for these words.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours = tree.paths().filter(|path| !EXEMPT.contains(path) && !path.contains("/vendor/"));
    for (path, text) in ours.filter_map(|path| Some((path, tree.text(path)?))) {
        for (index, line) in text.lines().enumerate() {
            if let Some(what) = wrong_in_text(line) {
                findings.push(Finding::line(path, index + 1, what));
            }
        }
        if path.ends_with(".rs") {
            for (index, line) in code_only(text).lines().enumerate() {
                let found = LEFTOVERS.iter().find(|(word, _)| line.contains(word));
                findings.extend(found.map(|(_, what)| Finding::line(path, index + 1, *what)));
            }
        }
    }
    findings
}

fn wrong_in_text(line: &str) -> Option<String> {
    if let Some((mark, what)) = MARKS.iter().find(|(mark, _)| line.contains(mark)) {
        return Some(format!("{mark}: {what}"));
    }
    if let Some((_, after)) = line.split_once("TODO")
        && !after.starts_with("(#")
    {
        return Some("a TODO without an issue; write `TODO(#number)`".to_owned());
    }
    if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
        return Some(format!("`{host}` belongs into nobody's tree"));
    }
    let path = MACHINE_PATHS.iter().find(|path| begins_with_path(line, path))?;
    Some(format!("`{path}` is a path of one machine"))
}

/// Whether the path begins in this line: `/home/` does in `at /home/x`, not in `docs/home/x`.
fn begins_with_path(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "._-/}$)".contains(c);
    line.match_indices(path).any(|(at, _)| !line[..at].chars().next_back().is_some_and(inside))
}
