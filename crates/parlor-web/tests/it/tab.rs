//! A browser tab: one live connection, spoken by hand.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::browser::Browser;

pub(crate) const HANDSHAKE: [(&str, &str); 5] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "parlor.v1+json"),
];

pub(crate) struct Tab {
    stream: TcpStream,
    /// Read but not yet understood.
    bytes: Vec<u8>,
    events: VecDeque<Value>,
    next_id: u64,
    /// What hello answered.
    pub(crate) welcome: Value,
}

/// A frame from the server.
enum Heard {
    Text(Value),
    Closed(u16),
}

impl Tab {
    /// Connects and says hello.
    pub(crate) fn open(browser: &Browser) -> Self {
        Self::resume(browser, &json!({}))
    }

    pub(crate) fn resume(browser: &Browser, positions: &Value) -> Self {
        let mut tab = Self::connect(browser);
        tab.welcome = tab.ask("hello", json!({ "resume": positions }));
        tab
    }

    /// Connects as a program does, with credentials of its own, and says hello.
    pub(crate) fn open_with(browser: &Browser, credentials: &str) -> Self {
        let mut tab = Self::connect_with(browser, &[("Authorization", credentials)]);
        tab.welcome = tab.ask("hello", json!({}));
        tab
    }

    /// Connects without saying hello.
    pub(crate) fn connect(browser: &Browser) -> Self {
        Self::connect_with(browser, &[])
    }

    pub(crate) fn connect_with(browser: &Browser, more: &[(&str, &str)]) -> Self {
        let mut stream = browser.connect();
        let origin = browser.origin();
        let mut headers = HANDSHAKE.to_vec();
        headers.push(("Origin", &origin));
        headers.extend(more);
        let head = browser.head("GET", "/api/v1/live", &headers, 0);
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(fill(&mut stream, &mut bytes), "the handshake was not answered");
        };
        let head = String::from_utf8(bytes.drain(..end).collect()).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-protocol: parlor.v1+json"), "{head}");
        Self { stream, bytes, events: VecDeque::new(), next_id: 1, welcome: Value::Null }
    }

    /// Sends a command and returns what it was answered with, which has to be yes.
    pub(crate) fn ask(&mut self, name: &str, params: Value) -> Value {
        self.try_ask(name, params).unwrap_or_else(|code| panic!("{name} was refused: {code}"))
    }

    /// Sends a command and returns what it was answered with, or the code of the refusal.
    pub(crate) fn try_ask(&mut self, name: &str, params: Value) -> Result<Value, String> {
        let id = self.command(name, params);
        self.answer(id)
    }

    pub(crate) fn command(&mut self, name: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "t": name, "id": id, "p": params }).to_string());
        id
    }

    pub(crate) fn answer(&mut self, id: u64) -> Result<Value, String> {
        loop {
            match self.hear() {
                Heard::Closed(code) => panic!("closed with {code} before the answer"),
                Heard::Text(frame) if frame["re"] == id => {
                    return match frame["t"].as_str() {
                        Some("ok") => Ok(frame["p"].clone()),
                        _ => Err(frame["code"].as_str().unwrap().to_owned()),
                    };
                }
                Heard::Text(frame) => {
                    assert!(frame["re"].is_null(), "an answer to another command: {frame}");
                    self.events.push_back(frame);
                }
            }
        }
    }

    /// The next event of a kind; others before it are dropped.
    pub(crate) fn event(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.events.pop_front().unwrap_or_else(|| match self.hear() {
                Heard::Text(frame) => frame,
                Heard::Closed(code) => panic!("closed with {code} before {kind}"),
            });
            if frame["t"] == kind {
                return frame;
            }
        }
    }

    /// Every event that has come so far: what happened before now is there when this returns.
    pub(crate) fn settled(&mut self) -> Vec<Value> {
        self.ask("ping", json!({}));
        self.events.drain(..).collect()
    }

    /// Reads until the server closes; returns the close code, 0 without any.
    pub(crate) fn closed(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code) = self.hear() {
                return code;
            }
        }
    }

    pub(crate) fn room(&self, name: &str) -> &Value {
        let rooms = self.welcome["rooms"].as_array().unwrap();
        rooms.iter().find(|room| room["name"] == name).expect("the room is on the list")
    }

    /// Sends one text message, masked with zeros.
    pub(crate) fn send(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match u8::try_from(text.len()) {
            Ok(short @ ..=125) => frame.push(0x80 | short),
            _ if text.len() <= 0xffff => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((text.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).unwrap();
    }

    fn hear(&mut self) -> Heard {
        loop {
            let Some((opcode, payload)) = self.frame() else { return Heard::Closed(0) };
            match opcode {
                1 => return Heard::Text(serde_json::from_slice(&payload).unwrap()),
                8 => {
                    let code =
                        payload.first_chunk::<2>().map_or(0, |code| u16::from_be_bytes(*code));
                    return Heard::Closed(code);
                }
                _ => {}
            }
        }
    }

    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        self.need(2)?;
        let (head, length) = match self.bytes[1] {
            126 => {
                self.need(4)?;
                (4, usize::from(u16::from_be_bytes([self.bytes[2], self.bytes[3]])))
            }
            127 => {
                self.need(10)?;
                let length = u64::from_be_bytes(self.bytes[2..10].try_into().unwrap());
                (10, usize::try_from(length).unwrap())
            }
            short => (2, usize::from(short)),
        };
        self.need(head + length)?;
        let opcode = self.bytes[0] & 15;
        let frame: Vec<u8> = self.bytes.drain(..head + length).collect();
        Some((opcode, frame[head..].to_vec()))
    }

    fn need(&mut self, count: usize) -> Option<()> {
        while self.bytes.len() < count {
            if !fill(&mut self.stream, &mut self.bytes) {
                return None;
            }
        }
        Some(())
    }
}

fn fill(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 16 * 1024];
    let count = loop {
        match stream.read(&mut buffer) {
            // A ring that another test has closed interrupts waits of this process.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read.unwrap(),
        }
    };
    bytes.extend_from_slice(&buffer[..count]);
    count > 0
}
