//! What a handler is asked: head, path parameters and a body it may read within bounds.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use parlor_engine::Peer;
use serde::de::DeserializeOwned;

use crate::body::RequestBody;
use crate::cookie;
use crate::problem::Problem;
use crate::urlencoded;

/// A request on its way to a handler.
#[derive(Debug)]
pub struct Request {
    pub(crate) head: Parts,
    pub(crate) peer: Peer,
    pub(crate) params: Vec<(&'static str, String)>,
    pub(crate) body: RequestBody,
}

impl Request {
    /// The whole head.
    #[must_use]
    pub fn head(&self) -> &Parts {
        &self.head
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header that is text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The cookie `name`.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie::find(&self.head.headers, name)
    }

    /// The peer at the other end of the connection.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The path parameter `name` of the route, decoded; empty if the route has none of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The first value of `name` in the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        urlencoded::find(self.head.uri.query()?, name)
    }

    /// Whether the answer is for a program: the path is of the API or JSON is what it accepts.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        wants_json(&self.head)
    }

    /// Reads the whole body, at most `bytes_max` of it.
    ///
    /// # Errors
    ///
    /// 413 when it is longer, 408 when it comes too slowly, 400 when it breaks off.
    pub async fn bytes(&mut self, bytes_max: usize) -> Result<Bytes, Problem> {
        self.body.read(bytes_max).await
    }

    /// Reads the next piece of the body, of at most `bytes_max` bytes in all; nothing at its end.
    /// For bodies too long to be held in memory.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`].
    pub async fn piece(&mut self, bytes_max: usize) -> Result<Option<Bytes>, Problem> {
        self.body.piece(bytes_max).await
    }

    /// Reads the body as an HTML form.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`]; 415 when it says it is something else.
    pub async fn form(&mut self, bytes_max: usize) -> Result<Form, Problem> {
        self.expect_type("application/x-www-form-urlencoded")?;
        let body = self.bytes(bytes_max).await?;
        let text = std::str::from_utf8(&body)
            .map_err(|_| Problem::bad_request("The form is not UTF-8."))?;
        Ok(Form { text: text.to_owned() })
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`]; 415 when it says it is something else, 400 when it does not fit.
    pub async fn json<T: DeserializeOwned>(&mut self, bytes_max: usize) -> Result<T, Problem> {
        self.expect_type("application/json")?;
        let body = self.bytes(bytes_max).await?;
        serde_json::from_slice(&body)
            .map_err(|error| Problem::bad_request(format!("The JSON does not fit: {error}.")))
    }

    fn expect_type(&self, wanted: &str) -> Result<(), Problem> {
        let found = self.header(&CONTENT_TYPE).unwrap_or_default();
        let media_type = found.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!("The body has to be {wanted}."),
        ))
    }
}

/// A form that was sent.
#[derive(Clone, Debug)]
pub struct Form {
    text: String,
}

impl Form {
    /// The first value of the field `name`; empty if it is missing.
    #[must_use]
    pub fn field(&self, name: &str) -> String {
        urlencoded::find(&self.text, name).unwrap_or_default()
    }
}

/// Whether the sender of `head` is a program that reads JSON.
pub(crate) fn wants_json(head: &Parts) -> bool {
    if head.uri.path().starts_with("/api/") {
        return true;
    }
    let accept: Cow<'_, str> = head
        .headers
        .get(ACCEPT)
        .map_or(Cow::Borrowed(""), |a| String::from_utf8_lossy(a.as_bytes()));
    accept.contains("application/json") && !accept.contains("text/html")
}
