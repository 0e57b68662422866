//! A WebSocket over a connection of the engine.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_engine::{Conn, Peer, time};
use thiserror::Error;

use crate::limits;
use crate::ws::message::{Closing, Decoder, Frame, Message, MessageLimits, Violation};

/// Why a WebSocket gives no more messages.
#[derive(Debug, Error)]
pub enum WsError {
    /// The peer broke the protocol; it has been sent a close frame.
    #[error("the peer broke the protocol")]
    Violation(#[from] Violation),
    /// The connection failed.
    #[error("the connection failed")]
    Io(#[from] io::Error),
}

/// The server's end of a WebSocket.
///
/// Output is queued by [`Self::send`] and written while a message is waited for, so one
/// `select!` over [`Self::next`] drives both directions. While nothing is under way in either
/// direction the socket owns no buffer.
pub struct WebSocket {
    conn: Conn,
    decoder: Decoder,
    /// Received but not decoded: what followed a message in the same read.
    rest: Bytes,
    heard: Instant,
    written: Instant,
    closing: bool,
}

impl WebSocket {
    /// Takes over an upgraded connection; `rest` is what was already read from it.
    #[must_use]
    pub fn new(conn: Conn, rest: Bytes, limits: MessageLimits) -> Self {
        let now = time::now();
        let decoder = Decoder::new(limits);
        Self { conn, decoder, rest, heard: now, written: now, closing: false }
    }

    /// The next message, text or binary; `None` once the peer has closed or is gone.
    ///
    /// Pings are answered here; they and pongs show to the caller only as a newer
    /// [`Self::heard`]. Safe to drop and call again: no bytes are lost.
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol or the connection fails.
    pub async fn next(&mut self) -> Result<Option<Message>, WsError> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`Self::next`], for callers with a poll function of their own.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, WsError>> {
        loop {
            if let Poll::Ready(drained) = self.poll_drain(cx) {
                drained?;
            }
            // A peer that takes nothing is not listened to either: its pings and commands would
            // only make more output.
            if self.conn.queued() > limits::WS_QUEUED_BYTES_MAX {
                return Poll::Pending;
            }
            let rest = std::mem::take(&mut self.rest);
            if !rest.is_empty() {
                let mut input = &rest[..];
                let decoded = self.decode(&mut input);
                self.rest = rest.slice(rest.len() - input.len()..);
                if let Some(message) = decoded? {
                    return Poll::Ready(Ok(Some(message)));
                }
            }
            if self.decoder.is_finished() {
                return Poll::Ready(Ok(None));
            }
            let received = ready!(self.conn.poll_recv(cx))?;
            if received.is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.heard = time::now();
            let mut input = &received[..];
            let decoded = self.decode(&mut input);
            // What follows the first message waits in a copy, so that the thread gets its read
            // buffer back at once.
            self.rest = Bytes::copy_from_slice(input);
            drop(received);
            if let Some(message) = decoded? {
                return Poll::Ready(Ok(Some(message)));
            }
        }
    }

    /// Queues a frame built by [`Frame`]; shared bytes are not copied.
    pub fn send(&mut self, frame: Bytes) {
        if !self.closing {
            self.note_first();
            self.conn.push(frame);
        }
    }

    /// Queues a frame that others are sent too; a small one is copied, see [`Conn::push_shared`].
    pub fn send_shared(&mut self, frame: &Bytes) {
        if !self.closing {
            self.note_first();
            self.conn.push_shared(frame);
        }
    }

    /// From the first bytes that are queued on, the peer is waited for.
    fn note_first(&mut self) {
        if self.conn.queued() == 0 {
            self.written = time::now();
        }
    }

    /// Queues a close frame; nothing is sent after it.
    pub fn close(&mut self, code: u16, reason: &str) {
        self.send(Frame::close(code, reason));
        self.closing = true;
    }

    /// Writes what is queued.
    ///
    /// # Errors
    ///
    /// When the connection fails.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let before = self.conn.queued();
        if before == 0 {
            return Poll::Ready(Ok(()));
        }
        let drained = self.conn.poll_drain(cx);
        if self.conn.queued() < before {
            self.written = time::now();
        }
        drained
    }

    /// Ends the conversation: writes what is queued and waits for the peer's close frame, both for
    /// at most `wait`, then closes the connection.
    pub async fn finish(&mut self, wait: Duration) {
        let farewell = async {
            poll_fn(|cx| self.poll_drain(cx)).await?;
            // The peer's own close frame is waited for, so that ours is not lost to a reset.
            while !self.decoder.is_finished() {
                if self.next().await?.is_none() {
                    break;
                }
            }
            Ok::<(), WsError>(())
        };
        if let Ok(Err(error)) = time::timeout(wait, farewell).await {
            tracing::trace!(%error, "a WebSocket ended without its farewell");
        }
        if let Err(error) = self.conn.shutdown_write().await {
            tracing::trace!(%error, "a WebSocket was gone before it was closed");
        }
    }

    /// How many bytes wait to be written.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.conn.queued()
    }

    /// When bytes last came from the peer; any frame is a sign of life.
    #[must_use]
    pub fn heard(&self) -> Instant {
        self.heard
    }

    /// Since when bytes have waited without any being taken; `None` while nothing waits.
    #[must_use]
    pub fn stalled_since(&self) -> Option<Instant> {
        (self.conn.queued() > 0).then_some(self.written)
    }

    /// The peer.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.conn.peer()
    }

    /// The id of the connection beneath.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.conn.id()
    }

    /// Decodes the next message for the caller and answers control frames on the way.
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, WsError> {
        loop {
            match self.decoder.decode(input) {
                Ok(Some(Message::Ping(payload))) => self.send(Frame::pong(&payload)),
                Ok(Some(Message::Pong(_))) => {}
                Ok(Some(Message::Close(closing))) => {
                    let code = closing.map_or(1000, |Closing { code, .. }| code);
                    self.close(code, "");
                    return Ok(None);
                }
                Ok(message) => return Ok(message),
                Err(violation) => {
                    self.close(violation.close_code(), &violation.to_string());
                    return Err(violation.into());
                }
            }
        }
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("conn", &self.conn.id()).finish_non_exhaustive()
    }
}
