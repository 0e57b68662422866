//! Every bound of the web side, with what happens when it is reached.

use std::time::Duration;

/// A form longer than this is answered 413.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// A JSON body longer than this is answered 413.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// A URL to go to after signing in that is longer than this is forgotten.
pub const NEXT_BYTES_MAX: usize = 512;
/// How much of the browser's name labels a session.
pub const LABEL_BYTES_MAX: usize = 200;
/// How long the browser keeps the session cookie; the hub ends sessions by its own rules.
pub const COOKIE_AGE_S: u64 = 90 * 24 * 3600;
/// How long /readyz waits for the store.
pub const READY_WAIT: Duration = Duration::from_secs(2);

/// A live connection that has not said hello by now is closed.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a live connection is pinged; plus or minus [`PING_JITTER`].
pub const PING_INTERVAL: Duration = Duration::from_secs(20);
/// Spreads the pings of connections that came at the same time.
pub const PING_JITTER: Duration = Duration::from_secs(3);
/// A live connection that was silent this long is dead.
pub const SILENCE_MAX: Duration = Duration::from_secs(45);
/// A live connection that takes nothing for this long is closed with 4009.
pub const STALL_MAX: Duration = Duration::from_secs(60);
/// While this much output waits, no further deliveries are taken; the reader keeps positions.
pub const QUEUED_BYTES_MAX: usize = 256 * 1024;
/// How much is taken from the reader before it is written.
pub const BATCH_BYTES: usize = 64 * 1024;
/// Commands a live connection may send a second, on average; beyond that it is read more slowly.
pub const COMMANDS_PER_SECOND: u32 = 20;
/// Commands a live connection may send at once.
pub const COMMANDS_BURST: u32 = 60;
/// How long a request of a program waits for credit; who would wait longer is answered 429.
pub const CREDIT_WAIT_MAX: Duration = Duration::from_secs(10);
/// Topics one hello may resume; more are refused.
pub const RESUME_TOPICS_MAX: usize = 1024;
/// Topics of which it is remembered how heavy their last events are; of more, all are forgotten.
pub const WEIGHED_TOPICS_MAX: usize = 1024;
/// A longer gap is not replayed: the topic is reset.
pub const RESUME_EVENTS_MAX: u64 = 500;
/// A larger gap is not replayed: the topic is reset.
pub const RESUME_BYTES_MAX: usize = 256 * 1024;
/// Messages in a page of history when the client names no number.
pub const PAGE_DEFAULT: usize = 50;
/// Members or people in one answer; the total says how many there are.
pub const PEOPLE_MAX: usize = 500;

/// How many messages travel inside the page; the connection brings older ones as they are wanted.
pub const FIRST_MESSAGES: u64 = 40;

/// Messages in a page of a search when the client names no number.
pub const SEARCH_PAGE_DEFAULT: usize = 20;
