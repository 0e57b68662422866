//! Every bound of the HTTP side, with what happens when it is reached.

use std::time::Duration;

/// A request head longer than this is answered 431 and the connection ends.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// A request with more header lines than this is answered 431 and the connection ends.
pub const HEADERS_MAX: usize = 64;
/// A first word longer than this is no method; the connection is answered 400 and ends.
pub const METHOD_BYTES_MAX: usize = 20;
/// A head that is not complete this long after its first byte ends the connection.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection between requests is closed after this long.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// A body longer than its reader allows is answered 413; this is the most a route may hold in
/// memory. One that is read in pieces is bound by its reader alone.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A body has this long plus one second for each [`BODY_BYTES_PER_SECOND_MIN`] it may have.
pub const BODY_GRACE: Duration = Duration::from_secs(10);
/// The slowest body that is waited for; a slower one is answered 408.
pub const BODY_BYTES_PER_SECOND_MIN: usize = 1024;
/// A response of which the client takes nothing for this long ends the connection.
pub const WRITE_STALL: Duration = Duration::from_secs(60);

/// A WebSocket frame with a longer payload closes the connection with 1009.
pub const WS_FRAME_BYTES_MAX: usize = 64 * 1024;
/// A WebSocket message longer than this closes the connection with 1009.
pub const WS_MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// While more output than this waits, nothing more is read from a WebSocket.
pub const WS_QUEUED_BYTES_MAX: usize = 256 * 1024;
/// How long a closing connection goes on reading what the client still sends.
pub const LINGER: Duration = Duration::from_secs(2);
/// How much a closing connection reads of what the client still sends.
pub const LINGER_BYTES_MAX: usize = 256 * 1024;
