//! Every bound of the store, with its name: what is full, and what happens then.

/// Closures that may wait for the writer; one more is answered `Unavailable::Busy`.
pub const WRITES_WAITING_MAX: usize = 16_384;
/// Closures one commit takes; the rest wait for the next one.
pub const BATCH_CLOSURES_MAX: usize = 256;
/// Event bytes one commit takes before it stops taking closures.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// Closures that may wait for the reader threads; one more is answered `Error::Busy`.
pub const READS_WAITING_MAX: usize = 16_384;
/// Bytes of one event's body; a longer one is `Error::TooLarge`.
pub const EVENT_BODY_BYTES_MAX: usize = 1 << 20;
/// Bytes of one event's kind; a longer one is `Error::TooLarge`.
pub const EVENT_KIND_BYTES_MAX: usize = 64;
/// Bytes of a topic's name or an idempotency key; a longer one is `Error::TooLarge`.
pub const NAME_BYTES_MAX: usize = 512;
