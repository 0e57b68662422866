//! The only `unsafe` of the engine: what the safe wrappers of `rustix` cannot express.
//!
//! Seven things are needed and nothing else. Receiving straight into a `ReadBuf` that the caller
//! has not initialised, a `pollfd` array that lives as long as the descriptors it names, the bit
//! sets of `select`, which name descriptors by number, a listener in tokio's reactor, the rings of
//! `io_uring`, whose memory program and kernel share, counters in memory that processes share, and the
//! C library's way of giving free memory back.
//! Every block is one operation and says why it is sound.

mod poll_set;
mod uring;
mod fd_sets;
mod read_buf;
mod watched;
mod shared_counts;
mod heap;

pub(crate) use self::fd_sets::{FD_SETSIZE, FdSets};
pub(crate) use self::heap::give_back_memory;
pub(crate) use self::poll_set::PollSet;
pub(crate) use self::read_buf::recv_into;
pub(crate) use self::shared_counts::{SharedCounts, Slot};
pub use self::uring::bare_ring_echo;
pub(crate) use self::uring::{Attempt, Filled, Flight, Shape, Socket, Uring};
pub(crate) use self::watched::watch_listener;
