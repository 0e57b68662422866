//! SASL: what the client sends, put together and read. Signing in itself is the hub's, and so is
//! the arithmetic of SCRAM.
//!
//! An account may be followed by `@` or `/` and the name of a device, by which the server knows
//! what to play back to it; no account has either sign in its name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits;

/// The mechanisms, as CAP LS and 908 show them.
pub const MECHANISMS: &str = "PLAIN,SCRAM-SHA-256";

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// By sending the password.
    Plain,
    /// By knowing it.
    Scram,
}

impl Mechanism {
    /// The mechanism of this name.
    pub fn find(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("PLAIN") {
            Some(Self::Plain)
        } else if name.eq_ignore_ascii_case("SCRAM-SHA-256") {
            Some(Self::Scram)
        } else {
            None
        }
    }
}

/// An exchange under way: the base64 so far, and how many responses came before.
#[derive(Debug)]
pub struct Exchange {
    /// The mechanism.
    pub mechanism: Mechanism,
    encoded: String,
    responses: u8,
}

/// A name and a password to be tried.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub name: String,
    /// Which of its devices; mostly empty.
    pub device: String,
    /// Its password.
    pub password: String,
}

impl Credentials {
    /// Reads `account`, `account@device` or `account/device`.
    pub fn new(name: &str, password: &str) -> Self {
        let (account, device) = name.split_once(['@', '/']).unwrap_or((name, ""));
        let text = str::to_owned;
        Self { name: text(account), device: text(device), password: text(password) }
    }
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
    /// All there is of PLAIN.
    Complete(Credentials),
    /// A response of SCRAM, and how many came before it.
    Response(String, u8),
    /// One line is too long (905).
    LineTooLong,
    /// Not a response of the mechanism, or too much of it (904).
    Malformed,
}

impl Exchange {
    /// One that begins.
    pub fn new(mechanism: Mechanism) -> Self {
        Self { mechanism, encoded: String::new(), responses: 0 }
    }

    /// Takes the parameter of one AUTHENTICATE. After anything but `More` and `Response` the
    /// exchange is over.
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
        let encoded = std::mem::take(&mut self.encoded);
        match self.mechanism {
            Mechanism::Plain => plain(&encoded).map_or(Progress::Malformed, Progress::Complete),
            Mechanism::Scram => {
                let before = self.responses;
                self.responses = self.responses.saturating_add(1);
                let text = STANDARD.decode(encoded).ok().and_then(|b| String::from_utf8(b).ok());
                text.map_or(Progress::Malformed, |text| Progress::Response(text, before))
            }
        }
    }
}

/// Reads `authzid NUL authcid NUL password`.
fn plain(encoded: &str) -> Option<Credentials> {
    let decoded = STANDARD.decode(encoded).ok()?;
    let mut parts = decoded.split(|byte| *byte == 0);
    let (authzid, authcid, password) = (parts.next()?, parts.next()?, parts.next()?);
    let account = authcid.split(|byte| matches!(byte, b'@' | b'/')).next()?;
    let acts_as_itself = authzid.is_empty() || authzid == authcid || authzid == account;
    if parts.next().is_some() || account.is_empty() || password.is_empty() || !acts_as_itself {
        return None;
    }
    Some(Credentials::new(std::str::from_utf8(authcid).ok()?, std::str::from_utf8(password).ok()?))
}

/// Cuts an answer of the server into the parameters of its AUTHENTICATE lines.
pub fn chunks(text: &str) -> Vec<String> {
    let encoded = STANDARD.encode(text);
    let mut chunks: Vec<String> = Vec::new();
    let mut rest = encoded.as_str();
    while rest.len() >= limits::SASL_CHUNK_BYTES {
        let (chunk, tail) = rest.split_at(limits::SASL_CHUNK_BYTES);
        chunks.push(chunk.to_owned());
        rest = tail;
    }
    chunks.push(if rest.is_empty() { "+".to_owned() } else { rest.to_owned() });
    chunks
}

#[cfg(test)]
mod tests;
