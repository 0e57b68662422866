//! Links between documents lead somewhere: to a file that exists, and to a heading in it.

use super::Finding;
use crate::workspace::Tree;

/// Looks for links that lead nowhere.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let documents = tree.texts(".md").filter(|(path, _)| !path.contains("/vendor/"));
    let mut findings = Vec::new();
    for (path, text) in documents {
        for (line, target) in targets(text) {
            if let Some(what) = wrong(tree, path, text, target) {
                findings.push(Finding::line(path, line, what));
            }
        }
    }
    findings
}

fn wrong(tree: &Tree, path: &str, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let resolved = if file.is_empty() { path.to_owned() } else { resolve(folder, file)? };
    if !tree.has(&resolved) {
        return Some(format!("the link to `{target}` leads nowhere"));
    }
    let linked = if file.is_empty() { Some(text) } else { tree.text(&resolved) };
    let found = linked.is_none_or(|linked| headings(linked).any(|known| known == heading));
    (!heading.is_empty() && resolved.ends_with(".md") && !found)
        .then(|| format!("there is no heading `#{heading}` in {resolved}"))
}

/// A relative path from a folder, without `.` and `..`.
fn resolve(folder: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The targets of the links and pictures of a document, outside code blocks.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for piece in line.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                found.push((index + 1, target.split(' ').next().unwrap_or_default()));
            }
        }
    }
    found
}

/// The headings of a document in the form that links use.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
