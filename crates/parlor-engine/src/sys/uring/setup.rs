//! Making a ring: what this kernel can do, and what it must.

use std::io;

use io_uring::types::Fd;
use io_uring::{Builder, IoUring, Probe, opcode, squeue};
use rustix::io::Errno;

use super::buffers::GROUP;

/// Threads that the kernel may start for one ring.
const KERNEL_THREADS_MAX: u32 = 2;

/// How a ring is dimensioned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Operations queued between two calls; more take another call.
    pub(crate) submissions: u32,
    /// Completions that fit; the kernel keeps what is beyond for the next call.
    pub(crate) completions: u32,
    /// Provided buffers, a power of two.
    pub(crate) buffers: u16,
    pub(crate) buffer_bytes: usize,
    /// A receive goes on until it has brought so many bytes, on kernels that know such a limit.
    pub(crate) ahead_bytes: u32,
    /// Direct descriptors, no more than the process may have plain ones; 0 for none.
    pub(crate) direct: u32,
}

/// A set of flags that some kernels take.
pub(super) type Flavour = fn(&mut Builder);

/// From the best to the plainest. One thread submits, and completions are worked off when it asks
/// (6.6 and 6.1), or at least without interrupting it (5.19), or as the kernel likes.
pub(super) const FLAVOURS: [Flavour; 4] = [
    |builder| {
        builder.setup_single_issuer().setup_defer_taskrun().setup_taskrun_flag();
        builder.setup_no_sqarray();
    },
    |builder| {
        builder.setup_single_issuer().setup_defer_taskrun().setup_taskrun_flag();
    },
    |builder| {
        builder.setup_coop_taskrun().setup_taskrun_flag();
    },
    |_| (),
];

/// Makes a ring of the first flavour that the kernel knows.
pub(super) fn build(shape: Shape, flavours: &[Flavour]) -> io::Result<IoUring> {
    let mut refused = io::Error::from(io::ErrorKind::Unsupported);
    for flavour in flavours {
        let mut builder = IoUring::builder();
        builder.setup_clamp().setup_cqsize(shape.completions).setup_submit_all();
        flavour(&mut builder);
        match builder.build(shape.submissions) {
            Ok(ring) => {
                require_operations(&ring)?;
                // What has to block (half closes do) does so on threads of the kernel's.
                let mut threads = [1, KERNEL_THREADS_MAX];
                ring.submitter().register_iowq_max_workers(&mut threads).ok();
                return Ok(ring);
            }
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
                refused = error;
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}

/// Whether a send may be answered only if it fails.
///
/// Kernels before 6.1 can forget what a send that failed later had sent before. Those that take
/// the first flavours are not among them.
pub(super) fn can_be_quiet(ring: &IoUring) -> bool {
    let parameters = ring.params();
    parameters.is_feature_skip_cqe_on_success() && parameters.is_setup_single_issuer()
}

/// Whether a receive may go on by itself until it has brought a number of bytes (Linux 6.17).
///
/// Older kernels refuse such an entry before they look at its descriptor.
pub(super) fn can_go_on(ring: &mut IoUring) -> io::Result<bool> {
    let entry = until(opcode::RecvMulti::new(Fd(-1), GROUP).build(), 1);
    // SAFETY: it names no descriptor and no memory.
    let pushed = unsafe { ring.submission().push(&entry) };
    if pushed.is_err() {
        return Ok(false);
    }
    ring.submit_and_wait(1)?;
    let result = ring.completion().next().map(|completion| completion.result());
    Ok(result == Some(-Errno::BADF.raw_os_error()))
}

/// Makes a receive that goes on end when it has brought so many bytes, or a few more: the last one
/// may bring a whole buffer.
pub(super) fn until(mut receive: squeue::Entry, bytes: u32) -> squeue::Entry {
    /// `optlen` in `struct io_uring_sqe`, counted in words.
    const OPTLEN: usize = 11;
    const WORDS: usize = size_of::<squeue::Entry>() / size_of::<u32>();
    const { assert!(WORDS == 16 && align_of::<squeue::Entry>() >= align_of::<u32>()) };
    let words = (&raw mut receive).cast::<[u32; WORDS]>();
    // SAFETY: an entry is the kernel's structure of 64 bytes, all of them numbers.
    unsafe { (*words)[OPTLEN] = bytes };
    receive
}

/// Refuses a kernel that lacks one of the operations, which some sandboxes forbid one by one.
fn require_operations(ring: &IoUring) -> io::Result<()> {
    let needed = [
        (opcode::Recv::CODE, "recv"),
        (opcode::Send::CODE, "send"),
        (opcode::Shutdown::CODE, "shutdown"),
        (opcode::AsyncCancel::CODE, "cancel"),
        (opcode::Close::CODE, "close"),
        (opcode::PollAdd::CODE, "poll"),
    ];
    let mut probe = Probe::new();
    ring.submitter().register_probe(&mut probe)?;
    match needed.iter().find(|(code, _)| !probe.is_supported(*code)) {
        Some((_, name)) => Err(io::Error::other(format!("its io_uring has no {name}"))),
        None => Ok(()),
    }
}
