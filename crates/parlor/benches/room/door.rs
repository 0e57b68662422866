//! How clients come in and what they speak: IRC over TCP, or the page's live protocol.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The room in which everything happens.
pub(crate) const ROOM: &str = "#hall";
/// Accounts whose pages the live clients are: each has many.
const ACCOUNTS: usize = 100;
const PASSWORD: &str = "a long enough password";

/// Where clients connect.
#[derive(Clone, Debug)]
pub(crate) enum Door {
    /// An IRC server.
    Irc(SocketAddr),
    /// Parlor: IRC, unless accounts have been made.
    Parlor { irc: SocketAddr, http: SocketAddr, data: String },
    /// The page's live protocol, with the cookies of the accounts.
    Live { http: SocketAddr, cookies: Arc<[String]>, room: u64 },
}

impl Door {
    /// Makes the accounts and the room, and puts all of them into it.
    pub(crate) fn live(http: SocketAddr, data: &str) -> Self {
        let cookies: Arc<[String]> = (0..ACCOUNTS).map(|n| account(http, data, n)).collect();
        let body = format!("{{\"name\":\"{ROOM}\"}}");
        let mut room = 0;
        for cookie in cookies.iter() {
            let answer = request(http, "/api/v1/rooms", &body, Some(cookie));
            let at = answer.find("\"k\":").unwrap() + 4;
            let digits = answer[at..].bytes().take_while(u8::is_ascii_digit).count();
            room = answer[at..at + digits].parse().unwrap();
        }
        Self::Live { http, cookies, room }
    }

    /// Whether clients speak WebSocket frames.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// Connects client number `index`; gives the stream, what is to be sent first, and what once
    /// that was welcomed: over IRC by the end of the welcome, for a WebSocket by its handshake.
    pub(crate) fn connect(
        &self,
        index: usize,
        resume: Option<&str>,
    ) -> (TcpStream, Vec<u8>, Vec<u8>) {
        match self {
            Self::Irc(irc) | Self::Parlor { irc, .. } => {
                let greeting = format!("NICK u{index:05}\r\nUSER u 0 * :u\r\n").into_bytes();
                // Some servers take no JOIN before the welcome is over.
                let join = format!("JOIN {ROOM}\r\n").into_bytes();
                (TcpStream::connect(irc).unwrap(), greeting, join)
            }
            Self::Live { http, cookies, room } => {
                let greeting = upgrade(*http, &cookies[index % cookies.len()]);
                let resume = resume.map_or_else(String::new, |at| format!("\"{room}\":\"{at}\""));
                let hello =
                    format!("{{\"t\":\"hello\",\"id\":1,\"p\":{{\"resume\":{{{resume}}}}}}}");
                (TcpStream::connect(http).unwrap(), greeting, frame(&hello))
            }
        }
    }

    /// What says a text in the room.
    pub(crate) fn say(&self, text: &str) -> Vec<u8> {
        match self {
            Self::Irc(_) | Self::Parlor { .. } => {
                format!("PRIVMSG {ROOM} :{text}\r\n").into_bytes()
            }
            Self::Live { room, .. } => frame(&format!(
                "{{\"t\":\"chat.post\",\"id\":2,\"p\":{{\"k\":{room},\"text\":\"{text}\"}}}}"
            )),
        }
    }
}

/// Makes an account and signs it in; gives its cookie.
fn account(http: SocketAddr, data: &str, number: usize) -> String {
    let name = format!("member{number}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["user", "add", &name, "--password-stdin", "--data", data])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let body = format!("{{\"name\":\"{name}\",\"password\":\"{PASSWORD}\"}}");
    let answer = request(http, "/api/v1/signin", &body, None);
    let start = answer.find("parlor=").unwrap();
    answer[start..].split(';').next().unwrap().to_owned()
}

/// One request; the whole answer as text.
fn request(http: SocketAddr, path: &str, body: &str, cookie: Option<&String>) -> String {
    let mut stream = TcpStream::connect(http).unwrap();
    let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {http}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n{cookie}\r\n{body}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 2"), "{path}: {answer}");
    answer
}

/// The request for a WebSocket.
fn upgrade(http: SocketAddr, cookie: &str) -> Vec<u8> {
    let head = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: {http}\r\nOrigin: http://{http}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
    );
    head.into_bytes()
}

/// A client's text frame, masked with zeros: the protocol wants a mask, not that it hides anything.
fn frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut bytes = vec![0x81];
    match u8::try_from(length) {
        Ok(short) if short < 126 => bytes.push(0x80 | short),
        _ => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
