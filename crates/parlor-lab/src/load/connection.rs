//! One client: its socket, the one message it waits for, and what has become of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, getpeername, recv,
    send, socket_with, sockopt,
};

use super::message;
use crate::limits::MESSAGE_BYTES;
use crate::order::Failures;

/// One client.
pub(super) struct Connection {
    pub(super) fd: Option<OwnedFd>,
    pub(super) state: State,
    /// How many messages it has sent.
    pub(super) sent: u32,
    heavy: bool,
    received: usize,
    /// When the message that it waits for was due, or when the connection was begun.
    pub(super) since_ns: u64,
    /// Whether what became of it has been counted.
    pub(super) settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Connecting,
    /// Connected, with nothing to wait for.
    Idle,
    /// A message is on its way.
    Waiting,
    Failed(Failure),
}

/// Why a client is not served any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Refused,
    Reset,
    Wrong,
    Generator,
}

/// What came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Nothing,
    /// The whole answer, and it is the message.
    Answer,
    Failed,
}

impl Connection {
    /// A client on its way.
    pub(super) fn begin(to: SocketAddr, source: Option<Ipv4Addr>, now_ns: u64) -> Self {
        let (fd, state) = match open(to, source) {
            Ok((fd, state)) => (Some(fd), state),
            Err(failure) => (None, State::Failed(failure)),
        };
        Self { fd, state, sent: 0, heavy: false, received: 0, since_ns: now_ns, settled: false }
    }

    /// Looks whether it is connected by now, or refused.
    pub(super) fn connected(&mut self) {
        if self.state != State::Connecting {
            return;
        }
        let Some(fd) = &self.fd else { return };
        match (sockopt::socket_error(fd), getpeername(fd)) {
            (Ok(Ok(())), Ok(_)) => self.state = State::Idle,
            // Neither refused nor there yet.
            (Ok(Ok(())), Err(Errno::NOTCONN)) => {}
            _ => self.fail(Failure::Refused),
        }
    }

    /// Sends its next message, which was due then.
    pub(super) fn send(&mut self, number: usize, due_ns: u64, heavy: bool) {
        let Some(fd) = &self.fd else { return };
        self.received = 0;
        self.since_ns = due_ns;
        self.heavy = heavy;
        self.sent = self.sent.wrapping_add(1);
        let bytes = message::of(id(number), self.sent, heavy);
        // So few bytes always fit: the last message was answered.
        match send(fd, &bytes, SendFlags::NOSIGNAL) {
            Ok(MESSAGE_BYTES) => self.state = State::Waiting,
            Ok(_) => self.fail(Failure::Generator),
            Err(_) => self.fail(Failure::Reset),
        }
    }

    /// Reads what there is.
    pub(super) fn read(&mut self, number: usize) -> Read {
        let Some(fd) = &self.fd else { return Read::Nothing };
        let mut bytes = [0; MESSAGE_BYTES * 2];
        match recv(fd.as_fd(), &mut bytes[..], RecvFlags::empty()) {
            Ok((0, _)) | Err(Errno::CONNRESET | Errno::PIPE | Errno::TIMEDOUT) => {
                // Before its first answer a client was never let in; later it was cut off.
                self.fail(if self.sent <= 1 { Failure::Refused } else { Failure::Reset });
                Read::Failed
            }
            Ok((count, _)) => {
                let expected = message::of(id(number), self.sent, self.heavy);
                let so_far = self.received..self.received + count;
                if self.state != State::Waiting || expected.get(so_far) != Some(&bytes[..count]) {
                    self.fail(Failure::Wrong);
                    return Read::Failed;
                }
                self.received += count;
                if self.received < MESSAGE_BYTES {
                    return Read::Nothing;
                }
                self.state = State::Idle;
                Read::Answer
            }
            Err(Errno::AGAIN | Errno::INTR) => Read::Nothing,
            Err(_) => {
                self.fail(if self.sent == 0 { Failure::Refused } else { Failure::Reset });
                Read::Failed
            }
        }
    }

    /// Whether the message on its way asks for much work.
    pub(super) fn is_heavy(&self) -> bool {
        self.heavy
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.state = State::Failed(failure);
        self.fd = None;
    }
}

/// Counts a failure.
pub(super) fn count(failures: &mut Failures, failure: Failure) {
    match failure {
        Failure::Refused => failures.refused += 1,
        Failure::Reset => failures.reset += 1,
        Failure::Wrong => failures.wrong += 1,
        Failure::Generator => failures.generator += 1,
    }
}

fn id(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A socket that does not block, connecting.
fn open(to: SocketAddr, source: Option<Ipv4Addr>) -> Result<(OwnedFd, State), Failure> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)
        .map_err(|_| Failure::Generator)?;
    sockopt::set_tcp_nodelay(&fd, true).map_err(|_| Failure::Generator)?;
    // Closing ends the connection at once, so that thousands of dead ones don't hold their ports.
    sockopt::set_socket_linger(&fd, Some(std::time::Duration::ZERO))
        .map_err(|_| Failure::Generator)?;
    if let Some(source) = source {
        bind(&fd, &SocketAddr::from((source, 0))).map_err(|_| Failure::Generator)?;
    }
    match connect(&fd, &to) {
        Ok(()) => Ok((fd, State::Idle)),
        Err(Errno::INPROGRESS) => Ok((fd, State::Connecting)),
        Err(Errno::CONNREFUSED | Errno::CONNRESET) => Err(Failure::Refused),
        Err(_) => Err(Failure::Generator),
    }
}
