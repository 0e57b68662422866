//! The only `unsafe` of the engine: what the safe wrappers of `rustix` cannot express.
//!
//! Two things are needed and nothing else. Receiving straight into a `ReadBuf` that the caller
//! has not initialised, and a `pollfd` array that lives as long as the descriptors it names.
//! Every block is one operation and says why it is sound.

mod poll_set;
mod read_buf;

pub(crate) use self::poll_set::PollSet;
pub(crate) use self::read_buf::recv_into;
