//! Percent-encoding and `application/x-www-form-urlencoded`.

use std::borrow::Cow;

/// The first value of `name` in a query or form.
#[must_use]
pub(crate) fn find(encoded: &str, name: &str) -> Option<String> {
    encoded.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (form_text(key) == name).then(|| form_text(value))
    })
}

/// Decodes `%XX`; `None` when the result is not UTF-8 or an escape is cut.
#[must_use]
pub fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let (&[high, low], tail) = tail.split_first_chunk::<2>()?;
            out.push(hex(high)? << 4 | hex(low)?);
            rest = tail;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// Encodes everything but unreserved characters, for one segment of a path or one query value.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

/// One key or value of a form: `+` is a space, and what is not an escape stands for itself.
fn form_text(encoded: &str) -> String {
    let spaced = encoded.replace('+', " ");
    percent_decode(&spaced).map(Cow::into_owned).unwrap_or(spaced)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
