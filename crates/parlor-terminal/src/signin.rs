//! Signing in over HTTP: a name and a password for a session, and whether one still works.

use std::fmt;
use std::io::ErrorKind;

use serde::Deserialize;
use serde_json::json;
use ureq::Agent;
use ureq::http::{HeaderMap, Response, header};

use crate::limits::{ANSWER_BYTES_MAX, CONNECT_PATIENCE};
use crate::{Error, ServerUrl};

/// The name of the session's cookie.
pub(crate) const COOKIE: &str = "parlor";

/// How this client calls itself in the account's list of sessions.
pub(crate) const AGENT: &str = concat!("parlor chat ", env!("CARGO_PKG_VERSION"));

/// A signed-in account: what opens the live connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub(crate) server: ServerUrl,
    pub(crate) name: String,
    pub(crate) token: String,
}

impl Session {
    /// The name of the account.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Shows whose it is and never the token.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, name, token: _ } = self;
        f.debug_struct("Session")
            .field("server", server)
            .field("name", name)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Me {
    name: String,
}

#[derive(Deserialize)]
struct No {
    message: String,
}

/// Signs in with a name and a password.
///
/// # Errors
///
/// [`Error::Refused`] with the server's sentence when it says no, [`Error::Unreachable`] when it
/// does not answer as a Parlor server.
pub fn sign_in(server: &ServerUrl, name: &str, password: &str) -> Result<Session, Error> {
    let body = json!({ "name": name, "password": password }).to_string();
    let answer = agent()
        .post(server.page("/api/v1/signin"))
        .header(header::CONTENT_TYPE, "application/json")
        .send(body);
    let (status, headers, body) = read(server, answer)?;
    if status != 200 {
        let said = serde_json::from_str::<No>(&body).map(|no| no.message);
        return Err(said.map_or_else(|_| strange(server, status), Error::Refused));
    }
    let token = token(&headers).ok_or_else(|| strange(server, status))?;
    let me: Me = serde_json::from_str(&body).map_err(|_| strange(server, status))?;
    Ok(Session { server: server.clone(), name: me.name, token })
}

/// Whether the server still takes this session.
///
/// # Errors
///
/// [`Error::Unreachable`] when the server does not answer as a Parlor server.
pub fn is_signed_in(session: &Session) -> Result<bool, Error> {
    let server = &session.server;
    let answer = agent()
        .get(server.page("/api/v1/me"))
        .header(header::COOKIE, format!("{COOKIE}={}", session.token))
        .call();
    match read(server, answer)?.0 {
        200 => Ok(true),
        401 => Ok(false),
        status => Err(strange(server, status)),
    }
}

/// Ends the session at the server; one that it no longer knows is ended already.
///
/// # Errors
///
/// [`Error::Unreachable`] when the server does not answer.
pub fn sign_out(session: &Session) -> Result<(), Error> {
    let server = &session.server;
    let answer = agent()
        .post(server.page("/api/v1/signout"))
        .header(header::COOKIE, format!("{COOKIE}={}", session.token))
        .send_empty();
    read(server, answer).map(drop)
}

fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(CONNECT_PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(AGENT)
        .build()
        .into()
}

type Answer = Result<Response<ureq::Body>, ureq::Error>;

fn read(server: &ServerUrl, answer: Answer) -> Result<(u16, HeaderMap, String), Error> {
    let unreachable = |why: ureq::Error| {
        let why = match why {
            ureq::Error::Timeout(_) => "it does not answer".to_owned(),
            ureq::Error::Io(why) if why.kind() == ErrorKind::InvalidData && server.tls() => {
                format!("it does not speak https as it should: {why}")
            }
            ureq::Error::Io(why) => why.to_string(),
            why => why.to_string(),
        };
        Error::Unreachable { server: server.to_string(), why }
    };
    let mut answer = answer.map_err(unreachable)?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    Ok((status, headers, body.map_err(unreachable)?))
}

fn strange(server: &ServerUrl, status: u16) -> Error {
    let why = format!("it answers with status {status}, not as a Parlor server does");
    Error::Unreachable { server: server.to_string(), why }
}

/// The value of the session's cookie, from the headers of an answer.
fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::SET_COOKIE).into_iter();
    let mut pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    let plain = |c: char| c.is_ascii_graphic() && c != ';' && c != ',';
    (!value.is_empty() && value.chars().all(plain)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_cookies() {
        let found = |cookies: &[&str]| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(header::SET_COOKIE, cookie.parse().unwrap());
            }
            token(&headers)
        };
        assert_eq!(found(&["x=1", "parlor=abc-_1; HttpOnly; Path=/"]).as_deref(), Some("abc-_1"));
        assert_eq!(found(&["parlors=abc", "parlor=; Max-Age=0"]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn a_session_is_never_shown_with_its_token() {
        let server: ServerUrl = "http://127.0.0.1:1".parse().unwrap();
        let session = Session { server, name: "ann".to_owned(), token: "secret".to_owned() };
        assert!(!format!("{session:?}").contains("secret"));
    }
}
