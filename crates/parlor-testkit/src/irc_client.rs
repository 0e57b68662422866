//! A scripted IRC peer: blocking, small, and strict about what it waits for.
//!
//! It knows no more of IRC than to answer PING, so that what a test expects is spelled out in the
//! test. Each failure shows the conversation so far.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::deadline::{Deadline, PATIENCE};

/// How many bytes are read at a time.
const READ_BYTES: usize = 16 * 1024;

/// One connection to an IRC server.
#[derive(Debug)]
pub struct IrcClient {
    stream: TcpStream,
    pending: Vec<u8>,
    conversation: Vec<String>,
    closed: bool,
}

impl IrcClient {
    /// Connects and says nothing.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        let stream = match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => stream,
            Err(error) => panic!("no connection to {address}: {error}"),
        };
        stream.set_nodelay(true).expect("a socket takes this option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket takes this option");
        Self { stream, pending: Vec::new(), conversation: Vec::new(), closed: false }
    }

    /// Connects and registers as a guest with `NICK` and `USER`, up to the end of the welcome.
    #[track_caller]
    pub fn guest(address: SocketAddr, nick: &str) -> Self {
        Self::guest_with(address, nick, &[])
    }

    /// Connects and registers as a guest that asked for these capabilities.
    #[track_caller]
    pub fn guest_with(address: SocketAddr, nick: &str, capabilities: &[&str]) -> Self {
        let mut client = Self::connect(address);
        client.request(capabilities);
        client.send(&format!("NICK {nick}"));
        client.send(&format!("USER {nick} 0 * :{nick}"));
        client.finish_registration(capabilities);
        client
    }

    /// Connects and signs in to an account with SASL PLAIN.
    #[track_caller]
    pub fn member(address: SocketAddr, account: &str, secret: &str, more: &[&str]) -> Self {
        let mut capabilities = vec!["sasl"];
        capabilities.extend(more);
        let mut client = Self::connect(address);
        client.request(&capabilities);
        client.send(&format!("NICK {account}"));
        client.send(&format!("USER {account} 0 * :{account}"));
        client.expect(" ACK ");
        client.send("AUTHENTICATE PLAIN");
        client.expect("AUTHENTICATE +");
        let plain = format!("\0{account}\0{secret}");
        client.send(&format!("AUTHENTICATE {}", base64(plain.as_bytes())));
        client.expect(" 903 ");
        client.send("CAP END");
        client.welcome();
        client
    }

    fn request(&mut self, capabilities: &[&str]) {
        if !capabilities.is_empty() {
            self.send("CAP LS 302");
            self.send(&format!("CAP REQ :{}", capabilities.join(" ")));
        }
    }

    #[track_caller]
    fn finish_registration(&mut self, capabilities: &[&str]) {
        if !capabilities.is_empty() {
            self.expect(" ACK ");
            self.send("CAP END");
        }
        self.welcome();
    }

    /// Waits until the welcome is over, which the message of the day, or its absence, tells.
    #[track_caller]
    pub fn welcome(&mut self) {
        self.expect(" 001 ");
        self.find("the end of the welcome", PATIENCE, |line| {
            matches!(numeric(line), Some("376" | "422"))
        });
    }

    /// Sends one line; the line end is added.
    #[track_caller]
    pub fn send(&mut self, line: &str) {
        self.conversation.push(format!("> {line}"));
        if let Err(error) = self.try_send_bytes(format!("{line}\r\n").as_bytes()) {
            panic!("the server does not take {line:?}: {error}\n{}", self.conversation());
        }
    }

    /// Sends bytes as they are; for input that no well-behaved client would send.
    ///
    /// # Errors
    ///
    /// When the server has closed the connection or takes nothing for [`PATIENCE`].
    pub fn try_send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for a line that contains this text, and gives it; lines before it are passed over.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        self.expect_within(text, PATIENCE)
    }

    /// Waits this long for a line that contains this text.
    #[track_caller]
    pub fn expect_within(&mut self, text: &str, allowed: Duration) -> String {
        self.find(text, allowed, |line| line.contains(text))
    }

    /// Waits for a line that `wanted` accepts; `what` names it in the failure.
    #[track_caller]
    pub fn find(&mut self, what: &str, allowed: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Deadline::after(allowed);
        loop {
            match self.line(&deadline) {
                Some(line) if wanted(&line) => return line,
                Some(_) => {}
                None if self.closed => {
                    panic!("closed before {what:?} came\n{}", self.conversation())
                }
                None => panic!("no {what:?} within {allowed:?}\n{}", self.conversation()),
            }
        }
    }

    /// Sends a PING and gives every line that came before its answer: what the server had to say
    /// about everything sent so far.
    #[track_caller]
    pub fn settle(&mut self) -> Vec<String> {
        let token = format!("settle-{}", self.conversation.len());
        self.send(&format!("PING {token}"));
        let deadline = Deadline::usual();
        let mut lines = Vec::new();
        loop {
            match self.line(&deadline) {
                Some(line) if line.contains("PONG") && line.contains(&token) => return lines,
                Some(line) => lines.push(line),
                None => panic!("no answer to PING {token}\n{}", self.conversation()),
            }
        }
    }

    /// Waits until the server closes the connection, and gives the lines that came before.
    #[track_caller]
    pub fn expect_closed(&mut self, allowed: Duration) -> Vec<String> {
        let deadline = Deadline::after(allowed);
        let mut lines = Vec::new();
        while let Some(line) = self.line(&deadline) {
            lines.push(line);
        }
        assert!(self.closed, "not closed within {allowed:?}\n{}", self.conversation());
        lines
    }

    /// The next line, without its end; nothing when the deadline passed or the server closed.
    pub fn line(&mut self, deadline: &Deadline) -> Option<String> {
        loop {
            if let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                self.conversation.push(format!("< {line}"));
                if let Some(token) = line.strip_prefix("PING ") {
                    // A server that has gone meanwhile will show as a closed connection.
                    self.try_send_bytes(format!("PONG {token}\r\n").as_bytes()).ok();
                    continue;
                }
                return Some(line);
            }
            if self.closed || deadline.passed() || !self.fill(deadline) {
                return None;
            }
        }
    }

    /// Reads what has come; false when the deadline passed or the stream ended.
    fn fill(&mut self, deadline: &Deadline) -> bool {
        let wait = deadline.left().max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(wait)).expect("a socket takes a time-out");
        let mut buffer = [0; READ_BYTES];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.closed = true,
            Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
            Err(error) if is_patience(&error) => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A reset is how a server that was killed, or that gave up on us, closes.
            Err(_) => self.closed = true,
        }
        !self.closed
    }

    /// Whether the server has closed the connection, as far as was read.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Tells the server that nothing more will be sent.
    pub fn shutdown_write(&self) {
        // Fails only when the connection is gone, which the next read tells.
        self.stream.shutdown(Shutdown::Write).ok();
    }

    /// The conversation so far, for a failure's message.
    pub fn conversation(&self) -> String {
        let from = self.conversation.len().saturating_sub(60);
        self.conversation[from..].join("\n")
    }
}

/// The text of a message line: what stands after the first ` :` behind tags and source.
pub fn trailing(line: &str) -> &str {
    let mut rest = line;
    while rest.starts_with(['@', ':']) {
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    rest.split_once(" :").map_or("", |(_, text)| text)
}

/// The value of a message tag.
pub fn tag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let tags = line.strip_prefix('@')?.split(' ').next()?;
    tags.split(';').find_map(|tag| tag.split_once('=').filter(|(key, _)| *key == name)).map(|t| t.1)
}

/// The command or numeric of a line, with tags and source passed over.
pub fn numeric(line: &str) -> Option<&str> {
    line.split(' ').find(|word| !word.starts_with(['@', ':']))
}

fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Base64 as SASL needs it; here so that the test kit needs no crate for one line.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 0x3f;
            let known = place <= group.len();
            text.push(if known { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that says these bytes, and closes after it was told something or nothing.
    fn server(says: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(says).unwrap();
            let mut answer = [0; 64];
            let count = stream.read(&mut answer).unwrap_or(0);
            stream.write_all(b"heard ").unwrap();
            stream.write_all(&answer[..count]).unwrap();
        });
        address
    }

    #[test]
    fn lines_are_cut_and_pings_are_answered() {
        let mut client =
            IrcClient::connect(server(b":s 001 ann :hi\r\n:s 376 ann :x\nPING :a b\r\n"));
        client.welcome();
        assert_eq!(client.expect("heard"), "heard PONG :a b");
        assert!(client.expect_closed(PATIENCE).is_empty());
    }

    #[test]
    #[should_panic(expected = "< :s NOTICE * :hello")]
    fn a_line_that_never_comes_fails_with_the_conversation() {
        let mut client = IrcClient::connect(server(b":s NOTICE * :hello\r\n"));
        client.expect_within("PRIVMSG", Duration::from_millis(50));
    }

    #[test]
    fn parts_of_a_line_are_found() {
        let line = "@time=2026;msgid=a1 :ann!a@h PRIVMSG #lobby :hello :there";
        assert_eq!(trailing(line), "hello :there");
        assert_eq!(trailing("PRIVMSG #lobby :hello :there"), "hello :there");
        assert_eq!(tag(line, "msgid"), Some("a1"));
        assert_eq!(tag(line, "account"), None);
        assert_eq!(numeric(line), Some("PRIVMSG"));
    }

    #[test]
    fn base64_is_padded() {
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }
}
