//! What a handler answers.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::cookie::SetCookie;
use crate::problem::Problem;
use crate::ws::Upgrade;

/// A body that is sent piece by piece, each one asked for when there is room for it.
pub(crate) struct Pieces {
    /// How many bytes are still to come.
    pub(crate) left: u64,
    pub(crate) next: NextPiece,
}

/// Asks for the next piece; nothing when it can't be had, which breaks the response off.
type NextPiece = Box<dyn FnMut() -> PieceFuture>;

/// A piece on its way.
pub(crate) type PieceFuture = Pin<Box<dyn Future<Output = Option<Bytes>>>>;

/// A response. Its body is in memory, unless it is sent in pieces.
pub struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) pieces: Option<Pieces>,
    pub(crate) upgrade: Option<Upgrade>,
}

impl Response {
    /// A response without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), pieces: None, upgrade: None }
    }

    /// A response whose body has the media type `content_type`.
    #[must_use]
    pub fn with_body(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut response = Self::empty(status);
        response.body = body.into();
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }

    /// A body of `length` bytes that is asked for piece by piece while it is sent, so that one
    /// piece at a time is in memory. Without a next piece the response breaks off.
    #[must_use]
    pub fn in_pieces<F>(
        content_type: &str,
        length: u64,
        mut next: impl FnMut() -> F + 'static,
    ) -> Self
    where
        F: Future<Output = Option<Bytes>> + 'static,
    {
        let next: NextPiece = Box::new(move || Box::pin(next()));
        let mut response = Self::empty(StatusCode::OK).header(CONTENT_TYPE, content_type);
        response.pieces = Some(Pieces { left: length, next });
        response
    }

    /// A page; browsers ask for it again each time.
    #[must_use]
    pub fn html(status: StatusCode, page: String) -> Self {
        Self::with_body(status, "text/html; charset=utf-8", page).no_store()
    }

    /// Plain text.
    #[must_use]
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::with_body(status, "text/plain; charset=utf-8", text.into()).no_store()
    }

    /// A JSON document.
    #[must_use]
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::with_body(status, "application/json", body).no_store(),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Self::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// 303: go to `path` on this server with GET. Anything but a path of this server becomes `/`,
    /// so that no redirect ever leads elsewhere.
    #[must_use]
    pub fn see_other(path: &str) -> Self {
        let path = if is_local_path(path) { path } else { "/" };
        let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
        let mut response = Self::empty(StatusCode::SEE_OTHER).no_store();
        response.headers.insert(LOCATION, location);
        response
    }

    /// A problem as JSON: `{"error": code, "message": text}`.
    #[must_use]
    pub fn problem_json(problem: &Problem) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            message: &'a str,
        }
        let body = Body { error: problem.code, message: &problem.text };
        Self::json(problem.status, &body).describing(problem)
    }

    /// Adds the headers that belong to a problem: `Retry-After` and `Allow`.
    #[must_use]
    pub fn describing(mut self, problem: &Problem) -> Self {
        if let Some(seconds) = problem.retry_after_s {
            self.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = &problem.allow
            && let Ok(allow) = HeaderValue::from_str(allow)
        {
            self.headers.insert(http::header::ALLOW, allow);
        }
        self
    }

    /// Sets a header; a value that cannot be one is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: &SetCookie) -> Self {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_header()) {
            self.headers.append(SET_COOKIE, value);
        }
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers so far.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    fn no_store(mut self) -> Self {
        self.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("upgrade", &self.upgrade.is_some())
            .finish()
    }
}

/// Whether `path` is a path on this server that a browser cannot read as another host.
///
/// `//host` and `/\host` are other hosts to a browser, and it drops tabs and newlines first.
#[must_use]
pub fn is_local_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\')
}
