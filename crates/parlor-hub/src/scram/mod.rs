//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as the server speaks it, without I/O: who signs in proves to
//! know the password without sending it, and the server proves it back.
//!
//! The server keeps a verifier from which the password can't be had without guessing. It has to name
//! a salt before it knows which of an account's passwords the client has, so all verifiers of an
//! account share one, and a proof is tried on each. The salt is made from the name and a secret of
//! the server, so that a name nobody has looks like any other, before and after somebody takes it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{SCRAM_BYTES_MAX, SCRAM_NONCE_BYTES_MAX};

const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// With what a password is salted, and how often it is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Salting {
    pub(crate) salt: Vec<u8>,
    pub(crate) iterations: u32,
}

impl Salting {
    /// That of a name, whether somebody has it or not: the same at each try.
    pub(crate) fn of_name(secret: &[u8], folded: &str, iterations: u32) -> Self {
        let salt = of_name(secret, b"salt ", folded)[..SALT_BYTES].to_vec();
        Self { salt, iterations }
    }
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Verifier {
    pub(crate) salting: Salting,
    stored_key: [u8; HASH_BYTES],
    server_key: [u8; HASH_BYTES],
}

impl Verifier {
    /// Derives it from a password. Slow on purpose: an HMAC as often as the salting says.
    pub(crate) fn derive(password: &str, salting: Salting) -> Self {
        let password = prepared(password);
        let (salt, iterations) = (&salting.salt, salting.iterations);
        let salted =
            pbkdf2::pbkdf2_hmac_array::<Sha256, HASH_BYTES>(password.as_bytes(), salt, iterations);
        let client_key = hmac(&salted, b"Client Key");
        Self {
            salting,
            stored_key: Sha256::digest(client_key).into(),
            server_key: hmac(&salted, b"Server Key"),
        }
    }

    /// Makes up one for a name nobody has; no password fits it.
    pub(crate) fn nobodys(secret: &[u8], folded: &str, salting: Salting) -> Self {
        // Not even the server knows what these keys would be keys of.
        let [stored_key, server_key] =
            [b"stored ", b"server "].map(|what| of_name(secret, what, folded));
        Self { salting, stored_key, server_key }
    }

    /// Reads one that was kept.
    pub(crate) fn parse(stored: &str) -> Option<Self> {
        let (cost, keys) = stored.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = cost.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let iterations = iterations.parse().ok()?;
        Some(Self {
            salting: Salting { salt: STANDARD.decode(salt).ok()?, iterations },
            stored_key: STANDARD.decode(stored_key).ok()?.try_into().ok()?,
            server_key: STANDARD.decode(server_key).ok()?.try_into().ok()?,
        })
    }

    /// Whether a proof for this conversation was made with the password.
    fn fits(&self, proof: [u8; HASH_BYTES], conversation: &[u8]) -> bool {
        let mut client_key = hmac(&self.stored_key, conversation);
        for (byte, proof) in client_key.iter_mut().zip(proof) {
            *byte ^= proof;
        }
        let claimed: [u8; HASH_BYTES] = Sha256::digest(client_key).into();
        claimed.ct_eq(&self.stored_key).into()
    }
}

/// The form in which it is kept: that of PostgreSQL, which others know, too.
impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Salting { salt, iterations } = &self.salting;
        let [salt, stored_key, server_key] =
            [&salt[..], &self.stored_key, &self.server_key].map(|bytes| STANDARD.encode(bytes));
        write!(f, "SCRAM-SHA-256${iterations}:{salt}${stored_key}:{server_key}")
    }
}

/// The first message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientFirst {
    pub(crate) name: String,
    /// How it begins, which the last message repeats.
    header: String,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Reads it. Channel binding is not offered, so a client that insists on it is refused; so is
    /// one that wants to act for somebody else.
    pub(crate) fn parse(message: &str) -> Option<Self> {
        if message.len() > SCRAM_BYTES_MAX {
            return None;
        }
        let (binding, rest) = message.split_once(',')?;
        let (acts_for, bare) = rest.split_once(',')?;
        if !matches!(binding, "n" | "y") {
            return None;
        }
        let (name, rest) = bare.strip_prefix("n=")?.split_once(',')?;
        let name = unescaped(name)?;
        // Extensions that must be understood come before, others after the nonce.
        let nonce = rest.strip_prefix("r=")?.split(',').next()?;
        if nonce.is_empty() || nonce.len() > SCRAM_NONCE_BYTES_MAX || !is_printable(nonce) {
            return None;
        }
        let acts_for = match acts_for {
            "" => None,
            other => Some(unescaped(other.strip_prefix("a=")?)?),
        };
        if acts_for.is_some_and(|other| !other.is_empty() && other != name) {
            return None;
        }
        let header = message[..message.len() - bare.len()].to_owned();
        Some(Self { name, header, bare: bare.to_owned(), nonce: nonce.to_owned() })
    }
}

/// A conversation after the server's first message.
pub(crate) struct Conversation {
    first: ClientFirst,
    nonce: String,
    server_first: String,
}

impl Conversation {
    /// Answers the first message. The nonce has to be new each time.
    pub(crate) fn begin(first: ClientFirst, salting: &Salting, nonce: &str) -> Self {
        let nonce = format!("{}{nonce}", first.nonce);
        let salt = STANDARD.encode(&salting.salt);
        let server_first = format!("r={nonce},s={salt},i={}", salting.iterations);
        Self { first, nonce, server_first }
    }

    /// What to send to the client.
    pub(crate) fn server_first(&self) -> &str {
        &self.server_first
    }

    /// Checks the last message against passwords with the salting it began with. Returns which one
    /// fits, and what to send back: a proof that the server knows it, too. Tries them all, so that
    /// it takes the same time whichever fits, and however wrong a proof is.
    pub(crate) fn finish(
        self,
        client_final: &str,
        verifiers: &[Verifier],
    ) -> Option<(usize, String)> {
        if client_final.len() > SCRAM_BYTES_MAX {
            return None;
        }
        let (without_proof, proof) = client_final.rsplit_once(",p=")?;
        let (binding, rest) = without_proof.strip_prefix("c=")?.split_once(',')?;
        let nonce = rest.strip_prefix("r=")?.split(',').next()?;
        if STANDARD.decode(binding).ok()? != self.first.header.as_bytes() || nonce != self.nonce {
            return None;
        }
        let proof: [u8; HASH_BYTES] = STANDARD.decode(proof).ok()?.try_into().ok()?;
        let message = format!("{},{},{without_proof}", self.first.bare, self.server_first);
        let message = message.as_bytes();
        let mut found = None;
        for (at, verifier) in verifiers.iter().enumerate() {
            if verifier.fits(proof, message) {
                found = Some((at, hmac(&verifier.server_key, message)));
            }
        }
        found.map(|(at, signature)| (at, format!("v={}", STANDARD.encode(signature))))
    }
}

/// Bytes for a name that only the server can make, the same each time.
fn of_name(secret: &[u8], what: &[u8], folded: &str) -> [u8; HASH_BYTES] {
    hmac(secret, &[what, folded.as_bytes()].concat())
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; HASH_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Names are written with `=2C` for a comma and `=3D` for an equals sign.
fn unescaped(name: &str) -> Option<String> {
    let plain = name.replace("=2C", ",").replace("=3D", "=");
    let escapes = name.matches("=2C").count() + name.matches("=3D").count();
    (name.matches('=').count() == escapes).then_some(plain)
}

fn is_printable(nonce: &str) -> bool {
    nonce.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Brings a password into the form in which every client hashes it: SASLprep's, so far as it
/// changes anything: one code for each letter, and one kind of space.
fn prepared(password: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    if password.is_ascii() {
        return password.to_owned();
    }
    let spaced = password.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| *c != '\u{ad}').nfkc().collect()
}

#[cfg(test)]
mod tests;
