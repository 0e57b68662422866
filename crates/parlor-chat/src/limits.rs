//! Every bound of chat, with what happens beyond it.

/// The longest message; longer ones are refused, never cut.
pub const TEXT_BYTES_MAX: usize = 8000;

/// The longest name of a room, with its `#`.
pub const ROOM_NAME_BYTES_MAX: usize = 64;

/// The longest subject; longer ones are refused. Chosen so that an IRC line carries it whole.
pub const SUBJECT_BYTES_MAX: usize = 390;

/// The longest reason for throwing somebody out; longer ones are refused.
pub const REASON_BYTES_MAX: usize = 300;

/// The longest idempotency key; longer ones are refused.
pub const KEY_BYTES_MAX: usize = 64;

/// Messages in one page of history; a larger wish is cut to it.
pub const PAGE_MAX: usize = 200;

/// Unread messages are counted up to this.
pub const UNREAD_MAX: u64 = 1000;

/// Rooms a server has at most; creating more is refused.
pub const ROOMS_MAX: u64 = 20_000;

/// Rooms an account may have on its list; joining more is refused.
pub const ROOMS_PER_ACCOUNT: u64 = 400;

/// Direct conversations an overview shows, the latest first.
pub const CONVERSATIONS_MAX: u64 = 200;
