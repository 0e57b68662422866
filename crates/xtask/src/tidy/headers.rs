//! Every source file says in its first line what it is.

use super::Finding;
use crate::workspace::Tree;

/// Looks for files without a header.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree
        .texts(".rs")
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| Finding::file(path, "the file does not begin with a `//!` header"));
    let script = [".js", ".mjs", ".css"]
        .into_iter()
        .flat_map(|ending| tree.texts(ending))
        .filter(|(path, _)| !path.contains("/vendor/"))
        .filter(|(_, text)| !["//", "/*", "#!"].iter().any(|start| text.starts_with(start)))
        .map(|(path, _)| {
            Finding::file(path, "the file does not begin with a comment that says what it is")
        });
    rust.chain(script).collect()
}
