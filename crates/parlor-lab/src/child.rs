//! A child process that is told and asked by lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child as Process, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use parlor_engine::{Shutdown, time};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How to start this program again in another role.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// The arguments for a process that runs [`crate::server_main`]; `--order=TEXT` will follow.
    pub server: Vec<String>,
    /// The arguments for a process that runs [`crate::load_main`]; `--processor=N` may follow.
    pub load: Vec<String>,
}

/// How long a child may take to end by itself. It has nothing to finish, but perhaps a program of
/// somebody else's to take along.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// How long the last words of a process that has ended may take to arrive.
const LAST_WORDS_PATIENCE: Duration = Duration::from_secs(2);

/// How often one who waits looks whether all is to be stopped.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A running child; it is ended when dropped.
pub(crate) struct Child {
    process: Process,
    /// It ends when this is closed.
    input: Option<ChildStdin>,
    answers: Receiver<String>,
    complaint: Complaint,
    /// Nobody is waited for any more once this was asked for.
    stop: Shutdown,
}

impl Child {
    /// Starts the program with these arguments.
    pub(crate) fn start(
        launcher: &Launcher,
        arguments: &[String],
        stop: &Shutdown,
    ) -> Result<Self, String> {
        let mut process = Command::new(&launcher.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", launcher.program.display()))?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("the child has no standard output")?;
        let (sender, answers) = channel();
        // It ends with the child's output.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let errors = process.stderr.take().ok_or("the child has no standard error")?;
        Ok(Self {
            process,
            input,
            answers,
            complaint: Complaint::listen(errors),
            stop: stop.clone(),
        })
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Says something.
    pub(crate) fn tell(&mut self, what: &impl Serialize) -> Result<(), String> {
        let mut line = serde_json::to_string(what).map_err(|error| error.to_string())?;
        line.push('\n');
        let input = self.input.as_mut().ok_or("it is being ended")?;
        input.write_all(line.as_bytes()).map_err(|error| format!("it is gone ({error})"))
    }

    /// Waits for an answer.
    pub(crate) fn answer<T: DeserializeOwned>(&mut self, patience: Duration) -> Result<T, String> {
        let deadline = time::now() + patience;
        let answer = loop {
            let left = deadline.saturating_duration_since(time::now());
            match self.answers.recv_timeout(left.min(LOOK_EVERY)) {
                Err(RecvTimeoutError::Timeout) if self.stop.is_triggered() => {
                    return Err("stopped".to_owned());
                }
                Err(RecvTimeoutError::Timeout) if !left.is_zero() => {}
                answer => break answer,
            }
        };
        match answer {
            Ok(line) => {
                let answer: Result<T, String> = serde_json::from_str(&line)
                    .map_err(|error| format!("it says `{line}`, which is no answer: {error}"))?;
                answer
            }
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("no answer for {} s", patience.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(match self.process.wait() {
                Ok(status) => format!("it ended ({status}){}", self.complaint.last()),
                Err(error) => format!("it ended ({error})"),
            }),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.input.take());
        let deadline = time::now() + END_PATIENCE;
        while matches!(self.process.try_wait(), Ok(None)) && time::now() < deadline {
            #[expect(
                clippy::disallowed_methods,
                reason = "a process can't be awaited for a while"
            )]
            thread::sleep(Duration::from_millis(1));
        }
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The last line that a process has written to its standard error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaint {
    line: Arc<Mutex<String>>,
    /// Dropped by the reading thread when there is nothing more to read.
    reading: Option<Arc<Mutex<Receiver<()>>>>,
}

impl Complaint {
    /// Reads what it writes, until it ends, and keeps the last line that says something.
    pub(crate) fn listen(errors: ChildStderr) -> Self {
        let (reads, reading) = channel();
        let reading = Some(Arc::new(Mutex::new(reading)));
        let complaint = Self { line: Arc::default(), reading };
        let last = Arc::clone(&complaint.line);
        thread::spawn(move || {
            let _until_the_end: Sender<()> = reads;
            for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                if !line.is_empty() {
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = line;
                }
            }
        });
        complaint
    }

    /// The last line of a process that has ended, to be put behind a sentence. What it wrote may
    /// still be on its way for a moment; a grandchild may hold the stream open for longer.
    pub(crate) fn last(&self) -> String {
        if let Some(reading) = &self.reading {
            let reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.recv_timeout(LAST_WORDS_PATIENCE).ok();
        }
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.is_empty() { String::new() } else { format!(": {line}") }
    }
}

/// The child's side: answers a line on standard output.
pub(crate) fn say<T: Serialize>(answer: &Result<T, String>) -> std::io::Result<()> {
    let line = serde_json::to_string(answer)?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
