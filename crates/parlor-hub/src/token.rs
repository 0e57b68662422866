//! Random tokens: what is handed out, and the hash under which it is kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// A token that was just made. It exists in this form only on its way to its owner.
pub struct Token {
    /// What its owner is given.
    pub text: String,
    pub(crate) hash: Vec<u8>,
}

impl Token {
    /// Makes a token of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness.
    pub fn new() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| Error::System { what: "randomness" })?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let hash = hash(&text);
        Ok(Self { text, hash })
    }
}

/// Returns the hash under which a token is kept. Tokens are random, so a fast hash is enough, and
/// finding one by its hash tells nothing about it by timing.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Returns random bits.
pub(crate) fn random() -> Result<u64, Error> {
    getrandom::u64().map_err(|_| Error::System { what: "randomness" })
}
