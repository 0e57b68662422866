//! Every bound of the terminal client, with what happens beyond it.

use std::time::Duration;

/// Lines of a conversation that are held; older ones are let go and read again when scrolled to.
pub(crate) const LINES_MAX: usize = 2_000;

/// Messages asked for at a time, small enough for a slow line.
pub(crate) const PAGE: u64 = 50;

/// Commands whose answers are awaited; one more is refused in words.
pub(crate) const WAITING_MAX: usize = 128;

/// Own messages that wait for a connection; one more is refused in words, and stays in the
/// composer.
pub(crate) const OUTBOX_MAX: usize = 100;

/// What a connection and its handshake may take before it counts as failed.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(15);

/// Silence after which the server is asked whether it is there; it pings every 20 s itself.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

/// Silence after which the connection counts as dead.
pub(crate) const DEAD: Duration = Duration::from_secs(50);

/// The first pause before connecting again; each further one is twice as long.
pub(crate) const PAUSE_MIN: Duration = Duration::from_millis(400);

/// The longest pause before connecting again.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(15);

/// The largest frame that is taken; the server's are smaller than this.
pub(crate) const FRAME_BYTES_MAX: usize = 4 << 20;

/// The largest answer to a request over HTTP that is read.
pub(crate) const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The longest message, in bytes: the server's bound.
pub(crate) const TEXT_BYTES_MAX: usize = 8_000;

/// Frames on their way between the connection and the screen; the connection waits for the screen.
pub(crate) const INPUTS_MAX: usize = 1_024;

/// How long "is writing" is shown after it was last said.
pub(crate) const TYPING_SHOWN: Duration = Duration::from_secs(6);

/// The least time between two of our own "is writing".
pub(crate) const TYPING_SAID: Duration = Duration::from_secs(3);

/// Search results shown at once.
pub(crate) const HITS: u64 = 30;
