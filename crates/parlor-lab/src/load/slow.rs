//! Clients that send as fast as they may and read a kilobyte a second.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with,
    sockopt,
};

use super::crowd::{Crowd, nanoseconds};
use super::message::stream_byte;
use crate::order::{Slow, Tally};

/// How often each of them reads a little.
const TICK: Duration = Duration::from_millis(100);

/// What the kernel may keep for one of them, so that it is the server that has to wait.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024;

/// Bytes that are offered to the server at once.
const OFFER_BYTES: usize = 16 * 1024;

/// A client that reads slowly.
pub(super) struct SlowReader {
    fd: Option<OwnedFd>,
    number: usize,
    sent: u64,
    received: u64,
    bytes_per_tick: usize,
    next_ns: u64,
}

/// Opens them. Those that can't connect are failures; the rest begin when others are paced.
pub(super) fn open(crowd: &mut Crowd, order: &Slow) -> std::io::Result<Tally> {
    let mut tally = Tally { wanted: order.count as u64, ..Tally::default() };
    let ticks = 1_000 / u64::try_from(TICK.as_millis()).unwrap_or(1_000);
    let bytes_per_tick = usize::try_from(order.bytes_per_second / ticks).unwrap_or(1).max(1);
    for number in 0..order.count {
        match begin(order.to) {
            Ok(fd) => {
                tally.answered += 1;
                let (sent, received, next_ns) = (0, 0, 0);
                let fd = Some(fd);
                crowd.slow.push(SlowReader { fd, number, sent, received, bytes_per_tick, next_ns });
            }
            Err(_) => tally.failures.refused += 1,
        }
    }
    Ok(tally)
}

fn begin(to: SocketAddr) -> Result<OwnedFd, Errno> {
    let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_recv_buffer_size(&fd, RECEIVE_BUFFER_BYTES)?;
    sockopt::set_socket_linger(&fd, Some(Duration::ZERO))?;
    connect(&fd, &to)?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

/// Lets those whose time has come read a little and send a lot; says when the next one is due.
pub(super) fn tend(crowd: &mut Crowd, now: u64) -> Option<u64> {
    for reader in &mut crowd.slow {
        // A new order begins at nought, so what is due later than a tick from now is from before.
        if reader.next_ns <= now || reader.next_ns > now + nanoseconds(TICK) {
            reader.turn();
            reader.next_ns = now + nanoseconds(TICK);
        }
    }
    crowd.slow.iter().filter(|reader| reader.fd.is_some()).map(|reader| reader.next_ns).min()
}

impl SlowReader {
    fn turn(&mut self) {
        if self.read().is_err() || self.write().is_err() {
            self.fd = None;
        }
    }

    fn read(&mut self) -> Result<(), Errno> {
        let Some(fd) = &self.fd else { return Ok(()) };
        let mut bytes = vec![0; self.bytes_per_tick];
        match recv(fd, &mut bytes[..], RecvFlags::empty()) {
            Ok((0, _)) => Err(Errno::CONNRESET),
            Ok((count, _)) => {
                let expected = (self.received..).map(|place| stream_byte(self.number, place));
                if !bytes[..count].iter().copied().eq(expected.take(count)) {
                    return Err(Errno::PROTO);
                }
                self.received += count as u64;
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self) -> Result<(), Errno> {
        let Some(fd) = &self.fd else { return Ok(()) };
        let places = self.sent..self.sent + OFFER_BYTES as u64;
        let bytes: Vec<u8> = places.map(|place| stream_byte(self.number, place)).collect();
        match send(fd, &bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(count) => self.sent += count as u64,
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
