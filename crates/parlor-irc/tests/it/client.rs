//! A client that sends and reads lines.

use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{Conn, time};

use crate::house::House;

/// How long an expected line may take. Only failures wait this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One client.
pub(crate) struct Client {
    conn: Conn,
    bytes: Vec<u8>,
    ended: bool,
}

impl Client {
    /// Connects and says nothing.
    pub(crate) fn connect(house: &House) -> Self {
        Self { conn: house.connect(), bytes: Vec::new(), ended: false }
    }

    /// Connects and registers as a guest with these capabilities; the welcome is read.
    pub(crate) async fn guest(house: &House, nick: &str, caps: &str) -> Self {
        let mut client = Self::connect(house);
        client.send(&format!("CAP REQ :{caps}")).await;
        client.send(&format!("NICK {nick}")).await;
        client.send(&format!("USER {nick} 0 * :{nick} real")).await;
        client.send("CAP END").await;
        client.until(" 221 ").await;
        client
    }

    /// Connects and signs in.
    pub(crate) async fn member(house: &House, account: &str, password: &str, caps: &str) -> Self {
        let mut client = Self::connect(house);
        client.send(&format!("CAP REQ :{caps}")).await;
        client.send(&format!("PASS {account}:{password}")).await;
        client.send(&format!("NICK {account}")).await;
        client.send(&format!("USER {account} 0 * :{account} real")).await;
        client.send("CAP END").await;
        client.until(" 221 ").await;
        client
    }

    /// Sends a line.
    pub(crate) async fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes()).await;
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.conn.push(Bytes::copy_from_slice(bytes));
        // What happened to the connection shows when it is read.
        drop(self.conn.drain().await);
    }

    /// The next line without its end; nothing when the connection has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.line_in_time().await.expect("a line comes in time")
    }

    /// The same, or that none came for a long time.
    pub(crate) async fn line_in_time(&mut self) -> Result<Option<String>, time::Elapsed> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                let line = String::from_utf8(line).expect("the server speaks UTF-8");
                return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
            }
            if self.ended {
                return Ok(None);
            }
            match time::timeout(PATIENCE, self.conn.recv()).await? {
                Ok(received) if !received.is_empty() => self.bytes.extend_from_slice(&received),
                _ => self.ended = true,
            }
        }
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            lines.push(line);
        }
        lines
    }

    /// Passes over lines until one contains this text.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut passed = Vec::new();
        while let Some(line) = self.line().await {
            if line.contains(text) {
                return line;
            }
            passed.push(line);
        }
        panic!("the end came before {text:?}:\n{}", passed.join("\n"))
    }

    /// Everything that comes before the answer to a PING.
    pub(crate) async fn settle(&mut self) -> Vec<String> {
        self.send("PING :settled?").await;
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            if line.ends_with(" :settled?") {
                return lines;
            }
            lines.push(line);
        }
        lines
    }
}
