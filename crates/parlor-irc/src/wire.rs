//! What carries the lines: a stream of bytes, or messages of one line each.
//!
//! Over WebSocket every line is a message of its own, so the same lines have two more forms there,
//! text and binary. They are shared like the lines themselves: a delivery is framed once for each
//! class of clients, and pushing it is pushing a pointer. This crate knows no WebSocket; whoever
//! does hands one over as a [`LineSocket`].

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use parlor_engine::Conn;

use crate::input::Input;

/// A connection whose messages are lines without their ends.
pub trait LineSocket {
    /// The next message; `None` once the peer has closed or is gone.
    ///
    /// # Errors
    ///
    /// When the connection is broken, or the peer has broken its protocol.
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>>;

    /// Queues messages that are framed already.
    fn push(&mut self, frames: &Bytes);

    /// How many bytes wait to be written.
    fn queued(&self) -> usize;

    /// Writes what is queued.
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Says goodbye in the way of the protocol, for at most so long.
    fn finish(&mut self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>>;

    /// The number of the connection, for logs.
    fn id(&self) -> u64;

    /// The address of the peer.
    fn ip(&self) -> Option<IpAddr>;
}

/// What becomes of lines on their way out.
#[derive(Debug, Clone, Copy, Default)]
pub enum Framing {
    /// Nothing: they are a stream.
    #[default]
    Stream,
    /// Each becomes a text message, built by this function.
    Text(fn(&str) -> Bytes),
    /// Each becomes a binary message, built by this function.
    Binary(fn(&[u8]) -> Bytes),
}

impl Framing {
    /// Frames complete lines, each with its CR LF.
    pub fn apply(self, lines: Bytes) -> Bytes {
        if matches!(self, Self::Stream) || lines.is_empty() {
            return lines;
        }
        let mut framed = BytesMut::with_capacity(lines.len() + 16);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r\n").unwrap_or(line);
            framed.put(match self {
                Self::Stream => return lines.clone(),
                // Everything written here is UTF-8; a line that is not would end the connection.
                Self::Text(frame) => frame(&String::from_utf8_lossy(line)),
                Self::Binary(frame) => frame(line),
            });
        }
        framed.freeze()
    }
}

/// One client's connection.
pub(crate) enum Wire {
    Stream(Conn),
    Messages(Box<dyn LineSocket>),
}

impl Wire {
    /// Takes what has come in; false when the peer has ended its side.
    pub(crate) fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut Input,
    ) -> Poll<io::Result<bool>> {
        match self {
            Self::Stream(conn) => conn.poll_recv(cx).map_ok(|received| {
                input.extend(&received);
                !received.is_empty()
            }),
            Self::Messages(socket) => socket.poll_line(cx).map_ok(|line| {
                let Some(line) = line else { return false };
                input.extend(&line);
                input.extend(b"\n");
                true
            }),
        }
    }

    pub(crate) fn push(&mut self, bytes: Bytes) {
        match self {
            Self::Stream(conn) => conn.push(bytes),
            Self::Messages(socket) => socket.push(&bytes),
        }
    }

    /// Queues what others are sent too.
    pub(crate) fn push_shared(&mut self, bytes: &Bytes) {
        match self {
            Self::Stream(conn) => conn.push_shared(bytes),
            Self::Messages(socket) => socket.push(bytes),
        }
    }

    pub(crate) fn queued(&self) -> usize {
        match self {
            Self::Stream(conn) => conn.queued(),
            Self::Messages(socket) => socket.queued(),
        }
    }

    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Stream(conn) => conn.poll_drain(cx),
            Self::Messages(socket) => socket.poll_drain(cx),
        }
    }

    /// Writes what is queued and ends our side, for at most so long. False when not all was taken.
    pub(crate) async fn finish(&mut self, wait: Duration) -> bool {
        match self {
            Self::Stream(conn) => {
                if conn.queued() == 0 {
                    return true;
                }
                let farewell = async {
                    conn.drain().await?;
                    conn.shutdown_write().await
                };
                let ended = Box::pin(parlor_engine::time::timeout(wait, farewell)).await;
                matches!(ended, Ok(Ok::<(), io::Error>(())))
            }
            Self::Messages(socket) => {
                socket.finish(wait).await;
                true
            }
        }
    }

    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Stream(conn) => conn.id(),
            Self::Messages(socket) => socket.id(),
        }
    }

    pub(crate) fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Stream(conn) => conn.peer().ip(),
            Self::Messages(socket) => socket.ip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bracketed(line: &[u8]) -> Bytes {
        [b"[", line, b"]"].concat().into()
    }

    #[test]
    fn every_line_is_a_message_without_its_end() {
        let lines = Bytes::from_static(b"PING :a\r\nPONG b\r\n");
        assert_eq!(Framing::Stream.apply(lines.clone()), lines);
        assert_eq!(Framing::Binary(bracketed).apply(lines), "[PING :a][PONG b]");
        assert!(Framing::Binary(bracketed).apply(Bytes::new()).is_empty());
    }
}
