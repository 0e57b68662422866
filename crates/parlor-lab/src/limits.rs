//! Every bound and every duration of the lab, with its name and what happens when it is reached.

use std::time::Duration;

/// Connections of one generator process; beyond that there is another one. A process may have 20,000
/// descriptors on an ordinary machine.
pub(crate) const CONNECTIONS_PER_GENERATOR: usize = 15_000;

/// The most connections that `--connections` may name. What a model can't hold of it is a line in
/// the table.
pub(crate) const CONNECTIONS_MAX: usize = 200_000;

/// Bytes of a message, as in the lecture's examples: small, so that the price is the system calls.
pub(crate) const MESSAGE_BYTES: usize = 64;

/// Bytes of a message that goes to everybody.
pub(crate) const BROADCAST_BYTES: usize = 100;

/// A generator that is busier than this share of its time was the limit, not the server. The run is
/// then marked, and its latencies are not quoted.
pub(crate) const GENERATOR_BUSY_MAX: f64 = 0.90;

/// A generator that sent one in ten messages later than this, by its own doing, has measured itself:
/// something else was using its processor.
pub(crate) const LATENESS_MAX_US: f64 = 1_000.0;

/// A server that answers less than this share of what was offered is saturated. Its latencies are
/// then a matter of how long one measures, and are not quoted.
pub(crate) const ACHIEVED_MIN: f64 = 0.98;

/// A percentile is quoted when so many answers lie beyond it.
pub(crate) const BEYOND_PERCENTILE_MIN: f64 = 10.0;

/// How long opening may stand still before the rest are given up: a second repetition of a SYN comes
/// after three seconds, and a busy machine has its pauses.
pub(crate) const OPEN_PATIENCE: Duration = Duration::from_millis(5_000);

/// How long it may stand still where clients only connect, which the kernel does by itself. A lost
/// SYN is repeated after one second, so this is longer.
pub(crate) const JOIN_PATIENCE: Duration = Duration::from_millis(1_600);

/// A server that has served all but this part of what it has room for is at its wall: some of its
/// room is its own.
pub(crate) const WALL_PART: usize = 16;

/// How long answers may take after the last message was due. What is missing then is unanswered.
pub(crate) const ANSWER_GRACE: Duration = Duration::from_millis(1_500);

/// Connections that are being opened at the same time, where the pace of opening is not measured.
pub(crate) const OPENING_AT_ONCE: usize = 256;

/// One-shot connections that live at the same time; more of them are late, which is counted.
pub(crate) const ONESHOT_LIVE_MAX: usize = 8_000;

/// A due time nearer than this is waited for awake, since a sleeping processor wakes late.
pub(crate) const SPIN_NS: u64 = 60_000;

/// How long a child may take to start, and a peer to listen.
pub(crate) const START_PATIENCE: Duration = Duration::from_secs(10);

/// How long a child may take for one answer beyond the time that its work is meant to take.
pub(crate) const ANSWER_PATIENCE: Duration = Duration::from_secs(30);

/// Points of a curve that are kept.
pub(crate) const CURVE_POINTS: usize = 120;

/// Messages that the room of a broadcast keeps; a receiver that is further behind is cut off.
pub(crate) const ROOM_QUEUE: usize = 256;

/// Threads of a process that are looked at one by one for their processor time; with more the
/// process's own count is used, which has steps of 10 ms.
pub(crate) const THREADS_READ_MAX: usize = 64;
