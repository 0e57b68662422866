//! A "no" on the way to a handler or from it: a status and a sentence for the person who reads it.

use http::StatusCode;

/// Why a request is not answered as asked; shown as a page to people and as JSON to programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the response.
    pub status: StatusCode,
    /// One word for programs, for example `too_large`.
    pub code: &'static str,
    /// What happened and what to do, as a sentence.
    pub text: String,
    /// For 429 and 503: when to try again.
    pub retry_after_s: Option<u64>,
    /// For 405: the methods the path knows.
    pub allow: Option<String>,
}

impl Problem {
    /// A problem with nothing but status, code and text.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into(), retry_after_s: None, allow: None }
    }

    /// 400: the request cannot be understood.
    #[must_use]
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", text)
    }

    /// 404: nothing is there, or nothing for this account.
    #[must_use]
    pub fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    /// Adds the seconds after which another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The title of the page that shows it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Something went wrong")
    }
}
