//! The connection to the server: a thread of its own, which comes back by itself.
//!
//! It carries text both ways and knows what the WebSocket needs (pings, closing, silence), not what
//! the frames mean. Frames are handed over in the order in which they came, through a channel with
//! a bound: a screen that is slow makes the connection wait, and that makes the server wait. What
//! was given to a connection that broke is lost; the one who gave it hears of the break and sends it
//! again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::thread;
use std::time::{Duration, Instant};

use http::header::{COOKIE as COOKIE_HEADER, ORIGIN, SEC_WEBSOCKET_PROTOCOL, USER_AGENT};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{HandshakeError, Message, WebSocket};

use self::pause::pause;
use self::socket::{Socket, wait};
use crate::limits::{DEAD, FRAME_BYTES_MAX, SILENCE};
use crate::run::Input;
use crate::signin::{AGENT, COOKIE, Session};
use crate::wire::{Frame, SUBPROTOCOL, decode};

mod pause;
mod socket;

/// What the connection tells.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A connection is being made.
    Connecting,
    /// It is there and expects the first command.
    Opened,
    /// Something came.
    Frame(Frame),
    /// It is gone; the next attempt comes after this pause.
    Lost(Lost, Duration),
    /// The session is over; there will be no further attempt.
    SignedOut,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It broke, or could not be made.
    Broken,
    /// The server said that it restarts.
    Restart,
}

/// What the connection is told.
#[derive(Debug)]
enum Order {
    Send(String),
    Now,
}

/// The way to the thread of the connection. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Link {
    orders: Sender<Order>,
    bell: UnixStream,
}

impl Link {
    /// Starts the thread, which connects at once.
    pub(crate) fn start(session: Session, inputs: SyncSender<Input>) -> io::Result<Self> {
        let (orders, taken) = channel();
        let (bell, rung) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        let line = Line { session, inputs, orders: taken, rung };
        thread::Builder::new().name("connection".to_owned()).spawn(move || line.live())?;
        Ok(Self { orders, bell })
    }

    /// Gives the connection a frame to send.
    pub(crate) fn send(&self, frame: String) {
        self.order(Order::Send(frame));
    }

    /// Connects at once instead of at the end of the pause.
    pub(crate) fn now(&self) {
        self.order(Order::Now);
    }

    fn order(&self, order: Order) {
        // Either may fail only when the thread has ended, which it has told.
        self.orders.send(order).ok();
        (&self.bell).write_all(&[1]).ok();
    }
}

/// The thread's own side.
struct Line {
    session: Session,
    inputs: SyncSender<Input>,
    orders: Receiver<Order>,
    rung: UnixStream,
}

/// Why a connection is not gone on with.
enum End {
    Lost(Lost),
    SignedOut,
    /// The screen is gone.
    Stop,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        tracing::debug!(%error, "the connection broke");
        Self::Lost(Lost::Broken)
    }
}

impl Line {
    fn live(mut self) {
        let mut attempts = 0;
        loop {
            if !self.tell(Incoming::Connecting) {
                return;
            }
            let end = self.connect().and_then(|socket| {
                attempts = 0;
                self.serve(socket)
            });
            let lost = match end {
                Ok(()) | Err(End::Stop) => return,
                Err(End::SignedOut) => {
                    self.tell(Incoming::SignedOut);
                    return;
                }
                Err(End::Lost(lost)) => lost,
            };
            let pause = pause(attempts, lost, chance());
            attempts = attempts.saturating_add(1);
            if !self.tell(Incoming::Lost(lost, pause)) || !self.rest(pause) {
                return;
            }
        }
    }

    fn tell(&self, incoming: Incoming) -> bool {
        self.inputs.send(Input::Link(incoming)).is_ok()
    }

    /// Waits for the next attempt; false when there is to be none.
    #[expect(clippy::disallowed_methods, reason = "this thread owns the client's connection")]
    fn rest(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        loop {
            match self.orders.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Order::Now) | Err(RecvTimeoutError::Timeout) => return true,
                // Meant for the connection that is gone.
                Ok(Order::Send(_)) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn connect(&self) -> Result<WebSocket<Socket>, End> {
        let server = &self.session.server;
        let mut request = server.live().into_client_request().map_err(io::Error::other)?;
        let headers = request.headers_mut();
        let cookie = format!("{COOKIE}={}", self.session.token);
        for (name, value) in [
            (ORIGIN, server.to_string()),
            (COOKIE_HEADER, cookie),
            (SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL.to_owned()),
            (USER_AGENT, AGENT.to_owned()),
        ] {
            headers.insert(name, value.parse().map_err(io::Error::other)?);
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let socket = Socket::connect(server)?;
        match tungstenite::client::client_with_config(request, socket, Some(config)) {
            Ok((socket, _)) => {
                socket.get_ref().never_wait()?;
                Ok(socket)
            }
            Err(HandshakeError::Failure(tungstenite::Error::Http(answer)))
                if answer.status() == 401 =>
            {
                Err(End::SignedOut)
            }
            Err(error) => Err(io::Error::other(error.to_string()).into()),
        }
    }

    /// Carries frames until the connection ends.
    #[expect(clippy::disallowed_methods, reason = "this thread owns the client's connection")]
    fn serve(&mut self, mut socket: WebSocket<Socket>) -> Result<(), End> {
        // What was meant for an earlier connection is not for this one.
        while self.orders.try_recv().is_ok() {}
        if !self.tell(Incoming::Opened) {
            return Ok(());
        }
        let mut heard = Instant::now();
        let mut asked = false;
        loop {
            self.take_orders(&mut socket)?;
            let writing = would_wait(socket.flush())?;
            let silence = heard.elapsed();
            if silence >= DEAD {
                return Err(End::Lost(Lost::Broken));
            }
            if silence >= SILENCE && !asked {
                asked = true;
                would_wait(socket.write(Message::Ping(Vec::new().into())))?;
                continue;
            }
            let patience = if asked { DEAD } else { SILENCE }.saturating_sub(silence);
            wait(socket.get_ref(), &self.rung, writing, patience + Duration::from_millis(1))?;
            if self.take_frames(&mut socket)? {
                (heard, asked) = (Instant::now(), false);
            }
        }
    }

    fn take_orders(&mut self, socket: &mut WebSocket<Socket>) -> Result<(), End> {
        while matches!(self.rung.read(&mut [0; 64]), Ok(bytes) if bytes > 0) {}
        loop {
            match self.orders.try_recv() {
                Ok(Order::Send(frame)) => {
                    would_wait(socket.write(Message::text(frame)))?;
                }
                Ok(Order::Now) => {}
                Err(std::sync::mpsc::TryRecvError::Empty) => return Ok(()),
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    would_wait(socket.close(None))?;
                    return Err(End::Stop);
                }
            }
        }
    }

    /// Hands over what has come; whether anything has.
    fn take_frames(&self, socket: &mut WebSocket<Socket>) -> Result<bool, End> {
        let mut heard = false;
        loop {
            let message = match socket.read() {
                Ok(message) => message,
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(heard);
                }
                Err(error) => return Err(io::Error::other(error.to_string()).into()),
            };
            heard = true;
            match message {
                Message::Text(text) => {
                    let Some(frame) = decode(text.as_str()) else { continue };
                    if !self.tell(Incoming::Frame(frame)) {
                        return Err(End::Stop);
                    }
                }
                Message::Close(frame) => {
                    let code = frame.map_or(1006, |frame| u16::from(frame.code));
                    return Err(match code {
                        4010 => End::SignedOut,
                        4003 | 1012 => End::Lost(Lost::Restart),
                        _ => End::Lost(Lost::Broken),
                    });
                }
                // Pings are answered below us; the protocol has no binary frames.
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }
}

/// Whether something is left to be written; other errors end the connection.
fn would_wait(written: tungstenite::Result<()>) -> Result<bool, End> {
    match written {
        Ok(()) => Ok(false),
        Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(io::Error::other(error.to_string()).into()),
    }
}

/// A number from 0 to 1, different for each client.
fn chance() -> f64 {
    let [a, b, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    f64::from(u16::from_ne_bytes([a, b])) / f64::from(u16::MAX)
}
