//! The page's vendored files are exactly those of the list beside them.

use super::Finding;
use crate::digest::sha256;
use crate::vendor::{FOLDER, LIST, List};
use crate::workspace::Tree;

/// Looks for files that differ from the list, are missing, or aren't in it.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let path = format!("{FOLDER}/{LIST}");
    let Some(text) = tree.text(&path) else { return Vec::new() };
    let list = match List::parse(text) {
        Ok(list) => list,
        Err(error) => return vec![Finding::file(&path, format!("{error:#}"))],
    };
    let mut findings = Vec::new();
    for file in &list.file {
        let vendored = format!("{FOLDER}/{}", file.name);
        match tree.bytes(&vendored) {
            None => findings.push(Finding::file(&vendored, "the list has it, the folder doesn't")),
            Some(bytes) if sha256(bytes) != file.vendored_sha256 => {
                let what = "the file is not the one of the list; run `cargo xtask vendor`";
                findings.push(Finding::file(&vendored, what));
            }
            Some(_) => {}
        }
    }
    let prefix = format!("{FOLDER}/");
    for path in tree.paths() {
        let Some(name) = path.strip_prefix(&prefix) else { continue };
        if !name.eq(LIST) && !list.file.iter().any(|file| file.name == name) {
            findings.push(Finding::file(path, format!("the file is not in {LIST}")));
        }
    }
    findings
}
