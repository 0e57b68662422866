//! One worker process, as its parent has it: how it is started, what it has, how it ends.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::WORKER_VARIABLE;
use super::channel::{Channel, Verdict};
use super::message::Hello;
use crate::address::Address;
use crate::admission::Ticket;
use crate::limits::HELLO_BYTES_MAX;

/// How to start this program once more.
pub(super) struct Program {
    name: OsString,
    arguments: Vec<OsString>,
    workers: u32,
    listeners: Vec<(String, Address)>,
}

/// A worker that was started and is not yet buried. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    /// Readable when the process has ended.
    pub(super) pidfd: OwnedFd,
    pub(super) channel: Channel,
    pub(super) started: Instant,
    pub(super) state: State,
    /// The connections that it has.
    pub(super) tickets: HashMap<u64, Ticket>,
    /// It was out of descriptors, and is given nothing until then or until a connection ends.
    pub(super) rests_until: Option<Instant>,
    pub(super) told_to_drain: bool,
}

/// What can be expected of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Ready {
        capacity: usize,
        others_wait: bool,
    },
    /// Its end of the socket is closed.
    Ending,
}

impl Program {
    pub(super) fn new(workers: u32, listeners: Vec<(String, Address)>) -> io::Result<Self> {
        let mut words = std::env::args_os();
        let name = words.next().unwrap_or_else(|| "parlor-worker".into());
        let program = Self { name, arguments: words.collect(), workers, listeners };
        if program.hello(0).len() > HELLO_BYTES_MAX {
            return Err(io::Error::other("too many listeners for worker processes"));
        }
        Ok(program)
    }

    fn hello(&self, number: u32) -> Vec<u8> {
        Hello { number, workers: self.workers, listeners: self.listeners.clone() }.encode()
    }
}

impl Process {
    /// Starts worker `number`. What it needs to know is in the socket before it exists.
    pub(super) fn start(
        program: &Program,
        number: u32,
        counts: BorrowedFd<'_>,
        now: Instant,
    ) -> io::Result<Self> {
        let (channel, theirs) = Channel::pair()?;
        channel.send(&program.hello(number), Some(counts)).map_err(|verdict| match verdict {
            Verdict::Full => io::ErrorKind::WouldBlock.into(),
            Verdict::Gone | Verdict::Broken => io::Error::other("cannot speak to a new worker"),
        })?;
        // The very program that runs now, even if its file has been replaced meanwhile.
        let mut child = Command::new("/proc/self/exe")
            .arg0(&program.name)
            .args(&program.arguments)
            .env(WORKER_VARIABLE, std::process::id().to_string())
            .stdin(Stdio::from(theirs))
            // What `main` prints before it serves, the parent has printed already.
            .stdout(Stdio::null())
            // A signal from the terminal is for the parent, which tells its workers.
            .process_group(0)
            .spawn()?;
        match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self {
                child,
                pidfd,
                channel,
                started: now,
                state: State::Starting,
                tickets: HashMap::new(),
                rests_until: None,
                told_to_drain: false,
            }),
            Err(error) => {
                child.kill().ok();
                child.wait().ok();
                Err(error.into())
            }
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many connections it could be given now; `None` if it is not to be asked.
    pub(super) fn room(&self, now: Instant) -> Option<usize> {
        match self.state {
            State::Ready { .. } if self.rests_until.is_some_and(|until| now < until) => Some(0),
            State::Ready { capacity, .. } => Some(capacity.saturating_sub(self.tickets.len())),
            State::Starting | State::Ending => None,
        }
    }

    /// Ends it without asking. Its pidfd tells when it has ended, and is why this can't hit another
    /// process that has got the same number since.
    pub(super) fn kill(&self) {
        // The only failure is that it has ended.
        pidfd_send_signal(&self.pidfd, Signal::KILL).ok();
    }

    /// How it has ended, if it has; from then on there is no zombie of it.
    pub(super) fn status(&mut self) -> Option<io::Result<ExitStatus>> {
        self.child.try_wait().transpose()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing when its end was seen already. After a kill there is little to wait for.
        self.kill();
        self.child.wait().ok();
    }
}
