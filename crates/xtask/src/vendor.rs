//! The web page's vendored files: where each comes from, and how to get it again.
//!
//! The page has no build step, so what it uses from npm lies in the tree as the browser gets it.
//! The one change made on the way is that bare module names become relative paths, since a browser
//! resolves no others. `VENDOR.toml` beside the files says package, version, licence and digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
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

/// What `VENDOR.toml` holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
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
    /// The module name that other files import it by, when that isn't the package's name.
    #[serde(default)]
    specifier: Option<String>,
    /// The digest of the file as it lies in the folder.
    pub(crate) sha256: String,
}

impl List {
    /// Reads the list.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("the list of vendored files can't be read")
    }

    /// What each bare module name becomes.
    fn paths(&self) -> BTreeMap<&str, String> {
        let modules = self.file.iter().filter(|file| file.is_module());
        modules.map(|file| (file.specifier(), format!("./{}", file.name))).collect()
    }
}

impl File {
    fn is_module(&self) -> bool {
        self.name.ends_with(".js") || self.name.ends_with(".mjs")
    }

    fn specifier(&self) -> &str {
        self.specifier.as_deref().unwrap_or(&self.package)
    }
}

/// Gets every file again, rewrites the list's digests.
pub(crate) fn refresh() -> Result<()> {
    let path = root().join(FOLDER).join(LIST);
    let mut text = read_text(&path)?;
    let list = List::parse(&text)?;
    for (file, bytes) in fetch(&list)? {
        let target = root().join(FOLDER).join(&file.name);
        fs::write(&target, &bytes)
            .with_context(|| format!("{} can't be written", target.display()))?;
        let digest = sha256(&bytes);
        if digest != file.sha256 {
            println!("{} has changed", file.name);
            text = text.replace(&file.sha256, &digest);
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
    for (file, bytes) in fetch(&list)? {
        let ours = fs::read(root().join(FOLDER).join(&file.name)).unwrap_or_default();
        if ours != bytes || sha256(&bytes) != file.sha256 {
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

/// Installs the packages aside and gives every file as it has to be in the folder.
fn fetch(list: &List) -> Result<Vec<(&File, Vec<u8>)>> {
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
    let paths = list.paths();
    let one = |file| Ok((file, made(file, &folder, &paths)?));
    list.file.iter().map(one).collect()
}

fn made(file: &File, folder: &Path, paths: &BTreeMap<&str, String>) -> Result<Vec<u8>> {
    let source: PathBuf = folder.join("node_modules").join(&file.package).join(&file.source);
    let bytes = fs::read(&source)
        .with_context(|| format!("{}@{} has no {}", file.package, file.version, file.source))?;
    if !file.is_module() {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes)
        .with_context(|| format!("{} of {} is not text", file.source, file.package))?;
    Ok(rewritten(&text, paths).into_bytes())
}

/// The module with relative paths for bare names, and without its pointer to a source map that we
/// don't ship.
fn rewritten(text: &str, paths: &BTreeMap<&str, String>) -> String {
    let mut text = text.to_owned();
    for (name, path) in paths {
        for quote in ['"', '\''] {
            for before in ["from", "from ", "import", "import ", "import("] {
                let bare = format!("{before}{quote}{name}{quote}");
                text = text.replace(&bare, &format!("{before}{quote}{path}{quote}"));
            }
        }
    }
    let kept = text.lines().filter(|line| !line.starts_with("//# sourceMappingURL="));
    kept.fold(String::new(), |text, line| text + line + "\n")
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_become_paths_and_nothing_else_does() {
        let paths = BTreeMap::from([
            ("preact", "./preact.js".to_owned()),
            ("preact/hooks", "./hooks.js".to_owned()),
        ]);
        let module = "import{a}from\"preact\";import 'preact/hooks';say(\"preact\");\n\
            //# sourceMappingURL=x.map\n";
        let expected = "import{a}from\"./preact.js\";import './hooks.js';say(\"preact\");\n";
        assert_eq!(rewritten(module, &paths), expected);
    }

    #[test]
    fn a_list_with_an_unknown_key_is_refused() {
        assert!(List::parse("[[file]]\nname = 'a'\nnmae = 'b'").is_err());
    }
}
