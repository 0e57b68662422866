//! `cargo xtask tidy --sizes`: the longest files and functions, to look at before a release.
//!
//! Nothing is enforced: a long function that reads well beats five fragments that don't.

use anyhow::Result;

use super::code::code_only;
use crate::workspace::Tree;

/// How many of each are shown.
const SHOWN: usize = 15;

/// A function that fits on one screen has at most this many lines.
const SCREEN_LINES: usize = 70;

/// Prints the longest files and functions, and where the middle is.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read()?;
    let mut files = Vec::new();
    let mut functions = Vec::new();
    for (path, text) in tree.texts(".rs").filter(|(path, _)| !is_test(path)) {
        files.push((text.lines().count(), path.to_owned()));
        for (line, name, lines) in functions_of(&code_only(text)) {
            functions.push((lines, format!("{path}:{line} {name}")));
        }
    }
    show("files", &mut files);
    show("functions", &mut functions);
    let long = functions.iter().filter(|(lines, _)| *lines > SCREEN_LINES).count();
    println!("{long} of {} functions are longer than {SCREEN_LINES} lines", functions.len());
    Ok(())
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn show(what: &str, sizes: &mut [(usize, String)]) {
    sizes.sort_by(|a, b| b.cmp(a));
    let at = |share: usize| sizes.get(sizes.len() * (100 - share) / 100).map_or(0, |size| size.0);
    println!("{} {what}: median {} lines, p95 {}", sizes.len(), at(50), at(95));
    for (lines, name) in sizes.iter().take(SHOWN) {
        println!("{lines:6}  {name}");
    }
}

/// The functions of a source that has only code: line, name and number of lines of each.
fn functions_of(code: &str) -> Vec<(usize, &str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let mut depth = 0_i64;
        for (offset, line) in lines[index..].iter().enumerate() {
            let opening = line.matches('{').count();
            depth += i64::try_from(opening).unwrap_or(0);
            depth -= i64::try_from(line.matches('}').count()).unwrap_or(0);
            let ended = depth == 0 && (opening > 0 || line.trim_end().ends_with(['}', ';']));
            if ended {
                found.push((index + 1, name, offset + 1));
                break;
            }
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let qualifiers = ["pub", "(crate)", "(super)", "async", "const", "unsafe", "extern"];
    let mut before = before.trim().to_owned();
    for qualifier in qualifiers {
        before = before.replace(qualifier, "");
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (before.trim().is_empty() && end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_head_to_brace() {
        let code = "fn a() { b() }\n\npub(crate) async fn c(\n    d: u8,\n) -> u8 {\n    d\n}\n\
            trait T {\n    fn e(&self);\n}\n";
        assert_eq!(functions_of(code), [(1, "a", 1), (3, "c", 5), (9, "e", 1)]);
    }
}
