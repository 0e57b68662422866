//! Pages in a real browser: headless Chromium, driven through Node.
//!
//! A [`Script`] is a file of its own: it gets what it needs through its environment, prints what it
//! does, and ends with status 0 when all is well. A [`Browser`] is told step by step, for tests in
//! which a page is one of several clients.

use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::deadline::Deadline;
use crate::program::Process;
use crate::{program, tool};

/// How long a page may take for one order; the driver itself gives up after 30 s.
const ORDER_PATIENCE: Duration = Duration::from_secs(45);

/// How long one script may take; the one that looks at every state takes minutes on a busy machine.
pub const SCRIPT_PATIENCE: Duration = Duration::from_secs(600);

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
    pub fn start(&self) -> Process {
        Process::start(&mut self.command())
    }

    #[track_caller]
    fn command(&self) -> Command {
        let mut command = node(&self.path);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running browser; ended when it and its pages are dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Rc<RefCell<Driver>>,
}

/// A page in a browser context of its own: one person.
#[derive(Debug)]
pub struct Page {
    driver: Rc<RefCell<Driver>>,
    name: String,
}

impl Browser {
    /// Starts a browser without pages.
    ///
    /// # Panics
    ///
    /// When Node, Chromium or the packages that drive it aren't installed.
    #[track_caller]
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/pages.mjs");
        let process = Process::interactive(&mut node(&script));
        let driver = Driver { process, orders: 0 };
        driver.answer(0);
        Self { driver: Rc::new(RefCell::new(driver)) }
    }

    /// Opens a page of this name (for messages and the console) at this address.
    #[track_caller]
    pub fn open(&self, name: &str, url: &str) -> Page {
        let page = Page { driver: Rc::clone(&self.driver), name: name.to_owned() };
        page.order(json!({"do": "open", "url": url}));
        page
    }
}

impl Page {
    /// Goes to another address.
    #[track_caller]
    pub fn goto(&self, url: &str) {
        self.order(json!({"do": "goto", "url": url}));
    }

    /// The address that the page is at.
    #[track_caller]
    pub fn url(&self) -> String {
        self.order(json!({"do": "url"})).as_str().unwrap_or_default().to_owned()
    }

    /// Puts this text into a field.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.order(json!({"do": "fill", "selector": selector, "text": text}));
    }

    /// Presses a key, such as `Enter` or `Control+K`.
    #[track_caller]
    pub fn press(&self, key: &str) {
        self.order(json!({"do": "press", "key": key}));
    }

    /// Clicks on an element.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.order(json!({"do": "click", "selector": selector}));
    }

    /// Waits until an element is visible.
    #[track_caller]
    pub fn appear(&self, selector: &str) {
        self.order(json!({"do": "appear", "selector": selector}));
    }

    /// Waits until the page shows this text.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        self.order(json!({"do": "expect", "text": text}));
    }

    /// The text of every element that fits, in the order of the page.
    #[track_caller]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let texts = self.order(json!({"do": "texts", "selector": selector}));
        let texts = texts.as_array().cloned().unwrap_or_default();
        texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Takes a picture of the page.
    #[track_caller]
    pub fn screenshot(&self, path: &Path) {
        self.order(json!({"do": "screenshot", "path": path}));
    }

    #[track_caller]
    fn order(&self, mut order: Value) -> Value {
        order["page"] = json!(self.name);
        let answer = self.driver.borrow_mut().order(order.clone());
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            let said = self.driver.borrow().process.output();
            let shown = match order["do"].as_str() {
                Some("open" | "goto") => String::new(),
                _ => self.body(),
            };
            panic!("{order} failed: {error}\nthe page shows:\n{shown}\nthe driver said:\n{said}");
        }
        answer["ok"].clone()
    }

    fn body(&self) -> String {
        let order = json!({"do": "text", "selector": "body", "page": self.name});
        let answer = self.driver.borrow_mut().order(order);
        answer["ok"].as_str().unwrap_or_default().to_owned()
    }
}

/// The script that drives the browser, told through its standard input.
#[derive(Debug)]
struct Driver {
    process: Process,
    orders: u64,
}

impl Driver {
    #[track_caller]
    fn order(&mut self, mut order: Value) -> Value {
        self.orders += 1;
        order["id"] = json!(self.orders);
        self.process.tell(&format!("{order}\n"));
        self.answer(self.orders)
    }

    #[track_caller]
    fn answer(&self, id: u64) -> Value {
        let prefix = format!("answer {id} ");
        let found = Deadline::after(ORDER_PATIENCE).poll(|| {
            let output = self.process.output();
            output.lines().find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
        });
        match found {
            Some(answer) => serde_json::from_str(&answer).expect("the driver answers with JSON"),
            None => panic!("the browser's driver does not answer:\n{}", self.process.output()),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked to end, it takes the browser's own temporary files along; killed, it would not.
        self.process.end_input();
        self.process.wait_at_most(Duration::from_secs(10));
    }
}

#[track_caller]
fn node(script: &Path) -> Command {
    let mut command = Command::new(tool::find("node"));
    command.arg(script);
    command.env("PARLOR_NODE_MODULES", node_modules());
    command.env("PARLOR_CHROMIUM", tool::find("chromium"));
    command
}

/// The directory with the packages that tests use from npm.
#[track_caller]
pub(crate) fn node_modules() -> PathBuf {
    let folder = match env::var_os("PARLOR_NODE_MODULES") {
        Some(folder) => PathBuf::from(folder),
        None => workspace().join("target/node/node_modules"),
    };
    for package in ["playwright-core", "axe-core", "irc-framework"] {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_filled_and_read() {
        let browser = Browser::start();
        let page = browser.open("ann", "data:text/html,<input id=a><p>one</p><p>two</p>");
        page.fill("#a", "grüße");
        assert_eq!(page.texts("p"), ["one", "two"]);
        let other = browser.open("bob", "data:text/html,<title>x</title>hello");
        other.expect("hello");
        assert!(page.url().starts_with("data:"));
    }

    #[test]
    fn a_machine_that_stands_still_takes_no_patience() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
        Script::new(folder.join("standing_still.mjs"), "").run();
    }

    #[test]
    #[should_panic(expected = "the page shows:\nhello")]
    fn what_cannot_be_done_fails_with_what_the_page_shows() {
        let browser = Browser::start();
        browser.open("ann", "data:text/html,hello").fill("body", "x");
    }
}
