//! Cookies: reading those of a request, writing one of a response.

use std::fmt::Write as _;

use http::HeaderMap;
use http::header::COOKIE;

/// The value of the cookie `name`, if the request carries it.
///
/// The first one wins: browsers send the most specific path first.
#[must_use]
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then(|| value.trim_matches('"')))
}

/// A cookie a response sets: always `HttpOnly`, `SameSite=Lax` and for the whole site.
#[derive(Clone, Debug)]
pub struct SetCookie {
    /// Its name; a token as in RFC 6265.
    pub name: &'static str,
    /// Its value; must not need quoting.
    pub value: String,
    /// How long the browser keeps it; 0 removes it.
    pub max_age_s: u64,
    /// Whether it may only travel over https.
    pub secure: bool,
}

impl SetCookie {
    /// A cookie that removes `name` from the browser.
    #[must_use]
    pub fn removal(name: &'static str, secure: bool) -> Self {
        Self { name, value: String::new(), max_age_s: 0, secure }
    }

    /// The value of the `Set-Cookie` header.
    #[must_use]
    pub fn to_header(&self) -> String {
        let mut line = format!("{}={}", self.name, self.value);
        let written = write!(line, "; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", self.max_age_s);
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        if self.secure {
            line.push_str("; Secure");
        }
        line
    }
}
