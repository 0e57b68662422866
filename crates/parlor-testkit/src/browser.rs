//! Pages in a real browser: scripts for Node that drive headless Chromium.
//!
//! A script gets what it needs through its environment (see [`Script`]), prints what it does, and
//! ends with status 0 when all is well.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{program, tool};

/// How long one script may take.
const SCRIPT_PATIENCE: Duration = Duration::from_secs(180);

/// One run of one script.
#[derive(Debug)]
pub struct Script {
    path: PathBuf,
    environment: Vec<(String, String)>,
}

impl Script {
    /// The script at this path, for the page at this address (`PARLOR_URL`).
    pub fn new(path: impl Into<PathBuf>, url: &str) -> Self {
        let environment = vec![("PARLOR_URL".to_owned(), url.to_owned())];
        Self { path: path.into(), environment }
    }

    /// Gives the script one more environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Runs the script to its end and gives what it printed.
    ///
    /// # Panics
    ///
    /// When it fails, with everything that it printed; or when Node, Chromium or the packages that
    /// it drives the browser with aren't installed.
    #[track_caller]
    pub fn run(&self) -> String {
        let output = program::run(&mut self.command(), b"", SCRIPT_PATIENCE);
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{} failed:\n{text}", self.path.display());
        text
    }

    /// Starts the script; it runs beside the test.
    #[track_caller]
    pub fn start(&self) -> program::Process {
        program::Process::start(&mut self.command())
    }

    #[track_caller]
    fn command(&self) -> Command {
        let mut command = Command::new(tool::find("node"));
        command.arg(&self.path);
        command.env("PARLOR_NODE_MODULES", node_modules());
        command.env("PARLOR_CHROMIUM", tool::find("chromium"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The directory with `playwright-core` and `axe-core`.
#[track_caller]
fn node_modules() -> PathBuf {
    let folder = match env::var_os("PARLOR_NODE_MODULES") {
        Some(folder) => PathBuf::from(folder),
        None => workspace().join("target/node/node_modules"),
    };
    for package in ["playwright-core", "axe-core"] {
        assert!(
            folder.join(package).join("package.json").is_file(),
            "the npm package `{package}` is not in {}; run `cargo xtask test`, which installs what \
             the tests need",
            folder.display()
        );
    }
    folder
}

fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate stands in crates/ of the workspace").to_owned()
}
