//! Peers that speak something else: told in their own language, as far as there is one, and closed.
//!
//! Why: a page can make a browser send a form to any port, and the lines of its body would be
//! commands. A connection that begins like HTTP or TLS is never listened to any further.

use bytes::Bytes;

const VERBS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"PUT ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"TRACE ",
    b"CONNECT ",
    b"PRI ",
];

const HTTP_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
Content-Length: 69\r\nConnection: close\r\n\r\n\
This port speaks IRC; the web page of this server is on another port\n";

const TLS_ANSWER: &[u8] =
    b"ERROR :This port speaks plain text; switch TLS off in your client, or use another port\r\n";

const BOM_ANSWER: &[u8] =
    b"ERROR :Your client began with a byte order mark; send UTF-8 without one\r\n";

/// What the first bytes of a connection look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// IRC, or nothing that is known to be anything else.
    Irc,
    /// Too little to say.
    Unclear,
    /// Something else; say this and close.
    Foreign(Bytes),
}

/// Looks at the first bytes of a connection.
pub fn look(first: &[u8]) -> Look {
    const BOM: &[u8] = b"\xEF\xBB\xBF";
    if first.first() == Some(&0x16) {
        return Look::Foreign(Bytes::from_static(TLS_ANSWER));
    }
    if first.starts_with(BOM) {
        return Look::Foreign(Bytes::from_static(BOM_ANSWER));
    }
    if VERBS.iter().any(|verb| first.starts_with(verb)) {
        return Look::Foreign(Bytes::from_static(HTTP_ANSWER));
    }
    let begins = |whole: &[u8]| !first.is_empty() && whole.starts_with(first);
    if begins(BOM) || VERBS.iter().any(|verb| begins(verb)) || first.is_empty() {
        return Look::Unclear;
    }
    Look::Irc
}

#[cfg(test)]
mod tests;
