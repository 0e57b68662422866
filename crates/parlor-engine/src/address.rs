//! Where a server listens and who is at the other end.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::net::SocketAddrAny;
use socket2::{Domain, SockAddr, Socket, Type};

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// An IP address and port; port 0 asks the kernel for a free one.
    Tcp(SocketAddr),
    /// A Unix socket at this path.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An IP address and port.
    Tcp(SocketAddr),
    /// A process on this machine.
    Unix,
    /// The other half of [`Conn::pair`](crate::Conn::pair).
    Pair,
}

impl Peer {
    /// The address, for limits and logs; an IPv4 address that came over IPv6 is given as IPv4.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip().to_canonical()),
            Self::Unix | Self::Pair => None,
        }
    }

    /// From what the kernel says; an address family that we do not know counts as local.
    pub(crate) fn from_kernel(address: Option<SocketAddrAny>) -> Self {
        address.and_then(|address| SocketAddr::try_from(address).ok()).map_or(Self::Unix, Self::Tcp)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
            Self::Pair => f.write_str("pair"),
        }
    }
}

/// A server cannot listen at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// Where it was to listen.
    pub address: Address,
    /// What the system said.
    pub source: io::Error,
}

/// A socket that listens, and the file to remove when it ends.
pub(crate) struct Listener {
    pub(crate) fd: Arc<OwnedFd>,
    pub(crate) bound: Address,
    file: Option<SocketFile>,
}

impl Listener {
    /// Listens at an address. With `again`, others may listen at the same one if they say so too.
    pub(crate) fn bind(address: &Address, backlog: u32, again: bool) -> Result<Self, BindError> {
        let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
        let bound = match address {
            Address::Tcp(at) => Self::bind_tcp(*at, backlog, again),
            Address::Unix(path) => Self::bind_unix(path, backlog),
        };
        bound.map_err(|source| BindError { address: address.clone(), source })
    }

    fn bind_tcp(at: SocketAddr, backlog: i32, again: bool) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(at), Type::STREAM.nonblocking(), None)?;
        // A restarted server must not wait for the old one's connections to time out.
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(again)?;
        // Accepted sockets inherit it, which saves a system call each. Small answers must leave at
        // once: Nagle's algorithm and delayed acknowledgements together cost 40 ms.
        socket.set_tcp_nodelay(true)?;
        socket.bind(&at.into())?;
        socket.listen(backlog)?;
        let bound = socket.local_addr()?.as_socket().unwrap_or(at);
        Ok(Self { fd: Arc::new(socket.into()), bound: Address::Tcp(bound), file: None })
    }

    fn bind_unix(path: &Path, backlog: i32) -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
        let at = SockAddr::unix(path)?;
        match socket.bind(&at) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path) => {
                std::fs::remove_file(path)?;
                socket.bind(&at)?;
            }
            other => other?,
        }
        let file = SocketFile::new(path)?;
        socket.listen(backlog)?;
        let bound = Address::Unix(path.to_owned());
        Ok(Self { fd: Arc::new(socket.into()), bound, file: Some(file) })
    }

    /// True for a Unix socket.
    pub(crate) fn is_local(&self) -> bool {
        self.file.is_some()
    }
}

/// A socket file whose server is gone: it is a socket, and nobody accepts there.
fn is_stale(path: &Path) -> bool {
    let is_socket =
        std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    is_socket
        && UnixStream::connect(path)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Removes a socket file that we made, if it is still ours.
struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        let inode = std::fs::symlink_metadata(path)?.ino();
        Ok(Self { path: path.to_owned(), inode })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // A server started after us may have put its own file there.
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| metadata.ino() == self.inode);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the socket file");
        }
    }
}
