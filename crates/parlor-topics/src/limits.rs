//! Every bound of the store, with its name: what may be full, and what happens then.

/// Closures that may wait for the writer; one more is answered `Unavailable::Busy`.
pub const WRITES_WAITING_MAX: usize = 16_384;
/// Closures one commit takes; the rest wait for the next one.
pub const BATCH_CLOSURES_MAX: usize = 256;
/// Event bytes after which a commit takes no more closures.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// Closures that may wait for the reader threads; one more is answered `Error::Busy`. The store's
/// own reads (pages for readers that lag) do not count here: `PAGE_READS_MAX` bounds them.
pub const READS_WAITING_MAX: usize = 16_384;
/// Threads that read.
pub const READER_THREADS: usize = 2;

/// Bytes of one event's body; a longer one is `Error::TooLarge`.
pub const EVENT_BODY_BYTES_MAX: usize = 1 << 20;
/// Bytes of one event's kind; a longer one is `Error::TooLarge`.
pub const EVENT_KIND_BYTES_MAX: usize = 64;
/// Bytes of a topic's name or an idempotency key; a longer one is `Error::TooLarge`.
pub const NAME_BYTES_MAX: usize = 512;

/// Topics whose state the writer and the fan-out remember; when full, they forget and read again.
pub const TOPICS_REMEMBERED_MAX: usize = 65_536;

/// Frames a worker's mailbox holds until the worker takes them. When full, durable events are not
/// put in (the worker reads them from the store) and ephemeral ones are dropped (`Missed`).
pub const MAILBOX_FRAMES_MAX: usize = 8_192;
/// Bytes a worker's mailbox holds; what happens when full is the same.
pub const MAILBOX_BYTES_MAX: usize = 8 << 20;

/// Frames a topic's ring holds for readers that have not taken them yet. When full, the oldest
/// goes, and a reader that still needed it reads from the store.
pub const RING_FRAMES_MAX: usize = 256;
/// Bytes a topic's ring holds; what happens when full is the same.
pub const RING_BYTES_MAX: usize = 256 << 10;
/// Bytes all rings of one worker hold; when full, the oldest frame of any topic goes.
pub const RINGS_BYTES_MAX: usize = 64 << 20;

/// Events one page holds that is read from the store for readers that lag.
pub const PAGE_EVENTS: u64 = 128;
/// Bytes after which such a page ends (it always has at least one event).
pub const PAGE_BYTES_MAX: usize = 256 << 10;
/// Pages one worker keeps; when full, the oldest goes and is read again if it is needed.
pub const PAGES_MAX: usize = 256;
/// Bytes of pages one worker keeps beyond the `PAGES_KEPT` latest; when full, the oldest goes.
pub const PAGES_BYTES_MAX: usize = 4 << 20;
/// Pages one worker keeps whatever their size, so that every waiting reader gets to its page.
pub const PAGES_KEPT: usize = 16;
/// Page reads one worker has under way; further ones wait their turn.
pub const PAGE_READS_MAX: usize = 4;

/// How often a subscription asks the store for a position the worker has not heard of yet; it
/// takes one or two, and after so many it is answered `Error::Busy`.
pub const ASKS_MAX: usize = 1_000;

/// Bytes of write-ahead log after which the writer moves it into the database between commits.
pub const WAL_BYTES_SOFT: u64 = 16 << 20;
/// Bytes of write-ahead log after which the writer waits (briefly) for readers to empty it.
pub const WAL_BYTES_HARD: u64 = 256 << 20;
/// How long the writer waits for readers then.
pub const WAL_TRUNCATE_WAIT_MS: u64 = 100;
/// How long the store must be idle before the write-ahead log is emptied.
pub const IDLE_MS: u64 = 5_000;
/// How long a statement waits for a lock that an administrator's tool may hold.
pub const LOCK_WAIT_MS: u64 = 5_000;
/// A read that takes longer is logged: it keeps the write-ahead log from shrinking.
pub const READ_MS_EXPECTED: u64 = 50;

/// How long an idempotency key is remembered.
pub const KEY_KEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// How often retention is enforced.
pub const HOUSEKEEPING_MS: u64 = 60_000;
/// Rows one slice of housekeeping removes; more wait for the next slice.
pub const HOUSEKEEPING_ROWS: u64 = 1_000;

/// Topics a search names to the index; of more, each candidate is asked whether it is in one.
pub const TEXT_PLACES_MAX: usize = 64;
/// Candidates one search looks at; what it has found by then is the answer, with where to go on.
pub const TEXT_PROBES_MAX: usize = 4_096;
/// The shortest beginning of a word that finds words that go on; a shorter one is a whole word,
/// since it would begin a great part of all words.
pub const TEXT_PREFIX_CHARS_MIN: usize = 2;
/// Pages of the search index's log after which it is moved into its file.
pub const TEXT_WAL_PAGES: u32 = 4_000;
