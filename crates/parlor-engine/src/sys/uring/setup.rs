//! Making a ring: what this kernel can do, and what it must.

use std::io;

use io_uring::{Builder, IoUring, Probe, opcode};
use rustix::io::Errno;

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
