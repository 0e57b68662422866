//! All clients, and the loop that reads them: each keeps only what is counted.

use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::time::Instant;

use rustix::event::epoll;

use crate::door::Door;

/// The first byte of a WebSocket ping.
const PING: u8 = 0x89;

/// All clients and the loop that reads them.
pub(crate) struct Crowd {
    epoll: rustix::fd::OwnedFd,
    pub(crate) door: Door,
    pub(crate) clients: Vec<Client>,
    buffer: Vec<u8>,
    pub(crate) bytes_read: u64,
}

/// One client, and the beginning of a line or frame that has not ended yet.
pub(crate) struct Client {
    stream: TcpStream,
    partial: Vec<u8>,
    /// Whether the answer to its request for a WebSocket has not ended yet.
    upgrading: bool,
    /// What is to be sent when the welcome is over.
    join: Vec<u8>,
    joined: bool,
}

/// What a line or frame means to this benchmark.
pub(crate) enum Seen {
    /// This client is in the room.
    Joined,
    /// This client has a message, or the echo of its own.
    Message(usize),
}

/// What one line or frame is.
enum Meaning {
    Welcome,
    Joined,
    Message,
    /// The server wants to know whether we are there.
    Ping,
    Other,
}

impl Crowd {
    pub(crate) fn new(door: &Door) -> Self {
        Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).unwrap(),
            door: door.clone(),
            clients: Vec::new(),
            buffer: vec![0; 256 * 1024],
            bytes_read: 0,
        }
    }

    /// Connects one more, by the door.
    pub(crate) fn connect(&mut self, resume: Option<&str>) {
        let (stream, greeting, join) = self.door.connect(self.clients.len(), resume);
        self.add(stream, &greeting, join);
    }

    /// Takes in a connected client.
    pub(crate) fn add(&mut self, stream: TcpStream, greeting: &[u8], join: Vec<u8>) {
        stream.set_nodelay(true).unwrap();
        (&stream).write_all(greeting).unwrap();
        stream.set_nonblocking(true).unwrap();
        let data = epoll::EventData::new_u64(self.clients.len() as u64);
        epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN).unwrap();
        let (partial, upgrading) = (Vec::new(), self.door.is_live());
        self.clients.push(Client { stream, partial, upgrading, join, joined: false });
    }

    /// Client `index` sends bytes.
    pub(crate) fn send(&self, index: usize, bytes: &[u8]) {
        (&self.clients[index].stream).write_all(bytes).unwrap();
    }

    /// Everybody is gone at once.
    pub(crate) fn drop_all(&mut self) {
        self.clients.clear();
    }

    /// Waits for readable clients and calls `seen` for everything that counts.
    pub(crate) fn turn(&mut self, deadline: Instant, mut seen: impl FnMut(Seen)) {
        assert!(Instant::now() < deadline, "the run hangs");
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 1024];
        let second = rustix::event::Timespec { tv_sec: 1, tv_nsec: 0 };
        let (ready, _) = epoll::wait(&self.epoll, &mut events, Some(&second)).unwrap();
        let live = self.door.is_live();
        for event in ready {
            let index = usize::try_from(event.data.u64()).unwrap();
            let client = &mut self.clients[index];
            match client.stream.read(&mut self.buffer) {
                Ok(0) => panic!("client {index} was disconnected"),
                Ok(count) => {
                    self.bytes_read += count as u64;
                    client.take(&self.buffer[..count], live, index, &mut seen);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("client {index}: {error}"),
            }
        }
    }
}

impl Client {
    fn take(&mut self, bytes: &[u8], live: bool, index: usize, seen: &mut impl FnMut(Seen)) {
        let mut kept = std::mem::take(&mut self.partial);
        let all = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let mut rest = all;
        if self.upgrading {
            match split_head(rest) {
                Some((head, after)) => {
                    assert!(head.starts_with(b"HTTP/1.1 101"), "client {index} is not let in");
                    (&self.stream).write_all(&self.join).unwrap();
                    self.upgrading = false;
                    rest = after;
                }
                None => {
                    self.partial = rest.to_vec();
                    return;
                }
            }
        }
        while let Some((one, after)) = if live { split_frame(rest) } else { split_line(rest) } {
            rest = after;
            match if live { frame_means(one) } else { line_means(one) } {
                Meaning::Message => seen(Seen::Message(index)),
                Meaning::Joined if !self.joined => {
                    self.joined = true;
                    seen(Seen::Joined);
                }
                Meaning::Welcome => {
                    let join = std::mem::take(&mut self.join);
                    (&self.stream).write_all(&join).unwrap();
                }
                Meaning::Ping => {
                    let answer: &[u8] =
                        if live { &[0x8a, 0x80, 0, 0, 0, 0] } else { b"PONG x\r\n" };
                    (&self.stream).write_all(answer).unwrap();
                }
                Meaning::Joined | Meaning::Other => {}
            }
        }
        self.partial = rest.to_vec();
    }
}

/// The head of an HTTP answer, and what comes after it.
pub(crate) fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(bytes.split_at(end + 4))
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn line_means(line: &[u8]) -> Meaning {
    if line.starts_with(b"PING ") {
        return Meaning::Ping;
    }
    let Some(space) = line.iter().position(|&byte| byte == b' ') else { return Meaning::Other };
    match &line[space + 1..] {
        command if command.starts_with(b"PRIVMSG ") => Meaning::Message,
        command if command.starts_with(b"366 ") => Meaning::Joined,
        command if command.starts_with(b"376 ") || command.starts_with(b"422 ") => Meaning::Welcome,
        _ => Meaning::Other,
    }
}

/// A server's frame: no mask, any of the three lengths.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => {
            let length = u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
            (10, usize::try_from(length).unwrap())
        }
        short => (2, usize::from(short)),
    };
    let end = header + length;
    // A ping is shown by its header, which no text begins like.
    let from = if bytes[0] == PING { 0 } else { header };
    (bytes.len() >= end).then(|| (&bytes[from..end], &bytes[end..]))
}

fn frame_means(frame: &[u8]) -> Meaning {
    if frame.starts_with(b"{\"t\":\"chat.posted\"") {
        Meaning::Message
    } else if frame.starts_with(b"{\"t\":\"ok\",\"re\":1,") {
        Meaning::Joined
    } else if frame.first() == Some(&PING) {
        Meaning::Ping
    } else {
        Meaning::Other
    }
}
