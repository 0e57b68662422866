//! One connection: wait, serve what comes, wait again, close well.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use parlor_engine::{Conn, Peer, Service, draining, time};

use crate::body::RequestBody;
use crate::guard::Guard;
use crate::io::{Activity, EngineTimer, Transport};
use crate::limits;
use crate::problem::Problem;
use crate::request::{Request, wants_json};
use crate::response::{PieceFuture, Pieces, Response};
use crate::router::Router;
use crate::security;
use crate::ws::{MessageLimits, Upgrade, WebSocket};

/// The times a connection is given; tests shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte of a request to the end of its head.
    pub head: Duration,
    /// Between two requests, and before the first.
    pub idle: Duration,
    /// Without the client taking a byte of a response.
    pub write_stall: Duration,
    /// For a body, beside the second that each part of it earns.
    pub body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: limits::HEAD_TIMEOUT,
            idle: limits::IDLE_TIMEOUT,
            write_stall: limits::WRITE_STALL,
            body: limits::BODY_GRACE,
        }
    }
}

/// Everything that answers requests on one listener.
pub struct Site<S> {
    /// What each handler is given.
    pub state: S,
    /// Who answers what.
    pub router: Router<S>,
    /// Which hosts and origins are ours.
    pub guard: Guard,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// Shows a problem to a person; programs get JSON.
    pub problem_page: fn(&S, &Problem) -> Response,
}

impl<S> fmt::Debug for Site<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("router", &self.router).finish_non_exhaustive()
    }
}

/// Serves `site` on every connection of a listener.
pub fn service<S: Clone + Send + Sync + 'static>(site: Site<S>) -> Service {
    let site = Arc::new(site);
    parlor_engine::service(move |conn| serve(conn, Arc::clone(&site))).refuse_with(FULL)
}

/// What a connection above the listener's cap reads before it is closed.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 52\r\n\r\n\
    This server is full. Please try again in a moment.\r\n";

/// The answer to something that is no HTTP at all.
const NOT_HTTP: &str = "This is a web server: it speaks HTTP, and what was sent is something else. \
     IRC has a port of its own.\r\n";

/// The answer to the greeting of a client that wants TLS.
const NOT_TLS: &str = "This port speaks plain HTTP, not TLS: use http://, or put a proxy that speaks TLS \
     in front of it.\r\n";

/// The first byte of every TLS greeting.
const TLS_HANDSHAKE: u8 = 0x16;

async fn serve<S: Clone + Send + Sync + 'static>(conn: Conn, site: Arc<Site<S>>) {
    let mut resting = Some((conn, Bytes::new()));
    while let Some((mut conn, ahead)) = resting.take() {
        let ahead = if ahead.is_empty() {
            match first_bytes(&mut conn, site.timeouts.idle).await {
                Some(bytes) => bytes,
                None => return,
            }
        } else {
            ahead
        };
        if !looks_like_http(&ahead) {
            let is_tls = ahead.first() == Some(&TLS_HANDSHAKE);
            return refuse(conn, if is_tls { NOT_TLS } else { NOT_HTTP }).await;
        }
        // Boxed, so that neither a connection at rest nor a WebSocket carries hyper's state.
        match Box::pin(exchange(conn, ahead, &site)).await {
            Outcome::AtRest(conn, ahead) => resting = Some((conn, ahead)),
            Outcome::Done(conn) => return linger(conn).await,
            Outcome::Upgraded(conn, rest, upgrade) => {
                let socket = WebSocket::new(conn, rest, MessageLimits::default());
                return (upgrade.run)(socket).await;
            }
            Outcome::Failed => return,
        }
    }
}

/// Waits for a request to begin. While it waits, the connection owns no buffer.
async fn first_bytes(conn: &mut Conn, idle: Duration) -> Option<Bytes> {
    tokio::select! {
        biased;
        // Cancel-safe: `recv` takes bytes only when it completes.
        received = time::timeout(idle, conn.recv()) => match received {
            Ok(Ok(received)) if !received.is_empty() => Some(Bytes::copy_from_slice(&received)),
            _ => None,
        },
        // Cancel-safe: it only watches.
        () = draining() => None,
    }
}

enum Outcome {
    /// Between requests; the bytes have been read ahead of the next one.
    AtRest(Conn, Bytes),
    /// HTTP is over, the last response is out.
    Done(Conn),
    /// HTTP is over, another protocol begins.
    Upgraded(Conn, Bytes, Upgrade),
    /// The connection is of no more use.
    Failed,
}

/// Serves requests until the connection is at rest or HTTP ends on it.
async fn exchange<S: Clone + Send + Sync + 'static>(
    conn: Conn,
    ahead: Bytes,
    site: &Arc<Site<S>>,
) -> Outcome {
    let activity = Rc::new(Activity::default());
    let upgrade = Rc::new(RefCell::new(None));
    let exchange = Exchange {
        peer: conn.peer().clone(),
        site: Arc::clone(site),
        activity: Rc::clone(&activity),
        upgrade: Rc::clone(&upgrade),
    };
    let transport = Transport::new(conn, ahead, Rc::clone(&activity), site.timeouts.write_stall);
    let mut http = http1::Builder::new()
        .timer(EngineTimer)
        .header_read_timeout(site.timeouts.head)
        .max_headers(limits::HEADERS_MAX)
        .max_header_size(limits::HEAD_BYTES_MAX)
        .half_close(true)
        .serve_connection(transport, exchange);
    let mut stopping = pin!(draining());
    let mut stopped = false;
    let ended = poll_fn(|cx| {
        if !stopped && stopping.as_mut().poll(cx).is_ready() {
            // The request under way is still answered, with `Connection: close`.
            stopped = true;
            Pin::new(&mut http).graceful_shutdown();
        }
        match http.poll_without_shutdown(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending if activity.is_at_rest() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
    match ended {
        Some(Err(error)) => {
            tracing::debug!(%error, "a connection ended");
            // hyper has written its own answer to a head it cannot take.
            if error.is_parse() || error.is_timeout() {
                return Outcome::Done(http.into_parts().io.conn);
            }
            Outcome::Failed
        }
        Some(Ok(())) => {
            let parts = http.into_parts();
            match upgrade.borrow_mut().take() {
                Some(upgrade) => {
                    let rest = [&parts.read_buf[..], &parts.io.ahead[..]].concat();
                    Outcome::Upgraded(parts.io.conn, Bytes::from(rest), upgrade)
                }
                None => Outcome::Done(parts.io.conn),
            }
        }
        None => {
            let parts = http.into_parts();
            let rest = [&parts.read_buf[..], &parts.io.ahead[..]].concat();
            Outcome::AtRest(parts.io.conn, Bytes::from(rest))
        }
    }
}

/// Whether the first bytes could begin a request: a method, a space, then a path, `*` or an
/// address. A TLS greeting is not, nor is an IRC client's `NICK ann`.
fn looks_like_http(first: &[u8]) -> bool {
    // Empty lines before a request are allowed (RFC 9112, 2.2).
    let first = first.trim_ascii_start();
    let length = first.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let (method, rest) = first.split_at(length);
    match rest {
        [] => method.len() <= limits::METHOD_BYTES_MAX,
        [b' ', target @ ..] if !method.is_empty() => {
            let starts = [&b"/"[..], b"*", b"http://", b"https://"];
            starts.iter().any(|start| start.starts_with(target) || target.starts_with(start))
        }
        _ => false,
    }
}

async fn refuse(mut conn: Conn, why: &'static str) {
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        why.len()
    );
    conn.push(Bytes::from(head));
    conn.push(Bytes::from_static(why.as_bytes()));
    if time::timeout(limits::LINGER, conn.drain()).await.is_ok_and(|drained| drained.is_ok()) {
        linger(conn).await;
    }
}

/// Closes a connection whose last response is out.
///
/// Bytes that are still coming would turn the close into a reset, and a reset can overtake the
/// response; so they are read and dropped for a moment.
async fn linger(mut conn: Conn) {
    let farewell = async {
        if conn.shutdown_write().await.is_err() {
            return;
        }
        let mut budget = limits::LINGER_BYTES_MAX;
        while let Ok(received) = conn.recv().await {
            if received.is_empty() || received.len() > budget {
                return;
            }
            budget -= received.len();
        }
    };
    tokio::select! {
        biased;
        // Cancel-safe: nothing of it is wanted any more.
        _ = time::timeout(limits::LINGER, farewell) => {}
        // Cancel-safe: it only watches.
        () = draining() => {}
    }
}

/// hyper's view of a site.
struct Exchange<S> {
    site: Arc<Site<S>>,
    peer: Peer,
    activity: Rc<Activity>,
    upgrade: Rc<RefCell<Option<Upgrade>>>,
}

impl<S: Clone + Send + Sync + 'static> hyper::service::Service<http::Request<Incoming>>
    for Exchange<S>
{
    type Response = http::Response<Outgoing>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>>>>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.activity.unclaimed.set(false);
        let open = Open::new(&self.activity);
        let site = Arc::clone(&self.site);
        let upgrade = Rc::clone(&self.upgrade);
        let peer = self.peer.clone();
        let (head, body) = request.into_parts();
        let grace = self.site.timeouts.body;
        let body = RequestBody::new(body, Rc::clone(&self.activity), grace);
        Box::pin(async move {
            let mut response = answer(&site, head, body, peer).await;
            security::protect(&mut response.headers);
            *upgrade.borrow_mut() = response.upgrade.take();
            let mut out = http::Response::new(Outgoing::new(response.body, response.pieces, open));
            *out.status_mut() = response.status;
            *out.headers_mut() = response.headers;
            Ok(out)
        })
    }
}

/// Guard, route, handle; a problem on the way becomes a response.
async fn answer<S: Clone + Send + Sync + 'static>(
    site: &Site<S>,
    head: http::request::Parts,
    body: RequestBody,
    peer: Peer,
) -> Response {
    let json = wants_json(&head);
    let handled = async {
        site.guard.check(&head)?;
        let path = head.uri.path().to_owned();
        let found = site.router.find(&head.method, &path)?;
        let request = Request { head, peer, params: Vec::new(), body };
        found.call(site.state.clone(), request).await
    };
    match handled.await {
        Ok(response) => response,
        Err(problem) => {
            if problem.status.is_server_error() {
                tracing::warn!(status = problem.status.as_u16(), code = problem.code, "refused");
            }
            if json {
                Response::problem_json(&problem)
            } else {
                (site.problem_page)(&site.state, &problem).describing(&problem)
            }
        }
    }
}

/// Counts a request as open until hyper has dropped the response's body.
pub(crate) struct Open(Rc<Activity>);

impl Open {
    fn new(activity: &Rc<Activity>) -> Self {
        activity.open.set(activity.open.get() + 1);
        Self(Rc::clone(activity))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.answered.set(self.0.answered.get() + 1);
    }
}

/// A response's body on its way into hyper.
pub(crate) struct Outgoing {
    bytes: Option<Bytes>,
    pieces: Option<Pieces>,
    /// The piece that was asked for.
    asked: Option<PieceFuture>,
    _open: Open,
}

impl Outgoing {
    fn new(bytes: Bytes, pieces: Option<Pieces>, open: Open) -> Self {
        Self { bytes: Some(bytes), pieces, asked: None, _open: open }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        let Some(pieces) = this.pieces.as_mut().filter(|pieces| pieces.left > 0) else {
            let bytes = this.bytes.take().filter(|bytes| !bytes.is_empty());
            return Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))));
        };
        let asked = this.asked.get_or_insert_with(|| (pieces.next)());
        let piece = ready!(asked.as_mut().poll(cx));
        this.asked = None;
        // An empty piece, or one too many, would be no better than none.
        let fits = |piece: &Bytes| !piece.is_empty() && piece.len() as u64 <= pieces.left;
        match piece.filter(fits) {
            Some(piece) => {
                pieces.left -= piece.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            None => Poll::Ready(Some(Err(BrokenOff))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.bytes.as_ref().map_or(0, Bytes::len) as u64;
        SizeHint::with_exact(bytes + self.pieces.as_ref().map_or(0, |pieces| pieces.left))
    }
}

/// A body could not be sent to its end.
#[derive(Debug, thiserror::Error)]
#[error("a piece of the body could not be had")]
pub(crate) struct BrokenOff;
