//! What a parent and its workers say to each other: bytes ⇄ messages, no I/O.
//!
//! The socket between them keeps the boundaries of messages (SOCK_SEQPACKET), so there is no length
//! in them. Both sides are the same program, so there is no version either. A message that cannot
//! be read is `None`: the other side is not what it should be.

use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;

use crate::address::{Address, Peer};
use crate::admission::Outcome;
use crate::limits::ENDS_PER_MESSAGE;

/// The first message to a worker, with the shared counters' descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    /// Which of the workers it is.
    pub(super) number: u32,
    /// How many there are, each with a slot in the shared counters.
    pub(super) workers: u32,
    /// Names and bound addresses, in the order of `Server::listen`.
    pub(super) listeners: Vec<(String, Address)>,
}

/// Every other message to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ToWorker {
    /// Serve the connection whose descriptor comes with this.
    Serve {
        /// Its number, unique among all workers.
        connection: u64,
        /// By which listener it came.
        door: u32,
        /// Who it is.
        peer: Peer,
    },
    /// Nothing comes any more: end when the last handler has returned, or after this time.
    Drain {
        /// Milliseconds.
        within_ms: u64,
    },
}

/// A message from a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ToParent {
    /// It can be given connections.
    Ready {
        /// No more than these at once.
        capacity: u64,
        /// Those beyond are to wait in the backlog. Otherwise they are to be refused.
        others_wait: bool,
    },
    /// Connections that have ended, at most [`ENDS_PER_MESSAGE`].
    Ended(Vec<End>),
}

/// A connection that has ended in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) connection: u64,
    pub(crate) how: How,
}

/// What became of a connection that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A handler had it.
    Handled(Outcome),
    /// The worker had no descriptor free to take it.
    Lost,
}

/// The longest message but [`Hello`].
pub(super) const MESSAGE_BYTES_MAX: usize = 1 + ENDS_PER_MESSAGE * 9;

const SERVE: u8 = 1;
const DRAIN: u8 = 2;
const READY: u8 = 3;
const ENDED: u8 = 4;

const UNIX: u8 = 0;
const V4: u8 = 4;
const V6: u8 = 6;

impl Hello {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.workers.to_le_bytes());
        for (name, address) in &self.listeners {
            put_text(&mut bytes, name.as_bytes());
            match address {
                Address::Tcp(address) => put_peer(&mut bytes, &Peer::Tcp(*address)),
                Address::Unix(path) => {
                    bytes.push(UNIX);
                    put_text(&mut bytes, path.as_os_str().as_bytes());
                }
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        let (number, workers) = (rest.u32()?, rest.u32()?);
        let mut listeners = Vec::new();
        while !rest.0.is_empty() {
            let name = String::from_utf8(rest.text()?.to_vec()).ok()?;
            let address = match rest.peer()? {
                Peer::Tcp(address) => Address::Tcp(address),
                Peer::Unix | Peer::Pair => Address::Unix(OsStr::from_bytes(rest.text()?).into()),
            };
            listeners.push((name, address));
        }
        Some(Self { number, workers, listeners })
    }
}

impl ToWorker {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        match self {
            Self::Serve { connection, door, peer } => {
                bytes.push(SERVE);
                bytes.extend(connection.to_le_bytes());
                bytes.extend(door.to_le_bytes());
                put_peer(&mut bytes, peer);
            }
            Self::Drain { within_ms } => {
                bytes.push(DRAIN);
                bytes.extend(within_ms.to_le_bytes());
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        let message = match rest.u8()? {
            SERVE => Self::Serve { connection: rest.u64()?, door: rest.u32()?, peer: rest.peer()? },
            DRAIN => Self::Drain { within_ms: rest.u64()? },
            _ => return None,
        };
        rest.0.is_empty().then_some(message)
    }
}

impl ToParent {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Ready { capacity, others_wait } => {
                bytes.push(READY);
                bytes.extend(capacity.to_le_bytes());
                bytes.push(u8::from(*others_wait));
            }
            Self::Ended(ends) => {
                bytes.push(ENDED);
                for End { connection, how } in ends {
                    bytes.extend(connection.to_le_bytes());
                    bytes.push(match how {
                        How::Handled(Outcome::Served) => 0,
                        How::Handled(Outcome::Panicked) => 1,
                        How::Handled(Outcome::Refused) => 2,
                        How::Handled(Outcome::Dropped) => 3,
                        How::Lost => 4,
                    });
                }
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        let message = match rest.u8()? {
            READY => Self::Ready { capacity: rest.u64()?, others_wait: rest.u8()? != 0 },
            ENDED => {
                let mut ends = Vec::with_capacity(rest.0.len() / 9);
                while !rest.0.is_empty() {
                    let connection = rest.u64()?;
                    let how = match rest.u8()? {
                        0 => How::Handled(Outcome::Served),
                        1 => How::Handled(Outcome::Panicked),
                        2 => How::Handled(Outcome::Refused),
                        3 => How::Handled(Outcome::Dropped),
                        4 => How::Lost,
                        _ => return None,
                    };
                    ends.push(End { connection, how });
                }
                Self::Ended(ends)
            }
            _ => return None,
        };
        rest.0.is_empty().then_some(message)
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &[u8]) {
    // A longer one ends up in a message that its reader refuses.
    bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(text);
}

fn put_peer(bytes: &mut Vec<u8>, peer: &Peer) {
    match peer {
        Peer::Tcp(SocketAddr::V4(address)) => {
            bytes.push(V4);
            bytes.extend(address.ip().octets());
            bytes.extend(address.port().to_le_bytes());
        }
        Peer::Tcp(SocketAddr::V6(address)) => {
            bytes.push(V6);
            bytes.extend(address.ip().octets());
            bytes.extend(address.port().to_le_bytes());
            bytes.extend(address.flowinfo().to_le_bytes());
            bytes.extend(address.scope_id().to_le_bytes());
        }
        Peer::Unix | Peer::Pair => bytes.push(UNIX),
    }
}

/// What is not read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    fn peer(&mut self) -> Option<Peer> {
        Some(match self.u8()? {
            UNIX => Peer::Unix,
            V4 => {
                let ip: IpAddr = self.take::<4>()?.into();
                Peer::Tcp(SocketAddr::new(ip, self.u16()?))
            }
            V6 => {
                let ip = self.take::<16>()?.into();
                let (port, flow, scope) = (self.u16()?, self.u32()?, self.u32()?);
                Peer::Tcp(SocketAddrV6::new(ip, port, flow, scope).into())
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
