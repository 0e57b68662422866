//! The JSON API: what programs can do without a live connection. The shapes are those of the live
//! protocol; `docs/protocol.md` describes both.

use parlor_http::{Problem, Request};

pub(crate) mod signin;
pub(crate) mod signout;
pub(crate) mod me;
pub(crate) mod profile;
pub(crate) mod rooms;
pub(crate) mod messages;
pub(crate) mod files;
pub(crate) mod filehost;
pub(crate) mod search;
pub(crate) mod chat;
pub(crate) mod invitations;

/// A value of the query that has to be a number, if it is there.
fn number(request: &Request, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = request.query(name) else { return Ok(None) };
    let number = text.parse().map(Some);
    number.map_err(|_| Problem::bad_request(format!("{name} has to be a number.")))
}
