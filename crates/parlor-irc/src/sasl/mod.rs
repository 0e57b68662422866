//! SASL PLAIN: what the client sends, put together and read. Signing in itself is the hub's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits;

/// The mechanisms, as CAP LS and 908 show them.
pub const MECHANISMS: &str = "PLAIN";

/// An exchange under way: the base64 so far.
#[derive(Debug, Default)]
pub struct Exchange {
    encoded: String,
}

/// A name and a password to be tried.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub name: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a line of the exchange led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// More lines follow.
    More,
    /// All there.
    Complete(Credentials),
    /// One line is too long (905).
    LineTooLong,
    /// Not a PLAIN response, or too much of it (904).
    Malformed,
}

impl Exchange {
    /// Takes the parameter of one AUTHENTICATE. After anything but `More` the exchange is over.
    pub fn feed(&mut self, chunk: &str) -> Progress {
        if chunk.len() > limits::SASL_CHUNK_BYTES {
            return Progress::LineTooLong;
        }
        if chunk != "+" {
            if self.encoded.len() + chunk.len() > limits::SASL_BYTES_MAX {
                return Progress::Malformed;
            }
            self.encoded.push_str(chunk);
            if chunk.len() == limits::SASL_CHUNK_BYTES {
                return Progress::More;
            }
        }
        plain(&self.encoded).map_or(Progress::Malformed, Progress::Complete)
    }
}

/// Reads `authzid NUL authcid NUL password`.
fn plain(encoded: &str) -> Option<Credentials> {
    let decoded = STANDARD.decode(encoded).ok()?;
    let mut parts = decoded.split(|byte| *byte == 0);
    let (authzid, authcid, password) = (parts.next()?, parts.next()?, parts.next()?);
    let acts_as_itself = authzid.is_empty() || authzid == authcid;
    if parts.next().is_some() || authcid.is_empty() || password.is_empty() || !acts_as_itself {
        return None;
    }
    Some(Credentials {
        name: std::str::from_utf8(authcid).ok()?.to_owned(),
        password: std::str::from_utf8(password).ok()?.to_owned(),
    })
}

#[cfg(test)]
mod tests;
