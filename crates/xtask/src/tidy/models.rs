//! An I/O model has one name in every place: its file, the command line, its row of the test matrix
//! and its chapter.

use super::Finding;
use super::code::code_only;
use crate::workspace::Tree;

const FOLDER: &str = "crates/parlor-engine/src/model/";
const ROOT: &str = "crates/parlor-engine/src/model/mod.rs";
const TESTS: &str = "crates/parlor-engine/tests/it/";
const CHAPTERS: &str = "docs/lecture/";

/// Files of the folder that are no models.
const OTHERS: &[&str] = &["mod", "tests"];

/// Looks for models that are missing somewhere.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.text(ROOT) else { return Vec::new() };
    let names = names(root);
    if names.is_empty() {
        return vec![Finding::file(ROOT, "the names of the models are not in a list `NAMES`")];
    }
    let mut findings = Vec::new();
    for name in &names {
        if !tree.has(&format!("{FOLDER}{name}.rs")) && !tree.has(&format!("{FOLDER}{name}/mod.rs"))
        {
            findings
                .push(Finding::file(ROOT, format!("the model `{name}` has no file of its name")));
        }
        let quoted = [format!("\"{name}\""), format!("\"{name}:")];
        let tested = tree
            .texts(".rs")
            .filter(|(path, _)| path.starts_with(TESTS))
            .any(|(_, text)| quoted.iter().any(|quoted| text.contains(quoted)));
        if !tested {
            let what = format!("the model `{name}` has no row in the engine's test matrix");
            findings.push(Finding::file(TESTS, what));
        }
        let heading = format!("\n## `{name}`: the system calls\n");
        let told = tree
            .texts(".md")
            .filter(|(path, _)| path.starts_with(CHAPTERS))
            .any(|(_, text)| text.contains(&heading));
        if !told {
            let what = format!("the model `{name}` has no chapter that shows its system calls");
            findings.push(Finding::file(CHAPTERS, what));
        }
    }
    findings
}

/// The names in the list `NAMES`.
fn names(source: &str) -> Vec<String> {
    let code = code_only(source);
    let Some(start) = code.find("NAMES") else { return Vec::new() };
    let Some(opening) = code[start..].find('=').map(|at| start + at) else { return Vec::new() };
    let Some(end) = code[opening..].find(';').map(|at| opening + at) else { return Vec::new() };
    let quoted = source[opening..end].split('"').skip(1).step_by(2);
    quoted.filter(|name| !OTHERS.contains(name)).map(str::to_owned).collect()
}
