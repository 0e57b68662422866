//! A scripted HTTP peer: one request on one connection, and the whole answer.
//!
//! Enough for forms, cookies and the JSON API; a browser does the rest.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::deadline::PATIENCE;

/// A client that keeps cookies, as a browser does.
#[derive(Debug)]
pub struct HttpClient {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
}

/// The answer to one request.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl HttpClient {
    /// A client without cookies for the server at this address.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: Vec::new() }
    }

    /// Asks for a page.
    #[track_caller]
    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, "", "")
    }

    /// Sends a form, as a browser on the server's own page would.
    #[track_caller]
    pub fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let pair = |(name, value): &(&str, &str)| format!("{}={}", escape(name), escape(value));
        let body: Vec<String> = fields.iter().map(pair).collect();
        self.send("POST", path, "application/x-www-form-urlencoded", &body.join("&"))
    }

    /// Sends a JSON document.
    #[track_caller]
    pub fn post_json(&mut self, path: &str, document: &Value) -> Response {
        self.send("POST", path, "application/json", &document.to_string())
    }

    /// Sends one request on a connection of its own, and keeps the cookies of the answer.
    #[track_caller]
    pub fn send(&mut self, method: &str, path: &str, kind: &str, body: &str) -> Response {
        match self.try_send(method, path, kind, body) {
            Ok(response) => response,
            Err(error) => panic!("{method} {path} at {}: {error}", self.address),
        }
    }

    /// Sends one request; an error is a connection that failed or an answer that isn't one.
    ///
    /// # Errors
    ///
    /// When the server can't be reached, breaks off, or answers something that isn't HTTP.
    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> std::io::Result<Response> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let address = self.address;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
             Connection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !kind.is_empty() {
            request.push_str(&format!("Content-Type: {kind}\r\n"));
        }
        if !self.cookies.is_empty() {
            let pair = |(name, value): &(String, String)| format!("{name}={value}");
            let cookies: Vec<String> = self.cookies.iter().map(pair).collect();
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        request.push_str("\r\n");
        request.push_str(body);
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let response = Response::parse(&answer)
            .ok_or_else(|| std::io::Error::other("the answer is not HTTP"))?;
        self.keep_cookies(&response);
        Ok(response)
    }

    fn keep_cookies(&mut self, response: &Response) {
        let set = response.headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in set {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }

    /// The cookies kept so far.
    pub fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }
}

impl Response {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| {
            name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked")
        });
        let rest = &bytes[end + 4..];
        let body = if chunked { join_chunks(rest)? } else { rest.to_vec() };
        Some(Self { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as a JSON document.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.body) {
            Ok(document) => document,
            Err(error) => panic!("not JSON ({error}): {self:?}"),
        }
    }
}

fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 2 + size + 2..)?;
    }
}

/// Percent-encodes a form's name or value.
fn escape(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_length_and_in_chunks() {
        let plain = Response::parse(b"HTTP/1.1 200 OK\r\nX-A:  b\r\n\r\nbody").unwrap();
        assert_eq!((plain.status, plain.header("x-a"), &*plain.body), (200, Some("b"), "body"));
        let chunked = b"HTTP/1.1 404 Not\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(Response::parse(chunked).unwrap().body, "abcde");
        assert!(Response::parse(b"SSH-2.0-x\r\n").is_none());
    }

    #[test]
    fn cookies_are_kept_replaced_and_dropped() {
        let mut client = HttpClient::new("127.0.0.1:1".parse().unwrap());
        let mut answer = |head: &str| {
            let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
            client.keep_cookies(&Response::parse(bytes.as_bytes()).unwrap());
            client.cookies.clone()
        };
        let pair = |value: &str| vec![("parlor".to_owned(), value.to_owned())];
        assert_eq!(answer("Set-Cookie: parlor=abc; HttpOnly"), pair("abc"));
        assert_eq!(answer("Set-Cookie: parlor=def"), pair("def"));
        assert_eq!(answer("Set-Cookie: parlor=; Max-Age=0"), Vec::new());
    }

    #[test]
    fn form_values_are_escaped() {
        assert_eq!(escape("a b&c=ö"), "a%20b%26c%3D%C3%B6");
    }
}
