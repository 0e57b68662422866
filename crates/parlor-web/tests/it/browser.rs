//! A browser reduced to what the server sees of it: requests, cookies, an origin.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parlor_http::percent_encode;
use serde_json::Value;

/// Long enough for a slow machine, short enough for a hanging test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) cookie: Option<String>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    /// The same browser after the server has moved to another port.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, cookie: self.cookie.clone() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Sends a form from one of our own pages.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs = fields.iter().map(|(key, value)| format!("{key}={}", percent_encode(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.send("POST", path, &[kind, ("Sec-Fetch-Site", "same-origin")], &form)
    }

    pub(crate) fn post_json(&mut self, path: &str, value: &Value) -> Answer {
        let kind = ("Content-Type", "application/json");
        let headers = [kind, ("Sec-Fetch-Site", "same-origin")];
        self.send("POST", path, &headers, &value.to_string())
    }

    /// Sends a request on a connection of its own; a `Host` among the headers replaces ours.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_bytes(method, path, headers, body.as_bytes())
    }

    /// The same with a body that is no text.
    pub(crate) fn send_bytes(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect();
        stream.write_all(self.head(method, path, headers, body.len()).as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let head = read_head(&mut stream);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        if method != "HEAD" {
            let length = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
            answer.body.resize(length, 0);
            stream.read_exact(&mut answer.body).unwrap();
        }
        self.take_cookie(&answer);
        answer
    }

    /// Reads the head of a response that needs no request to its end; returns its status.
    pub(crate) fn status_on(stream: &mut TcpStream) -> u16 {
        read_head(stream).split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn head(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: usize,
    ) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        let given = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !given("host") {
            write!(head, "Host: {}\r\n", self.address).unwrap();
        }
        if !given("connection") {
            head.push_str("Connection: close\r\n");
        }
        if let Some(cookie) = &self.cookie {
            write!(head, "Cookie: parlor={cookie}\r\n").unwrap();
        }
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if length > 0 {
            write!(head, "Content-Length: {length}\r\n").unwrap();
        }
        head + "\r\n"
    }

    fn take_cookie(&mut self, answer: &Answer) {
        let Some(line) = answer.header("set-cookie") else { return };
        let value = line.strip_prefix("parlor=").and_then(|rest| rest.split(';').next());
        self.cookie = value.filter(|value| !value.is_empty()).map(ToOwned::to_owned);
    }
}

/// Reads up to the empty line and not a byte further.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}
