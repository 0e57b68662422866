//! A name says what is inside: names that say nothing, or say it twice, are not used.

use super::Finding;
use crate::workspace::Tree;

/// Names that attract everything because they exclude nothing.
const VAGUE: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "misc"];

/// Looks for vague names and for a file that stutters its folder's name.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let ours = tree.paths().filter(|path| !path.contains("/vendor/"));
    ours.filter_map(|path| {
        let parts: Vec<&str> = path.split('/').map(stem).collect();
        if let Some(vague) = parts.iter().find(|part| VAGUE.contains(part)) {
            return Some(Finding::file(path, format!("`{vague}` does not say what is inside")));
        }
        let twin = path.ends_with(".rs") && parts.len() > 1 && {
            let (folder, file) = (parts[parts.len() - 2], parts[parts.len() - 1]);
            folder == file && folder != "xtask"
        };
        twin.then(|| Finding::file(path, "the file stutters its folder's name; use mod.rs"))
    })
    .collect()
}

/// A path's part without its ending, split at nothing: `helper.test.mjs` is `helper`.
fn stem(part: &str) -> &str {
    match part.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => part,
    }
}
