//! Receives into the part of a `ReadBuf` that nobody has written yet.
//!
//! The safe way is to fill that part with zeros first, which for hyper's 8 KiB buffer costs more
//! than the system call on a small message.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use tokio::io::ReadBuf;

/// Receives once; the bytes are added to `buf`, their number is returned (0: end of stream).
pub(crate) fn recv_into(
    fd: BorrowedFd<'_>,
    buf: &mut ReadBuf<'_>,
    flags: RecvFlags,
) -> Result<usize, Errno> {
    // SAFETY: the slice is only handed to the kernel, which writes to it and never un-initialises
    // a byte of it.
    let unfilled = unsafe { buf.unfilled_mut() };
    let ((written, _), _) = rustix::net::recv(fd, unfilled, flags)?;
    let count = written.len();
    // SAFETY: the kernel has just written the first `count` bytes of the unfilled part.
    unsafe { buf.assume_init(count) };
    buf.advance(count);
    Ok(count)
}
