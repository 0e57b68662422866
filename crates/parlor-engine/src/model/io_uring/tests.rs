//! The ring on the real kernel: futures dropped at every poll, and handlers that do not read.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use rustix::io::ioctl_fionread;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ring::{Reactor, Ring};
use crate::address::Peer;
use crate::conn::{self, Conn};
use crate::coroutine::event_loop::EventLoop;
use crate::coroutine::waker::LoopHandle;
use crate::limits::{RECV_BUFFER_BYTES, RING_AHEAD_BYTES, RING_BUFFERS};
use crate::{time, yield_now};

/// What the loop itself has in flight: the poll on its bell.
const BELL: usize = 1;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a future on a ring of its own and ends the ring.
fn on_a_ring<F: Future<Output = ()>>(test: impl FnOnce(Rc<Ring>) -> F) {
    let ring = match Ring::new() {
        Ok(ring) => ring,
        Err(error) => return println!("skipped, no ring on this machine: {error}"),
    };
    let event_loop = EventLoop::new(Box::new(Reactor(Rc::clone(&ring))), LoopHandle::new());
    event_loop.block_on(test(Rc::clone(&ring)));
    ring.end();
    assert_eq!(ring.in_flight(), 0, "in flight after the end");
}

fn adopt(ring: &Rc<Ring>, fd: OwnedFd) -> Conn {
    let (stream, local) = ring.adopt(fd);
    Conn::on_ring(conn::next_id(), stream, Peer::Unix, local)
}

/// Polls a future once and drops it. True: it was ready.
async fn once<T>(future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

/// A connection and its other end, which never blocks.
struct Line {
    conn: Option<Conn>,
    peer: Box<dyn ReadWrite>,
    ended: bool,
}

impl Line {
    fn unix(ring: &Rc<Ring>) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        Self { conn: Some(adopt(ring, ours.into())), peer: Box::new(theirs), ended: false }
    }

    fn tcp(ring: &Rc<Ring>, listener: &TcpListener) -> Self {
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (ours, _) = listener.accept().unwrap();
        theirs.set_nonblocking(true).unwrap();
        Self { conn: Some(adopt(ring, ours.into())), peer: Box::new(theirs), ended: false }
    }

    /// The other end takes what there is, and sees the end.
    fn drain_peer(&mut self) {
        let mut sink = [0; 4096];
        loop {
            match self.peer.read(&mut sink) {
                Ok(1..) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // A connection closed with bytes unread is reset.
                Ok(_) | Err(_) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }
}

/// Numbers that look like nothing in particular.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound).unwrap()
    }
}

async fn one_step(line: &mut Line, dice: &mut Dice) {
    let Some(conn) = &mut line.conn else { return };
    let bytes = vec![7; dice.below(20_000) + 1];
    match dice.below(12) {
        0 | 1 => drop(once(conn.recv()).await),
        2 => drop(once(conn.read(&mut [0; 100])).await),
        3 => drop(once(conn.write_all(&bytes)).await),
        4 => {
            conn.push(Bytes::from(bytes));
            once(conn.drain()).await;
        }
        5 if dice.below(10) == 0 => drop(once(conn.shutdown_write()).await),
        6 if dice.below(10) == 0 => drop(line.conn.take()),
        7 | 8 => drop(line.peer.write(&bytes)),
        9 => line.drain_peer(),
        10 => yield_now().await,
        _ => time::sleep(Duration::from_micros(300)).await,
    }
}

#[test]
fn a_storm_of_dropped_futures_leaves_nothing_in_flight() {
    const LINES: usize = 60;
    const STEPS: usize = 6_000;
    let seed = u64::from(std::process::id()) << 20 | 0x5eed;
    let seed = std::env::var("PARLOR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    println!("PARLOR_SEED={seed}");
    on_a_ring(|ring| async move {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let make = |number: usize| match number % 2 {
            0 => Line::unix(&ring),
            _ => Line::tcp(&ring, &listener),
        };
        let mut lines: Vec<Line> = (0..LINES).map(make).collect();
        let mut dice = Dice(seed);
        for step in 0..STEPS {
            let at = dice.below(LINES as u64);
            one_step(&mut lines[at], &mut dice).await;
            if lines[at].conn.is_none() && dice.below(2) == 0 {
                // Its place is taken by another, while its last bytes may still be on their way.
                let mut gone = std::mem::replace(&mut lines[at], make(step));
                gone.drain_peer();
                lines.push(gone);
            }
        }
        for line in &mut lines {
            drop(line.conn.take());
        }
        let quiet = time::timeout(PATIENCE, async {
            while ring.in_flight() > BELL || lines.iter().any(|line| !line.ended) {
                for line in &mut lines {
                    line.drain_peer();
                }
                yield_now().await;
            }
        });
        let ended = quiet.await;
        let left = lines.iter().filter(|line| !line.ended).count();
        assert!(ended.is_ok(), "{} in flight, {left} not closed, seed {seed}", ring.in_flight());
        assert!(ring.is_empty(), "connections left, seed {seed}");
        assert_eq!(ring.buffers_free(), usize::from(RING_BUFFERS), "buffers lost, seed {seed}");
    });
}

#[test]
fn a_handler_that_does_not_read_is_little_more_than_one_buffer_behind() {
    on_a_ring(|ring| async move {
        let idle = ring.in_flight();
        let (ours, theirs) = UnixStream::pair().unwrap();
        // The same socket once more, to see what is left in it.
        let left_in = ours.try_clone().unwrap();
        let mut conn = adopt(&ring, ours.into());
        theirs.set_nonblocking(true).unwrap();
        assert!(!once(conn.recv()).await);

        // A receive is armed, and nobody will take what it brings. The ring has its turns all the
        // same, and each of them brings back all that the kernel has done until then.
        let mut sent = 0;
        let chunk = [1; 4096];
        for _ in 0..100 {
            while let Ok(count) = (&theirs).write(&chunk) {
                sent += count;
            }
            yield_now().await;
        }
        assert_eq!(ring.in_flight(), idle, "the receive has ended, and there is no other");
        let left = usize::try_from(ioctl_fionread(&left_in).unwrap()).unwrap();
        assert!(sent > 4 * RECV_BUFFER_BYTES, "only {sent} bytes fit");
        let most = RECV_BUFFER_BYTES + RING_AHEAD_BYTES as usize - 1;
        assert!(sent - left <= most, "{} bytes read ahead", sent - left);
        // Nor does the one buffer stay away from the others.
        assert_eq!(ring.buffers_free(), usize::from(RING_BUFFERS));

        drop(theirs);
        let mut received = 0;
        while let Ok(bytes) = conn.recv().await
            && !bytes.is_empty()
        {
            received += bytes.len();
        }
        assert_eq!(received, sent, "bytes were lost");
    });
}

#[test]
fn more_stalled_handlers_than_buffers_stop_nobody() {
    on_a_ring(|ring| async move {
        let idle = ring.in_flight();
        let mut lines: Vec<Line> =
            (0..usize::from(RING_BUFFERS) + 100).map(|_| Line::unix(&ring)).collect();
        let mut armed = 0;
        for line in &mut lines {
            armed += usize::from(!once(line.conn.as_mut().unwrap().recv()).await);
        }
        assert_eq!(armed, lines.len());
        // As much as ends a receive.
        let for_nobody = [7; RING_AHEAD_BYTES as usize];
        for line in &mut lines {
            line.peer.write_all(&for_nobody).unwrap();
        }
        // All has landed, and was put aside.
        let landed = time::timeout(PATIENCE, async {
            while ring.in_flight() > idle {
                yield_now().await;
            }
        });
        landed.await.expect("starved");
        let mut busy = Line::unix(&ring);
        let conn = busy.conn.as_mut().unwrap();
        for _ in 0..10 {
            busy.peer.write_all(b"hello").unwrap();
            let received = time::timeout(PATIENCE, conn.recv()).await;
            assert_eq!(&*received.expect("starved").unwrap(), b"hello");
        }
        // And they, too, have all that was for them.
        for line in &mut lines {
            let received = time::timeout(PATIENCE, line.conn.as_mut().unwrap().recv()).await;
            assert_eq!(&*received.expect("starved").unwrap(), for_nobody);
        }
    });
}
