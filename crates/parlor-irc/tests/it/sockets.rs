//! Lines as messages: what a WebSocket carries, without one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use parlor_engine::{block_on, spawn_local, time};
use parlor_irc::Door;
use parlor_irc::wire::{Framing, LineSocket};

use crate::client::{Client, PATIENCE};
use crate::house::House;

/// Both ends of a socket in memory: messages each way.
#[derive(Default)]
struct Pipe {
    lines: VecDeque<Bytes>,
    frames: Vec<u8>,
    /// How many bytes go through at once; all, if absent.
    width: Option<usize>,
    waiting: Vec<u8>,
    most_waiting: usize,
    reader: Option<Waker>,
    /// Who waits for frames.
    listener: Option<Waker>,
    ended: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Socket(Rc<RefCell<Pipe>>);

impl Pipe {
    fn say(&mut self, frames: &[u8]) {
        self.frames.extend_from_slice(frames);
        if let Some(listener) = self.listener.take() {
            listener.wake();
        }
    }
}

impl LineSocket for Socket {
    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let mut pipe = self.0.borrow_mut();
        match pipe.lines.pop_front() {
            Some(line) => Poll::Ready(Ok(Some(line))),
            None if pipe.ended => Poll::Ready(Ok(None)),
            None => {
                pipe.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn push(&mut self, frames: &Bytes) {
        let mut pipe = self.0.borrow_mut();
        if pipe.width.is_none() {
            return pipe.say(frames);
        }
        pipe.waiting.extend_from_slice(frames);
        pipe.most_waiting = pipe.most_waiting.max(pipe.waiting.len());
    }

    fn queued(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.0.borrow_mut();
        let bytes = pipe.width.unwrap_or(0).min(pipe.waiting.len());
        if bytes > 0 {
            let some: Vec<u8> = pipe.waiting.drain(..bytes).collect();
            pipe.say(&some);
        }
        if pipe.waiting.is_empty() {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn finish(&mut self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async { self.0.borrow_mut().say(b"[finished]") })
    }

    fn id(&self) -> u64 {
        0
    }

    fn ip(&self) -> Option<IpAddr> {
        None
    }
}

impl Socket {
    /// One through which so many bytes go at once.
    pub(crate) fn narrow(width: usize) -> Self {
        let socket = Self::default();
        socket.0.borrow_mut().width = Some(width);
        socket
    }

    /// How many bytes waited at the most.
    pub(crate) fn most_waiting(&self) -> usize {
        self.0.borrow().most_waiting
    }

    pub(crate) fn send(&self, line: &str) {
        let mut pipe = self.0.borrow_mut();
        pipe.lines.push_back(Bytes::copy_from_slice(line.as_bytes()));
        if let Some(reader) = pipe.reader.take() {
            reader.wake();
        }
    }

    /// Waits until the other side has sent this.
    pub(crate) async fn until(&self, text: &str) -> String {
        let said = poll_fn(|cx| {
            let mut pipe = self.0.borrow_mut();
            let said = String::from_utf8_lossy(&pipe.frames).into_owned();
            if said.contains(text) {
                return Poll::Ready(said);
            }
            pipe.listener = Some(cx.waker().clone());
            Poll::Pending
        });
        time::timeout(PATIENCE, said).await.unwrap_or_else(|_| {
            panic!("no {text:?} in {:?}", String::from_utf8_lossy(&self.0.borrow().frames))
        })
    }
}

fn text(line: &str) -> Bytes {
    format!("[t {line}]").into_bytes().into()
}

fn binary(line: &[u8]) -> Bytes {
    [b"[b ", line, b"]"].concat().into()
}

#[test]
fn every_line_is_one_message_in_the_form_that_was_agreed() {
    block_on(async {
        let house = House::open(None, |_| {}).await;
        let door = Door::new(house.irc.clone());
        let sockets = [Framing::Text(text), Framing::Binary(binary)].map(|framing| {
            let socket = Socket::default();
            let (door, served) = (door.clone(), socket.clone());
            spawn_local(async move { door.serve_socket(Box::new(served), framing).await });
            socket
        });
        for (socket, nick) in sockets.iter().zip(["ann", "bob"]) {
            socket.send(&format!("NICK {nick}"));
            socket.send(&format!("USER {nick} 0 * :{nick}\r\n"));
            socket.until(" 221 ").await;
            socket.send("JOIN #x");
            socket.until(" 366 ").await;
        }
        let mut eve = Client::guest(&house, "eve", "echo-message").await;
        eve.send("JOIN #x").await;
        eve.until(" 366 ").await;
        eve.send("PRIVMSG #x :h\u{e9}llo").await;
        eve.until("llo").await;
        let said = ":eve!eve@guest PRIVMSG #x :h\u{e9}llo";
        let seen = sockets[0].until(&format!("[t {said}]")).await;
        assert!(!seen.contains('\n') && !seen.contains("[b "), "{seen}");
        sockets[1].until(&format!("[b {said}]")).await;
        sockets[0].send("QUIT");
        let seen = sockets[0].until("[finished]").await;
        assert!(seen.contains("[t ERROR :Closing link: Quit]"), "{seen}");
        sockets[1].until("[b :ann!ann@guest QUIT :Quit]").await;
        sockets[1].0.borrow_mut().ended = true;
        sockets[1].send("PING x");
        drop(eve);
        house.close();
    });
}
