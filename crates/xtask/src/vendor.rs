//! The web page's vendored files: where each comes from, and how to get it again.
//!
//! The page has no build step, so what it uses from npm lies in the tree as the browser gets it.
//! The one change made on the way is that bare module names become relative paths, since a browser
//! resolves no others. `VENDOR.toml` beside the files says package, version, licence and digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::digest::sha256;
use crate::step;
use crate::workspace::root;

/// Where the vendored files lie.
pub(crate) const FOLDER: &str = "crates/parlor-web/assets/vendor";

/// The list of them.
pub(crate) const LIST: &str = "VENDOR.toml";

/// How a module points to its source map.
const SOURCE_MAP: &str = "//# sourceMappingURL=";

/// What `VENDOR.toml` holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// What each bare module name becomes.
    rewrite: BTreeMap<String, String>,
    /// The files in the folder.
    pub(crate) file: Vec<File>,
}

/// One vendored file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Its name in the folder.
    pub(crate) name: String,
    package: String,
    version: String,
    #[expect(dead_code, reason = "said for the reader; what the list must have is checked here")]
    license: String,
    /// Its path in the package.
    source: String,
    /// The digest of the file as the package has it.
    sha256: String,
    /// The digest of the file as it lies in the folder.
    pub(crate) vendored_sha256: String,
}

impl List {
    /// Reads the list.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("the list of vendored files can't be read")
    }
}

impl File {
    fn is_module(&self) -> bool {
        self.name.ends_with(".js") || self.name.ends_with(".mjs")
    }
}

/// Gets every file again and brings the folder and the list's digests up to date.
pub(crate) fn refresh() -> Result<()> {
    let path = root().join(FOLDER).join(LIST);
    let mut text = read_text(&path)?;
    let list = List::parse(&text)?;
    for Fetched { file, published, ours } in fetch(&list)? {
        let target = root().join(FOLDER).join(&file.name);
        fs::write(&target, &ours)
            .with_context(|| format!("{} can't be written", target.display()))?;
        if sha256(&ours) != file.vendored_sha256 {
            println!("{} has changed", file.name);
            text = with_digests(&text, file, &sha256(&published), &sha256(&ours));
        }
    }
    fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
    println!("{} files from npm are in {FOLDER}", list.file.len());
    Ok(())
}

/// Gets every file again and says which differ from those in the folder.
pub(crate) fn check() -> Result<()> {
    let list = List::parse(&read_text(&root().join(FOLDER).join(LIST))?)?;
    let mut differ = 0;
    for Fetched { file, published, ours } in fetch(&list)? {
        let there = fs::read(root().join(FOLDER).join(&file.name)).unwrap_or_default();
        let listed = sha256(&published) == file.sha256 && sha256(&ours) == file.vendored_sha256;
        if there != ours || !listed {
            println!("{} is not that of {}@{}", file.name, file.package, file.version);
            differ += 1;
        }
    }
    if differ > 0 {
        bail!("{differ} vendored files differ from their packages; run `cargo xtask vendor`");
    }
    println!("{} vendored files are those of their packages", list.file.len());
    Ok(())
}

/// A file as its package has it, and as it has to be in the folder.
struct Fetched<'a> {
    file: &'a File,
    published: Vec<u8>,
    ours: Vec<u8>,
}

/// Installs the packages aside and takes every file from there.
fn fetch(list: &List) -> Result<Vec<Fetched<'_>>> {
    let folder = root().join("target/vendor");
    fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let packages: BTreeSet<String> =
        list.file.iter().map(|file| format!("{}@{}", file.package, file.version)).collect();
    let manifest = folder.join("package.json");
    fs::write(&manifest, "{\"private\": true}\n")
        .with_context(|| format!("{} can't be written", manifest.display()))?;
    let mut command = Command::new("npm");
    command.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
    step::run(command.args(packages).current_dir(&folder).stdin(Stdio::null()))?;
    let one = |file| fetched(file, &folder, &list.rewrite);
    list.file.iter().map(one).collect()
}

fn fetched<'a>(
    file: &'a File,
    folder: &Path,
    rewrite: &BTreeMap<String, String>,
) -> Result<Fetched<'a>> {
    let source = folder.join("node_modules").join(&file.package).join(&file.source);
    let published = fs::read(&source)
        .with_context(|| format!("{}@{} has no {}", file.package, file.version, file.source))?;
    let ours = match std::str::from_utf8(&published) {
        Ok(text) if file.is_module() => rewritten(text, rewrite).into_bytes(),
        _ => published.clone(),
    };
    Ok(Fetched { file, published, ours })
}

/// The list with new digests in the entry of one file.
fn with_digests(text: &str, file: &File, published: &str, ours: &str) -> String {
    let entry = format!("name = \"{}\"\n", file.name);
    let Some(at) = text.find(&entry) else { return text.to_owned() };
    let (before, after) = text.split_at(at);
    let after = after.replacen(&file.sha256, published, 1);
    let old = format!("vendored_sha256 = \"{}\"", file.vendored_sha256);
    before.to_owned() + &after.replacen(&old, &format!("vendored_sha256 = \"{ours}\""), 1)
}

/// The module with relative paths for bare names, and without its pointer to a source map that we
/// don't ship.
fn rewritten(text: &str, rewrite: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, path) in rewrite {
        for quote in ['"', '\''] {
            for before in ["from", "from ", "import", "import ", "import("] {
                let bare = format!("{before}{quote}{name}{quote}");
                text = text.replace(&bare, &format!("{before}{quote}{path}{quote}"));
            }
        }
    }
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with(SOURCE_MAP));
    lines
        .map(|line| match line.split_once(SOURCE_MAP) {
            Some((code, _)) => format!("{code}\n"),
            None => line.to_owned(),
        })
        .collect()
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_become_paths_and_nothing_else_does() {
        let rewrite = BTreeMap::from([
            ("preact".to_owned(), "./preact.js".to_owned()),
            ("preact/hooks".to_owned(), "./hooks.js".to_owned()),
        ]);
        let module = "import{a}from\"preact\";import 'preact/hooks';say(\"preact\");\n\
            //# sourceMappingURL=x.map\nlast();//# sourceMappingURL=y.map\n";
        let expected =
            "import{a}from\"./preact.js\";import './hooks.js';say(\"preact\");\nlast();\n";
        assert_eq!(rewritten(module, &rewrite), expected);
    }

    #[test]
    fn digests_change_in_the_entry_of_their_file_only() {
        let text = "[rewrite]\n[[file]]\nname = \"a\"\npackage = \"p\"\nversion = \"1\"\n\
            license = \"MIT\"\nsource = \"a\"\nsha256 = \"00\"\nvendored_sha256 = \"00\"\n";
        let two =
            text.to_owned() + text.replace("\"a\"", "\"b\"").trim_start_matches("[rewrite]\n");
        let list = List::parse(&two).unwrap();
        let new = with_digests(&two, &list.file[1], "11", "22");
        let new = List::parse(&new).unwrap();
        let digests = |file: &File| (file.sha256.clone(), file.vendored_sha256.clone());
        assert_eq!(digests(&new.file[0]), ("00".to_owned(), "00".to_owned()));
        assert_eq!(digests(&new.file[1]), ("11".to_owned(), "22".to_owned()));
    }

    #[test]
    fn a_list_with_an_unknown_key_is_refused() {
        assert!(List::parse("[[file]]\nname = 'a'\nnmae = 'b'").is_err());
    }
}
