//! IRC over WebSocket: joins the two protocols that know nothing of each other.
//!
//! At `/irc` on the page's listener, and on a listener of its own if there is one. One line is one
//! message; whether text or binary, the client says by the order of its subprotocols.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::Service;
use parlor_http::ws::{self, Frame, Message, WebSocket};
use parlor_http::{Answer, Guard, Problem, Request, Response, Router, Site, Timeouts};
use parlor_irc::Door;
use parlor_irc::wire::{Framing, LineSocket};

const BINARY: &str = "binary.ircv3.net";
const TEXT: &str = "text.ircv3.net";

/// Answers a request for IRC over WebSocket.
pub(crate) fn open(door: &Door, guard: &Guard, request: &Request) -> Answer {
    guard.check_open_websocket(request.head())?;
    let framing = match ws::agreed(request, &[BINARY, TEXT]) {
        Some(BINARY) => Framing::Binary(Frame::binary),
        // Clients from before there were subprotocols send text.
        _ => Framing::Text(Frame::text),
    };
    let door = door.clone();
    ws::accept(request, &[BINARY, TEXT], move |socket| async move {
        door.serve_socket(Box::new(Lines(socket)), framing).await;
    })
}

/// Serves nothing but IRC over WebSocket, at any path.
pub(crate) fn service(door: Door, guard: Guard) -> Service {
    parlor_http::service(Site {
        state: Arc::new((door, guard.clone())),
        router: Router::new().get("/{*path}", answer),
        guard,
        timeouts: Timeouts::default(),
        problem_page: show_problem,
    })
}

async fn answer(state: Arc<(Door, Guard)>, request: Request) -> Answer {
    open(&state.0, &state.1, &request)
}

fn show_problem(_: &Arc<(Door, Guard)>, problem: &Problem) -> Response {
    Response::text(problem.status, format!("{}\n", problem.text))
}

/// A WebSocket whose messages are lines.
struct Lines(WebSocket);

impl LineSocket for Lines {
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let message = ready!(self.0.poll_next(cx)).map_err(io::Error::other)?;
        Poll::Ready(Ok(message.map(|message| match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(bytes) => Bytes::from(bytes),
            // Answered where they are read.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Bytes::new(),
        })))
    }

    fn push(&mut self, frames: &Bytes) {
        self.0.send_shared(frames);
    }

    fn queued(&self) -> usize {
        self.0.queued()
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_drain(cx)
    }

    fn finish(&mut self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move {
            self.0.close(1000, "");
            self.0.finish(wait).await;
        })
    }

    fn id(&self) -> u64 {
        self.0.id()
    }

    fn ip(&self) -> Option<IpAddr> {
        self.0.peer().ip()
    }
}
