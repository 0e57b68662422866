//! The HTTP request that becomes a WebSocket.

use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use sha1::{Digest, Sha1};

use crate::problem::Problem;
use crate::request::Request;
use crate::response::Response;
use crate::ws::WebSocket;

type Run = Box<dyn FnOnce(WebSocket) -> Pin<Box<dyn Future<Output = ()>>>>;

/// What to do with the connection once the response is out.
pub struct Upgrade {
    pub(crate) run: Run,
}

/// Answers `request` with 101 and hands the connection to `run`.
///
/// On what is spoken then, see [`agreed`]. A client that offers others only
/// is refused; one that offers none is taken without.
///
/// # Errors
///
/// 400 when this is no WebSocket handshake or no protocol fits, 426 for another version.
pub fn accept<F, Fut>(request: &Request, protocols: &[&str], run: F) -> Result<Response, Problem>
where
    F: FnOnce(WebSocket) -> Fut + 'static,
    Fut: Future<Output = ()> + 'static,
{
    let headers = request.headers();
    if request.method() != Method::GET
        || !has_token(headers, &UPGRADE, "websocket")
        || !has_token(headers, &CONNECTION, "upgrade")
    {
        return Err(Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            "websocket_only",
            "Only WebSocket clients are served here.",
        ));
    }
    if request.header(&SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            "websocket_version",
            "This server speaks version 13 of WebSocket.",
        ));
    }
    let key = request.header(&SEC_WEBSOCKET_KEY).unwrap_or_default().trim();
    if STANDARD.decode(key).map(|bytes| bytes.len()) != Ok(16) {
        return Err(Problem::bad_request("The Sec-WebSocket-Key is not 16 bytes in base64."));
    }
    let protocol = agreed(request, protocols);
    if protocol.is_none() && headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        let text =
            format!("None of the protocols offered is spoken here: {}.", protocols.join(", "));
        return Err(Problem::new(StatusCode::BAD_REQUEST, "unknown_protocol", text));
    }
    let mut response = Response::empty(StatusCode::SWITCHING_PROTOCOLS)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "Upgrade")
        .header(SEC_WEBSOCKET_ACCEPT, &accept_key(key));
    if let Some(protocol) = protocol {
        response = response.header(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response.upgrade = Some(Upgrade { run: Box::new(move |socket| Box::pin(run(socket))) });
    Ok(response)
}

/// The first of the protocols a client offers, in its own order, that is among `protocols`.
#[must_use]
pub fn agreed<'p>(request: &Request, protocols: &[&'p str]) -> Option<&'p str> {
    tokens(request.headers(), &SEC_WEBSOCKET_PROTOCOL)
        .find_map(|offered| protocols.iter().find(|known| known.eq_ignore_ascii_case(offered)))
        .copied()
}

/// The `Sec-WebSocket-Accept` that answers `key`.
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(key.as_bytes());
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(sha1.finalize())
}

/// Whether a comma-separated header lists `token`, in any case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|part| part.eq_ignore_ascii_case(token))
}

/// The parts of a comma-separated header.
fn tokens<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}
