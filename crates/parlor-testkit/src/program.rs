//! The real `parlor` binary as a child process: start, ready line, kill, restart on the same ports.
//!
//! A [`Server`] owns its process: dropping it kills it, so that a failing test leaves nothing
//! behind. What it prints is collected by two threads and becomes part of every failure message.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::deadline::{Deadline, PATIENCE};

/// How many lines of a program's output are kept; older ones are dropped.
const LINES_MAX: usize = 20_000;

/// What to start: a binary, its data directory, its flags.
#[derive(Debug)]
pub struct Launch {
    binary: PathBuf,
    data: Data,
    http: String,
    irc: String,
    model: Option<String>,
    flags: Vec<OsString>,
    environment: Vec<(String, String)>,
}

/// Where the data lives: in a directory of its own that goes away with the test, or in a given one.
#[derive(Debug)]
enum Data {
    Own(TempDir),
    Given(PathBuf),
}

impl Launch {
    /// `parlor serve` on free ports of the loopback address with an empty data directory.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        let own = tempfile::Builder::new().prefix("parlor-test-").tempdir();
        Self {
            binary: binary.into(),
            data: Data::Own(own.expect("a temporary directory can be made")),
            http: "127.0.0.1:0".to_owned(),
            irc: "127.0.0.1:0".to_owned(),
            model: None,
            flags: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Uses this data directory, which stays when the test ends.
    #[must_use]
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Data::Given(directory.into());
        self
    }

    /// Listens for browsers here, or `off`.
    #[must_use]
    pub fn http(mut self, address: &str) -> Self {
        address.clone_into(&mut self.http);
        self
    }

    /// Listens for IRC clients here, or `off`.
    #[must_use]
    pub fn irc(mut self, address: &str) -> Self {
        address.clone_into(&mut self.irc);
        self
    }

    /// Runs on this I/O model instead of the default one.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    /// Adds a flag or an argument.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<OsString>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts this text into the data directory's `parlor.toml`.
    #[must_use]
    pub fn configuration(self, text: &str) -> Self {
        std::fs::create_dir_all(self.directory()).expect("the data directory can be made");
        std::fs::write(self.directory().join("parlor.toml"), text)
            .expect("the data directory can be written to");
        self
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        match &self.data {
            Data::Own(directory) => directory.path(),
            Data::Given(directory) => directory,
        }
    }

    /// Starts the server and waits until it says that it is ready.
    ///
    /// # Panics
    ///
    /// When it ends or stays silent instead, with everything that it printed.
    #[track_caller]
    pub fn start(self) -> Server {
        let process = Process::start(&mut self.command());
        let mut server = Server { launch: self, process, ready: Ready::default() };
        server.ready = server.wait_until_ready();
        server
    }

    /// Starts a server that is expected to end by itself, and gives what it printed.
    #[track_caller]
    pub fn run_to_end(&self) -> Output {
        run(&mut self.command(), b"", PATIENCE)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data").arg(self.directory());
        command.arg("--http").arg(&self.http).arg("--irc").arg(&self.irc);
        if let Some(model) = &self.model {
            command.arg("--model").arg(model);
        }
        command.args(&self.flags);
        clean_environment(&mut command);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Takes every setting of the product out of the child's environment, so that a developer's own
/// settings can't change what a test sees.
fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PARLOR_") {
            command.env_remove(name);
        }
    }
}

/// What the server said when it began to accept connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ready {
    /// Where browsers connect.
    pub http: Option<SocketAddr>,
    /// Where IRC clients connect.
    pub irc: Option<SocketAddr>,
    /// Where IRC is spoken over WebSocket alone.
    pub irc_websocket: Option<SocketAddr>,
    /// The I/O model that carries the connections.
    pub model: String,
}

impl Ready {
    /// Reads the line `ready http=ADDR irc=ADDR model=MODEL`; a listener that is off is missing
    /// from it or says `off`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        if words.next() != Some("ready") {
            return None;
        }
        let mut ready = Self::default();
        for word in words {
            match word.split_once('=')? {
                (_, "off") => {}
                ("http", address) => ready.http = Some(address.parse().ok()?),
                ("irc", address) => ready.irc = Some(address.parse().ok()?),
                ("irc-websocket", address) => ready.irc_websocket = Some(address.parse().ok()?),
                ("model", model) => model.clone_into(&mut ready.model),
                _ => {}
            }
        }
        Some(ready)
    }
}

/// A running `parlor serve`; killed when dropped.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
    process: Process,
    ready: Ready,
}

impl Server {
    /// Where browsers connect.
    #[track_caller]
    pub fn http(&self) -> SocketAddr {
        self.ready.http.expect("the server listens for browsers")
    }

    /// Where IRC clients connect.
    #[track_caller]
    pub fn irc(&self) -> SocketAddr {
        self.ready.irc.expect("the server listens for IRC clients")
    }

    /// What the ready line said.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        self.launch.directory()
    }

    /// The binary, for running other commands of it.
    pub fn binary(&self) -> &Path {
        &self.launch.binary
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Everything printed since the last start.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The one-time link that makes the first account.
    #[track_caller]
    pub fn setup_link(&self) -> String {
        Deadline::usual().wait(format_args!("a set-up link in\n{}", self.output()), || {
            let output = self.output();
            let link = output.split_whitespace().find(|word| word.contains("/setup/"))?;
            Some(link.to_owned())
        })
    }

    /// Ends the process at once, as a power cut or the kernel's memory killer would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks the server to end and waits until it has; gives its status and how long it took.
    #[track_caller]
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let deadline = Deadline::usual();
        self.process.signal(Signal::TERM);
        let status = deadline.wait(format_args!("the end of\n{}", self.output()), || {
            self.process.child.try_wait().expect("a child can be waited for")
        });
        (status, deadline.elapsed())
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Starts the server anew on the same data and the same addresses; the old process, if there
    /// still is one, is killed first.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let fixed = |address: Option<SocketAddr>| match address {
            Some(address) => address.to_string(),
            None => "off".to_owned(),
        };
        self.launch.http = fixed(self.ready.http);
        self.launch.irc = fixed(self.ready.irc);
        self.process = Process::start(&mut self.launch.command());
        self.ready = self.wait_until_ready();
    }

    /// Runs another command of the same binary on the same data directory: the flag `--data` is
    /// added to the given arguments.
    #[track_caller]
    pub fn command(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(&self.launch.binary);
        command.args(arguments).arg("--data").arg(self.directory());
        clean_environment(&mut command);
        run(&mut command, input.as_bytes(), PATIENCE)
    }

    #[track_caller]
    fn wait_until_ready(&mut self) -> Ready {
        let deadline = Deadline::usual();
        let found = deadline.poll(|| {
            if let Some(ready) = self.output().lines().find_map(Ready::parse) {
                return Some(Some(ready));
            }
            let ended = self.process.child.try_wait().expect("a child can be waited for");
            ended.map(|_| None)
        });
        let Some(ready) = found.flatten() else {
            self.process.finish_collecting();
            panic!("the server did not become ready; it printed:\n{}", self.output());
        };
        ready
    }
}

/// A child process whose output is collected, and which doesn't outlive its owner.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Arc<Mutex<VecDeque<String>>>,
    collectors: [JoinHandle<()>; 2],
}

impl Process {
    /// Starts a command with its output collected and nothing to read.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// Starts a command that can be told something; see [`Process::tell`].
    #[track_caller]
    pub fn interactive(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::piped()))
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("{command:?} does not start: {error}"),
        };
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let stdout = child.stdout.take().expect("standard output is piped");
        let stderr = child.stderr.take().expect("standard error is piped");
        let collectors = [collect(stdout, Arc::clone(&lines)), collect(stderr, Arc::clone(&lines))];
        let input = child.stdin.take();
        Self { child, input, lines, collectors }
    }

    /// Writes this text to the program's standard input.
    ///
    /// # Panics
    ///
    /// When the program isn't interactive or no longer reads.
    #[track_caller]
    pub fn tell(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the program was started as interactive");
        if let Err(error) = input.write_all(text.as_bytes()) {
            panic!("the program does not read {text:?}: {error}\n{}", self.output());
        }
    }

    /// Ends the program's standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits until the program has printed this text.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        let found = Deadline::usual().poll(|| self.output().contains(text).then_some(()));
        assert!(found.is_some(), "the program does not print {text:?}, but\n{}", self.output());
    }

    /// Waits this long for the program to end by itself.
    pub fn wait_at_most(&mut self, allowed: Duration) -> Option<ExitStatus> {
        Deadline::after(allowed).poll(|| self.child.try_wait().ok().flatten())
    }

    /// Waits until the program has ended, and gives its status.
    ///
    /// # Panics
    ///
    /// When it hasn't ended within this time, with everything that it printed.
    #[track_caller]
    pub fn wait_within(&mut self, allowed: Duration) -> ExitStatus {
        let status = self.wait_at_most(allowed);
        self.finish_collecting();
        match status {
            Some(status) => status,
            None => panic!("the program has not ended, but printed\n{}", self.output()),
        }
    }

    /// Waits until the last words of a process that has ended are collected. A grandchild may hold
    /// the streams open, so this gives up after a while.
    fn finish_collecting(&self) {
        let done = || self.collectors.iter().all(JoinHandle::is_finished).then_some(());
        Deadline::after(Duration::from_secs(1)).poll(done);
    }

    /// Everything printed so far, standard output and standard error together.
    pub fn output(&self) -> String {
        let lines = self.lines.lock().expect("a collecting thread does not panic");
        lines.iter().fold(String::new(), |mut text, line| {
            writeln!(text, "{line}").ok();
            text
        })
    }

    /// Ends the process at once.
    pub fn kill(&mut self) {
        // Both fail only when the process has ended already, which is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Fails only when the process has ended already; its status tells.
        kill_process(id.expect("a child's process id is positive"), signal).ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(
    stream: impl Read + Send + 'static,
    lines: Arc<Mutex<VecDeque<String>>>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        // Read as bytes: what a program prints when it goes wrong need not be UTF-8.
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            let mut lines = lines.lock().expect("a reader of the lines does not panic");
            if lines.len() == LINES_MAX {
                lines.pop_front();
            }
            lines.push_back(text);
        }
    })
}

/// Runs a command to its end with this standard input.
///
/// # Panics
///
/// When it doesn't start, or doesn't end in time; it is killed then.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8], allowed: Duration) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("{command:?} does not start: {error}"),
    };
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A program may end without reading what it was given.
    stdin.write_all(input).ok();
    drop(stdin);
    let stdout = drain(child.stdout.take().expect("standard output is piped"));
    let stderr = drain(child.stderr.take().expect("standard error is piped"));
    let ended =
        Deadline::after(allowed).poll(|| child.try_wait().expect("a child can be waited for"));
    if ended.is_none() {
        child.kill().ok();
        child.wait().ok();
    }
    let stdout = stdout.join().expect("a reading thread does not panic");
    let stderr = stderr.join().expect("a reading thread does not panic");
    match ended {
        Some(status) => Output { status, stdout, stderr },
        None => panic!(
            "{command:?} did not end within {allowed:?}; it printed:\n{}\n{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        ),
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok();
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_read_in_every_form() {
        let ready = Ready::parse("ready http=127.0.0.1:8080 irc=[::1]:6667 model=epoll:2").unwrap();
        assert_eq!(ready.http, Some("127.0.0.1:8080".parse().unwrap()));
        assert_eq!(ready.irc, Some("[::1]:6667".parse().unwrap()));
        assert_eq!(ready.model, "epoll:2");
        let ready = Ready::parse("ready http=off irc=127.0.0.1:1 model=threads").unwrap();
        assert_eq!(ready.http, None);
        assert_eq!(Ready::parse("ready irc=127.0.0.1:1 model=threads").unwrap(), ready);
        assert_eq!(Ready::parse("already http=127.0.0.1:8080"), None);
        assert_eq!(Ready::parse("ready http=somewhere"), None);
    }

    /// A stand-in for the server: a shell script that says it is ready and stays.
    fn stand_in(body: &str) -> (TempDir, Launch) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("parlor");
        std::fs::write(&script, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let launch = Launch::new(&script);
        (folder, launch)
    }

    const SAYS_READY: &str = "echo 'open http://127.0.0.1:81/setup/abc now' >&2\n\
        echo ready http=127.0.0.1:81 irc=127.0.0.1:82 model=epoll; echo \"$@\" >&2\n\
        trap 'exit 0' TERM; while :; do sleep 0.05; done";

    #[test]
    fn a_server_is_started_asked_to_end_and_restarted_on_its_ports() {
        let (_folder, launch) = stand_in(SAYS_READY);
        let mut server = launch.model("tokio:2").flag("--profile").flag("lab").start();
        assert_eq!(server.irc(), "127.0.0.1:82".parse().unwrap());
        assert_eq!(server.setup_link(), "http://127.0.0.1:81/setup/abc");
        let (status, _) = server.terminate();
        assert!(status.success());
        server.restart();
        Deadline::usual().wait("the arguments", || {
            server
                .output()
                .contains("--http 127.0.0.1:81 --irc 127.0.0.1:82 --model tokio:2 --profile lab")
                .then_some(())
        });
    }

    #[test]
    #[should_panic(expected = "no room on the disk")]
    fn a_server_that_ends_at_once_fails_with_what_it_printed() {
        let (_folder, launch) = stand_in("echo no room on the disk >&2; exit 1");
        launch.start();
    }

    #[test]
    fn a_dropped_server_is_dead() {
        let (_folder, launch) = stand_in(SAYS_READY);
        let server = launch.start();
        let id = server.id();
        drop(server);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn a_command_reads_its_input_and_gives_its_output() {
        let output = run(&mut Command::new("cat"), b"hello", PATIENCE);
        assert_eq!(output.stdout, b"hello");
    }

    #[test]
    #[should_panic(expected = "did not end within")]
    fn a_command_that_hangs_is_killed() {
        run(Command::new("sleep").arg("60"), b"", Duration::from_millis(50));
    }
}
