//! The report: a folder with one page that needs nothing else, the figures as JSON, and every
//! histogram as it was recorded.

mod page;
mod json;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::plan::Plan;
use crate::record::Row;
use crate::run::Results;

/// Which file says that a folder is one of ours and may be written over.
const MARK: &str = "results.json";

/// Refuses a folder that holds something else, before hours are spent on measuring for it.
pub(crate) fn check(folder: &Path) -> Result<()> {
    let Ok(mut entries) = fs::read_dir(folder) else {
        if folder.exists() {
            bail!("{} is not a folder; name another with --out", folder.display());
        }
        return Ok(());
    };
    if entries.next().is_some() && !folder.join(MARK).is_file() {
        bail!("{} holds other files; name an empty or a new folder with --out", folder.display());
    }
    Ok(())
}

/// Writes everything; gives the page's path.
pub(crate) fn write(plan: &Plan, results: &Results) -> Result<PathBuf> {
    let folder = &plan.out;
    let histograms = folder.join("histograms");
    if histograms.exists() {
        fs::remove_dir_all(&histograms)
            .with_context(|| format!("{} can't be replaced", histograms.display()))?;
    }
    fs::create_dir_all(&histograms)
        .with_context(|| format!("{} can't be made", histograms.display()))?;
    for row in &results.rows {
        if let Some(text) = histogram(row) {
            save(&histograms.join(file_name(row)), &text)?;
        }
    }
    save(&folder.join(MARK), &json::render(plan, results))?;
    let page = folder.join("index.html");
    save(&page, &page::render(plan, results))?;
    Ok(page)
}

fn save(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))
}

/// Every value that occurred, in nanoseconds, with how often; all rounds together.
fn histogram(row: &Row) -> Option<String> {
    let latency = row.latency()?;
    let mut text = String::from("latency_ns,count\n");
    for (value, count) in latency.buckets() {
        writeln!(text, "{value},{count}").ok();
    }
    Some(text)
}

/// A name without anything that a file system or a shell might mind.
fn file_name(row: &Row) -> String {
    let name = format!("{}-{}-{}-{}", row.scenario, row.case.amount, row.case.variant, row.subject);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    format!("{}.csv", parts.join("-"))
}

#[cfg(test)]
mod tests;
