//! The socket between a parent and one worker: whole messages, each with at most one descriptor.
//!
//! SOCK_SEQPACKET, because on a stream descriptors are attached to ranges of bytes that merge and
//! split, and on datagrams the death of the other side is silent. Here a message is a message, and
//! the end of the other process is the end of the stream. Nothing in this file waits.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// One end.
#[derive(Debug)]
pub(super) struct Channel {
    fd: OwnedFd,
}

/// A message that was received into the caller's buffer.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) length: usize,
    pub(super) fd: Option<OwnedFd>,
    /// It had a descriptor or more text, and this process had no room: that part is gone.
    pub(super) truncated: bool,
}

/// What to do about an error of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not now: the other side does not keep up, or too many descriptors are on their way.
    Full,
    /// There is no other side any more.
    Gone,
    /// This message cannot be sent, however often.
    Broken,
}

impl Channel {
    /// Two ends, both closed in every program that is started.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let flags = SocketFlags::CLOEXEC;
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        Ok((Self { fd: ours }, theirs))
    }

    pub(super) fn new(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Sends a message with perhaps a descriptor, which stays open here.
    pub(super) fn send(&self, text: &[u8], fd: Option<BorrowedFd<'_>>) -> Result<(), Verdict> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = fd.as_slice();
        if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(Verdict::Broken);
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        loop {
            match rustix::net::sendmsg(&self.fd, &[IoSlice::new(text)], &mut control, flags) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(classify(error)),
            }
        }
    }

    /// Receives a message if one is there (else `AGAIN`); `None` when the other side has ended.
    pub(super) fn receive(&self, text: &mut [u8]) -> Result<Option<Delivery>, Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        // Close-on-exec in the same call: a program started at this moment must not inherit it.
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let received =
            rustix::net::recvmsg(&self.fd, &mut [IoSliceMut::new(text)], &mut control, flags);
        let received = match received {
            // It has ended with messages of ours unread.
            Err(Errno::CONNRESET) => return Ok(None),
            other => other?,
        };
        let fd = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        // No message is empty.
        if received.bytes == 0 {
            return Ok(None);
        }
        let truncated = received.flags.intersects(ReturnFlags::CTRUNC | ReturnFlags::TRUNC);
        Ok(Some(Delivery { length: received.bytes, fd, truncated }))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The class of an error of sending, after sendmsg(2) and unix(7).
fn classify(error: Errno) -> Verdict {
    match error {
        // The last is the limit of descriptors that are sent and not yet received: those of one
        // user may not be more than a process of his may have open.
        Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM | Errno::TOOMANYREFS => Verdict::Full,
        Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN | Errno::CONNREFUSED => Verdict::Gone,
        _ => Verdict::Broken,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn every_error_of_sending_has_its_class() {
        for (verdict, errors) in [
            (Verdict::Full, &[Errno::AGAIN, Errno::NOBUFS, Errno::NOMEM, Errno::TOOMANYREFS][..]),
            (Verdict::Gone, &[Errno::PIPE, Errno::CONNRESET, Errno::NOTCONN, Errno::CONNREFUSED]),
            (Verdict::Broken, &[Errno::BADF, Errno::INVAL, Errno::MSGSIZE, Errno::PERM]),
        ] {
            for error in errors {
                assert_eq!(classify(*error), verdict, "{error:?}");
            }
        }
    }

    #[test]
    fn messages_keep_their_boundaries_and_their_descriptors() {
        let (ours, theirs) = Channel::pair().unwrap();
        let theirs = Channel::new(theirs);
        let (mut near, far) = UnixStream::pair().unwrap();
        ours.send(b"one", None).unwrap();
        ours.send(b"two", Some(far.as_fd())).unwrap();
        drop(far);
        let mut text = [0; 16];
        let first = theirs.receive(&mut text).unwrap().unwrap();
        assert_eq!((&text[..first.length], first.fd.is_none()), (&b"one"[..], true));
        let second = theirs.receive(&mut text).unwrap().unwrap();
        assert_eq!((&text[..second.length], second.truncated), (&b"two"[..], false));
        let mut far = UnixStream::from(second.fd.unwrap());
        near.write_all(b"x").unwrap();
        far.read_exact(&mut [0]).unwrap();
        assert_eq!(theirs.receive(&mut text).unwrap_err(), Errno::AGAIN);
        drop(ours);
        assert!(theirs.receive(&mut text).unwrap().is_none());
        assert_eq!(theirs.send(b"late", None), Err(Verdict::Gone));
    }

    #[test]
    fn a_worker_that_does_not_read_is_full_and_not_for_ever() {
        let (ours, theirs) = Channel::pair().unwrap();
        let theirs = Channel::new(theirs);
        let mut sent = 0;
        while ours.send(&[7; 48], Some(theirs.as_fd())) == Ok(()) {
            sent += 1;
            assert!(sent < 100_000, "the socket takes everything");
        }
        assert_eq!(ours.send(&[7; 48], None), Err(Verdict::Full));
        let mut text = [0; 64];
        for _ in 0..sent {
            assert!(theirs.receive(&mut text).unwrap().unwrap().fd.is_some());
        }
        assert_eq!(ours.send(&[7; 48], None), Ok(()));
    }

    #[test]
    fn what_is_longer_than_the_buffer_says_so() {
        let (ours, theirs) = Channel::pair().unwrap();
        ours.send(&[1; 100], None).unwrap();
        let delivery = Channel::new(theirs).receive(&mut [0; 10]).unwrap().unwrap();
        assert!(delivery.truncated);
    }
}
