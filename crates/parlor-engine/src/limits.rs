//! Every bound of the engine, with its name and what happens when it is reached.
//!
//! What an operator may want to change is a field of [`Limits`]; the rest are constants, because
//! a setting that nobody needs is a state that nobody tests.

/// What a server allows; see each field for what happens at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections the kernel may hold ready for us to accept, as `listen(2)` is told (it caps this
    /// at `somaxconn`).
    /// When full, the kernel drops the client's SYN, which the client repeats after a second.
    /// The customary 128 overflows in any real connection storm.
    pub backlog: u32,
    /// Live connections, 0 for no limit. One more is accepted, sent the listener's refusal and
    /// closed.
    pub connections_max: usize,
    /// Live connections of one address (IPv6: of one /64 network), 0 for no limit. One more is
    /// refused as above.
    pub connections_per_address_max: usize,
    /// How long handlers have to end once the server was asked to stop. What is left after that
    /// is dropped.
    pub drain_ms: u64,
    /// Connections that may wait in the queue of the model `pool` while all its workers are busy.
    /// One more is refused as above.
    pub queue_max: usize,
    /// How long a connection may wait in that queue. Then it is refused as above.
    pub queue_wait_ms: u64,
    /// Stack of each thread that serves one connection (`blocking`, `threads`, `pool`). Only the
    /// pages in use cost memory; a handler that needs more overflows it and takes the process
    /// down, so be generous.
    pub thread_stack_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            backlog: 4096,
            connections_max: 0,
            connections_per_address_max: 0,
            drain_ms: 5_000,
            queue_max: 1024,
            queue_wait_ms: 10_000,
            thread_stack_bytes: 256 * 1024,
        }
    }
}

/// Connections taken from one listener before the others, and a shutdown, are looked at.
pub(crate) const ACCEPTS_PER_WAKE: usize = 64;

/// Connections given to the workers before the listeners are looked at again.
pub(crate) const HAND_ONS_PER_WAKE: usize = 64;

/// Connections that may be accepted and not yet given to a worker: twice what a backlog of usual size
/// holds, so that together they have room for a storm of 12,000, however slowly it is handed on.
pub(crate) const ARRIVALS_WAITING_MAX: usize = 8192;

/// Clients turned away through the reserve descriptor in one go when descriptors have run out.
/// The rest keep waiting in the backlog for the next turn.
pub(crate) const SHED_PER_STARVATION: usize = 16;

/// How long a listener stays disarmed when descriptors have run out and nothing closes.
pub(crate) const STARVED_PAUSE_MS: u64 = 100;

/// Bytes asked of the kernel in one `recv`.
pub(crate) const RECV_BUFFER_BYTES: usize = 16 * 1024;

/// Bytes a thread has at hand while it is parked in `recv`, at first. A message that fills them is
/// followed by a `recv` with a full-sized buffer, and the thread parks with twice as many from then
/// on: who sends long messages pays for them once, and who does not holds no place for them.
pub(crate) const RECV_PARKED_BYTES: usize = 512;

/// The most that a thread parks with.
pub(crate) const RECV_PARKED_BYTES_MAX: usize = 8 * 1024;

/// How often the log is told that descriptors have run out, while it lasts.
pub(crate) const STARVED_COMPLAINT_S: u64 = 10;

/// Receive buffers a thread keeps for reuse; more than that in use at once are allocated and freed.
pub(crate) const RECV_BUFFERS_SPARE_MAX: usize = 4;

/// Slices handed to one vectored write; a longer queue takes several.
pub(crate) const WRITE_SLICES_MAX: usize = 64;

/// The largest write queue (in chunks) that a thread keeps for reuse; a larger one is freed when it
/// is empty, so that a burst does not leave its memory behind.
pub(crate) const QUEUE_CAPACITY_KEPT: usize = 64;

/// Up to so many bytes, [`Conn::push_shared`](crate::Conn::push_shared) copies: that takes less time
/// than counting who else has them, and what is copied is written as one slice.
pub(crate) const COPIED_BYTES_MAX: usize = 512;

/// The largest room for copied bytes that a write queue is kept with.
pub(crate) const QUEUE_COPIES_KEPT: usize = 16 * 1024;

/// Write queues a thread keeps for reuse; more than that in use at once are allocated and freed.
pub(crate) const QUEUES_SPARE_MAX: usize = 64;

/// Successful reads and writes a task may do in one turn before it has to let others run.
pub(crate) const TURN_OPERATIONS: u32 = 64;

/// Bytes a task may move in one turn before it has to let others run.
pub(crate) const TURN_BYTES: usize = 256 * 1024;

/// Events taken from `epoll` at once; the rest are fetched on the next turn.
pub(crate) const EVENTS_PER_SELECT: usize = 512;

/// Descriptors below `FD_SETSIZE` that the model `select` does not count on for connections, if the
/// process does not hold more anyway: its listeners, bells, database and logs.
pub(crate) const SELECT_DESCRIPTORS_KEPT: usize = 32;

/// Bytes one direction of a [`Conn::pair`](crate::Conn::pair) holds; a writer waits when full.
pub(crate) const PAIR_BYTES: usize = 64 * 1024;

/// How long a worker may take to notice that it has to stop, once its handlers were dropped. A
/// handler that computes without ever yielding is left behind, with a line in the log.
pub(crate) const STOP_GRACE_MS: u64 = 500;

/// Descriptors of a worker process that are not counted on for connections, beside those it holds
/// when it starts: its handlers' files. Beyond that a connection is refused, as at any limit.
pub(crate) const WORKER_DESCRIPTORS_KEPT: usize = 32;

/// Connections that a worker process takes from its parent before it looks at anything else, and
/// messages that the parent takes from a worker.
pub(crate) const MESSAGES_PER_WAKE: usize = 64;

/// Ends of connections in one message to the parent; more take several messages.
pub(crate) const ENDS_PER_MESSAGE: usize = 128;

/// The first message to a worker process, with all listeners; if they do not fit, none starts.
pub(crate) const HELLO_BYTES_MAX: usize = 64 * 1024;

/// How long a worker process may take until it can be given connections. Then it is ended, and
/// that counts as an early end.
pub(crate) const WORKER_START_MS: u64 = 20_000;

/// A worker process that has lived for so long is no part of a crash loop.
pub(crate) const WORKER_STEADY_MS: u64 = 10_000;

/// The pause before a worker process that ended early is started again; it doubles with each.
pub(crate) const RESTART_PAUSE_MS: u64 = 100;

/// The longest such pause.
pub(crate) const RESTART_PAUSE_MAX_MS: u64 = 10_000;

/// Early ends in a row from which on an operator should look what is wrong.
pub(crate) const CRASH_LOOP: u32 = 3;

/// Connections of one worker process that the parent keeps the room for when they have ended.
pub(crate) const TICKETS_CAPACITY_KEPT: usize = 1024;

/// How long a connection is kept when no worker process takes it, before it is offered again.
pub(crate) const HANDOVER_PAUSE_MS: u64 = 5;

/// How much longer than its own deadlines a worker process may take to end. Then it is killed.
pub(crate) const WORKER_END_MS: u64 = 2_000;

/// How long a worker process that was out of descriptors is given no connections, unless one ends.
pub(crate) const WORKER_REST_MS: u64 = 100;

/// Mappings of a thread: stack, signal stack, and a guard page for each.
pub(crate) const MAPPINGS_PER_THREAD: usize = 4;

/// Mappings that the rest of the process may need. What is left of `vm.max_map_count` bounds the
/// threads of the model `threads`; one more connection is refused.
pub(crate) const MAPPINGS_KEPT: usize = 4_096;

/// How often a thread looks for foreign wakes when not even an eventfd could be had.
pub(crate) const BELL_MISSING_POLL_MS: u64 = 10;

/// Operations that a ring queues between two system calls; more take another call.
pub(crate) const RING_SUBMISSIONS: u32 = 1024;

/// Completions that a ring holds; the kernel keeps what is beyond until the next call.
pub(crate) const RING_COMPLETIONS: u32 = 4096;

/// Receive buffers of a ring, each of [`RECV_BUFFER_BYTES`], shared by all its connections. When
/// none is free, connections wait in turn for one.
pub(crate) const RING_BUFFERS: u16 = 512;

/// A ring's receive goes on by itself until it has brought so many bytes: enough for many messages of
/// a chat, and the most that a handler that does not read has unread beside one buffer.
pub(crate) const RING_AHEAD_BYTES: u32 = 4 * 1024;

/// Places in a ring's table of direct descriptors, if the process may have that many descriptors.
/// A connection beyond them keeps its plain descriptor.
pub(crate) const RING_DIRECT_MAX: u32 = 64 * 1024;

/// Accepted connections on their way into a ring's table, an eighth of the descriptors that the
/// process may have if that is less. The accept loop waits for the workers at that number.
pub(crate) const RING_TRANSIT_MAX: usize = 512;

/// For how long, since a worker may be computing. Then the next one is on its way as well.
pub(crate) const RING_TRANSIT_WAIT_MS: u64 = 50;

/// Bytes of a connection that a ring takes to be sent at once. The next write waits until they are
/// with the kernel.
pub(crate) const RING_SEND_BYTES: usize = 64 * 1024;

/// A ring keeps used send buffers for the next writes: from this size on a few, of smaller ones
/// about as many as a turn sends.
pub(crate) const RING_SPARE_BYTES: usize = 4 * 1024;

/// How many of the large ones; more are freed.
pub(crate) const RING_SPARES_MAX: usize = 8;

/// How many of the small ones.
pub(crate) const RING_SPARES_SMALL_MAX: usize = 512;

/// Room in a small one, if not more is to be sent.
pub(crate) const RING_SPARE_SMALL_BYTES: usize = 128;

/// How long a connection that its handler has dropped may take to send its last bytes. Then they
/// are lost.
pub(crate) const RING_LINGER_MS: u64 = 10_000;

/// How long a ring that ends waits for the last bytes of its connections. Then they are lost.
pub(crate) const RING_END_LINGER_MS: u64 = 200;

/// Local addresses that a ring keeps once for all its connections; with a further one, each
/// connection keeps its own.
pub(crate) const RING_LOCAL_ADDRESSES: usize = 16;
