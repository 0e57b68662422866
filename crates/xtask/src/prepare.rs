//! Installs what the tests need when it is missing, and says so.
//!
//! Programs come from Debian's packages, the browser's driver and the accessibility checker from
//! npm by a lock file. A machine that isn't Debian, or a user who isn't root, is told what to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::digest::sha256;
use crate::step;
use crate::workspace::root;

/// A program that tests drive, and the Debian packages that bring it.
struct Need {
    program: &'static str,
    packages: &'static [&'static str],
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "chromium",
        packages: &["chromium", "fonts-liberation"],
        why: "the page's tests run in a real browser",
    },
    Need { program: "irssi", packages: &["irssi"], why: "a real IRC client joins the room" },
    Need {
        program: "weechat-headless",
        packages: &["weechat-headless", "weechat-plugins"],
        why: "another real IRC client joins the room",
    },
    Need { program: "ii", packages: &["ii"], why: "an IRC client made of files joins the room" },
    Need { program: "tmux", packages: &["tmux"], why: "irssi needs a terminal to run on" },
    Need {
        program: "nc",
        packages: &["netcat-openbsd"],
        why: "the beginner's door is tested with what a beginner types",
    },
    Need {
        program: "strace",
        packages: &["strace"],
        why: "the system calls of a message are counted",
    },
];

/// Programs that have to be there already, with what to do when they aren't.
const PREREQUISITES: &[(&str, &str)] = &[
    ("node", "install Node.js 20 or later (Debian: nodejs)"),
    ("npm", "install npm (Debian: npm)"),
];

/// The packages that tests use from npm: a manifest and a lock, copied to where they are installed.
const NODE_FILES: &[&str] = &["package.json", "package-lock.json"];

/// Where the npm packages are, once installed.
pub(crate) fn node_modules() -> PathBuf {
    node_folder().join("node_modules")
}

fn node_folder() -> PathBuf {
    root().join("target/node")
}

/// Installs what is missing.
pub(crate) fn run() -> Result<()> {
    for (program, advice) in PREREQUISITES {
        if !on_path(program) {
            bail!("`{program}` is missing: {advice}");
        }
    }
    install_programs()?;
    install_node_packages()
}

fn install_programs() -> Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !is_there(need)).collect();
    if missing.is_empty() {
        println!("every program is there");
        return Ok(());
    }
    for Need { program, packages, why } in &missing {
        println!("`{program}` is missing ({why}): Debian package {}", packages.join(", "));
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let order = order(&packages, on_path("apt-get"), is_root())?;
    println!("installing with `{order}`");
    // A fresh machine knows no packages at all, an old one knows versions that are gone.
    if !packages.iter().all(|package| apt_knows(package)) || install(&packages).is_err() {
        step::run(apt().arg("update"))?;
        install(&packages)?;
    }
    Ok(())
}

/// The command that installs these packages, if it can be given here.
fn order(packages: &[&str], has_apt: bool, is_root: bool) -> Result<String> {
    let order = format!("apt-get install {}", packages.join(" "));
    if !has_apt {
        bail!("install these programs and run this again; on Debian it is: {order}");
    }
    if !is_root {
        bail!("run this once, then this again: sudo {order}");
    }
    Ok(order)
}

/// Whether the program is there and, where Debian's packages can be asked, all of its packages.
fn is_there(need: &Need) -> bool {
    let installed = |package: &&str| {
        let mut command = Command::new("dpkg-query");
        quietly(command.args(["--show", "--showformat=${db:Status-Status}", package]))
            .is_some_and(|status| status == "installed")
    };
    let complete = !on_path("dpkg-query") || need.packages.iter().all(installed);
    // Another way to have installed it, such as another netcat, is as good.
    on_path(need.program) && (complete || need.packages.len() == 1)
}

fn install(packages: &[&str]) -> Result<()> {
    step::run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2").stdin(Stdio::null());
    command
}

fn apt_knows(package: &str) -> bool {
    quietly(Command::new("apt-cache").args(["show", package])).is_some()
}

fn is_root() -> bool {
    quietly(Command::new("id").arg("--user")).is_some_and(|id| id.trim() == "0")
}

/// What a command printed, if it succeeded.
fn quietly(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn install_node_packages() -> Result<()> {
    let source = root().join("crates/xtask/node");
    let target = node_folder();
    fs::create_dir_all(&target).with_context(|| format!("{} can't be made", target.display()))?;
    let wanted = sha256(&read(&source.join("package-lock.json"))?);
    let stamp = target.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("the npm packages are there");
        return Ok(());
    }
    println!(
        "installing playwright-core (drives the browser), axe-core (accessibility) and irc-framework (an \
              IRC client)"
    );
    for name in NODE_FILES {
        fs::write(target.join(name), read(&source.join(name))?)
            .with_context(|| format!("{} can't be written", target.join(name).display()))?;
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    step::run(command.current_dir(&target).stdin(Stdio::null()))?;
    fs::write(&stamp, wanted).with_context(|| format!("{} can't be written", stamp.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_cannot_install_is_told_what_to_run() {
        let packages = ["irssi", "tmux"];
        assert_eq!(order(&packages, true, true).unwrap(), "apt-get install irssi tmux");
        let refusal = order(&packages, true, false).unwrap_err().to_string();
        assert!(refusal.contains("sudo apt-get install irssi tmux"), "{refusal}");
        let refusal = order(&packages, false, true).unwrap_err().to_string();
        assert!(refusal.contains("on Debian"), "{refusal}");
    }

    #[test]
    fn a_program_of_every_machine_is_there() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-anywhere"));
    }
}
