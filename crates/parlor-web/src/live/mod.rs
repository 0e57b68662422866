//! The live connection: one WebSocket per browser tab, as `docs/protocol.md` describes it.
//!
//! `message/` and `event/` are the wire format, `session/` decides about time and pace;
//! none of them does I/O. `connection.rs` joins them to a WebSocket, a seat in the rooms and a
//! reader; `command/` has one file per command. `first.rs` is what a page has before it connects.

pub mod message;
mod event;
mod session;
pub(crate) mod presence;
mod seat;
pub(crate) mod resume;
pub(crate) mod command;
pub(crate) mod first;
mod connection;

pub use command::Command;
pub use event::KINDS as EVENT_KINDS;
pub use session::CLOSE_CODES;

use std::sync::Arc;

use parlor_http::{Answer, Request, ws};

use crate::site::App;
use crate::visitor;

/// The subprotocol every client has to offer or leave out.
pub const SUBPROTOCOL: &str = "parlor.v1+json";

/// `GET /api/v1/live`: becomes a WebSocket for whoever is signed in.
pub(crate) async fn open(app: Arc<App>, request: Request) -> Answer {
    app.guard.check_websocket(request.head())?;
    let visitor = visitor::need(&app, &request).await?;
    let base = app.base_url(&request);
    ws::accept(&request, &[SUBPROTOCOL], move |socket| {
        connection::serve(app, visitor, base, socket)
    })
}
