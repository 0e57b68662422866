//! The socket below the WebSocket, plain or encrypted, and waiting for it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::ServerUrl;
use crate::limits::CONNECT_PATIENCE;

/// A connected stream to the server.
pub(super) enum Socket {
    Plain(TcpStream),
    /// Boxed, because the state of TLS is large.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Socket {
    /// Connects and, for `https`, shakes hands. Every wait is bounded.
    pub(super) fn connect(server: &ServerUrl) -> io::Result<Self> {
        let mut last = io::Error::other("the name has no address");
        for address in (server.host(), server.port()).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT_PATIENCE) {
                Ok(stream) => return Self::begin(server, stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn begin(server: &ServerUrl, stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(CONNECT_PATIENCE))?;
        stream.set_write_timeout(Some(CONNECT_PATIENCE))?;
        if !server.tls() {
            return Ok(Self::Plain(stream));
        }
        let name = ServerName::try_from(server.host().to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(tls(), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::Tls(Box::new(stream)))
    }

    /// From here on a read or write that would wait returns at once instead.
    pub(super) fn never_wait(&self) -> io::Result<()> {
        self.tcp().set_nonblocking(true)
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

/// What a client trusts: the certificate authorities that browsers trust.
fn tls() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.expect("the provider has the usual suites of both versions");
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp().as_fd()
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Tls(stream) => stream.read(buf),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buf),
            Self::Tls(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Waits until the socket has something to read (or room to write, if wanted), until somebody rings
/// the bell, or for this long.
pub(super) fn wait(
    socket: &impl AsFd,
    bell: &impl AsFd,
    writing: bool,
    patience: Duration,
) -> io::Result<()> {
    let wanted = if writing { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let mut fds = [PollFd::new(socket, wanted), PollFd::new(bell, PollFlags::IN)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(&mut fds, Some(&patience)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
