//! Every bound of the IRC side, with its name and what happens when it is reached.
//!
//! Sizes are those of the protocol where it has one; the rest are ours. A bound that a client can
//! reach always has an answer in words: a numeric, a `FAIL` or an `ERROR`.

use std::time::Duration;

/// A line without its tags, with its CR LF; a longer one is refused with 417.
pub const LINE_BYTES_MAX: usize = 512;

/// What a client may send as tag data, without `@` and the space; more is refused with 417.
pub const CLIENT_TAG_BYTES_MAX: usize = 4094;

/// One raw input line: tags with `@` and space, then the rest. A longer one is skipped to its end
/// and answered with 417, so no more than this waits between two reads, registered or not.
pub const INPUT_LINE_BYTES_MAX: usize = CLIENT_TAG_BYTES_MAX + 2 + LINE_BYTES_MAX;

/// Parameters of one message; what follows belongs to the last one.
pub const PARAMS_MAX: usize = 15;

/// Length of a label of labeled-response; a longer one is ignored.
pub const LABEL_BYTES_MAX: usize = 64;

/// Time a connection has to register; then it is closed.
pub const REGISTRATION_TIME: Duration = Duration::from_secs(30);

/// Silence after which the server sends PING.
pub const PING_AFTER: Duration = Duration::from_secs(90);

/// Silence after which the connection is closed.
pub const SILENCE_MAX: Duration = Duration::from_secs(150);

/// Time without one byte written although some are waiting; then the connection is closed.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// Time the last words of a closing connection have to reach the socket.
pub const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// Queued output above which no further deliveries are taken: the reader keeps positions and
/// reads from the log later.
pub const DELIVERY_QUEUE_BYTES_MAX: usize = 64 * 1024;

/// Gathered output above which a long list goes on in portions: what there is is queued, and the rest
/// is written when the client has taken most of it. With a label it is one answer, and whole.
pub const PORTION_BYTES: usize = 16 * 1024;

/// Names of a room that are written at once, between two looks at the portion.
pub const NAMES_AT_ONCE: usize = 1000;

/// Queued output above which no further commands are read.
pub const COMMAND_QUEUE_BYTES_MAX: usize = 256 * 1024;

/// Rooms of one session; more are refused with 405.
pub const ROOMS_MAX: usize = 100;

/// Targets of one PRIVMSG, NOTICE or TAGMSG; more are refused with 407.
pub const MESSAGE_TARGETS_MAX: usize = 4;

/// Rooms in one JOIN or PART; more are refused with 407. As many as one may be in, because clients
/// put all the rooms they join by themselves on one line.
pub const JOIN_TARGETS_MAX: usize = ROOMS_MAX;

/// Rooms in one NAMES; more are refused with 407.
pub const ROOM_TARGETS_MAX: usize = 20;

/// Mode changes with a parameter in one MODE; the rest is ignored.
pub const MODE_CHANGES_MAX: usize = 4;

/// Nicknames.
pub const NICK_BYTES_MAX: usize = parlor_hub::limits::NICK_BYTES_MAX;

/// The user part of a prefix; longer ones are cut, as servers have always done.
pub const USER_BYTES_MAX: usize = 16;

/// Real names; longer ones are cut.
pub const REALNAME_BYTES_MAX: usize = 128;

/// Room names, with the `#`.
pub const ROOM_NAME_BYTES_MAX: usize = parlor_chat::limits::ROOM_NAME_BYTES_MAX;

/// Subjects; longer ones are refused.
pub const TOPIC_BYTES_MAX: usize = parlor_chat::limits::SUBJECT_BYTES_MAX;

/// Reasons of PART, KICK and QUIT; longer ones are cut.
pub const REASON_BYTES_MAX: usize = 200;

/// Away messages; longer ones are cut.
pub const AWAY_BYTES_MAX: usize = 200;

/// Base64 of one AUTHENTICATE line; longer is 905.
pub const SASL_CHUNK_BYTES: usize = 400;

/// Base64 of one SASL response over all its lines; longer is 904.
pub const SASL_BYTES_MAX: usize = 4096;

/// Failed sign-ins of one connection; then it is closed.
pub const SIGN_IN_ATTEMPTS_MAX: u32 = 6;

/// Wrong passwords given with OPER; then the connection is closed.
pub const OPER_ATTEMPTS_MAX: u32 = 3;

/// Names shown when joining a quiet room, in bytes of the list; an explicit NAMES gives all.
pub const QUIET_NAMES_BYTES_MAX: usize = 1200;

/// How old the shared list of a quiet room's names may be.
pub const QUIET_NAMES_AGE: Duration = Duration::from_secs(1);

/// Messages played back when a client joins a room.
pub const PLAYBACK_MESSAGES: usize = 50;

/// Pages of `CHATHISTORY_MAX` messages that a device is played back of what it missed in one place,
/// counted from the end; what is older it can ask for.
pub const MISSED_PAGES_MAX: usize = 5;

/// Messages, or targets, of one CHATHISTORY; a larger wish is cut to it.
pub const CHATHISTORY_MAX: usize = parlor_chat::limits::PAGE_MAX;

/// Events looked at for what happened between the messages of one CHATHISTORY.
pub const PLAYBACK_EVENTS_MAX: usize = 1000;

/// Bytes of history that cost a client one unit of its credit.
pub const HISTORY_BYTES_PER_CREDIT: usize = 4096;

/// Read markers that a session remembers to have told; more drop the oldest, which for a guest is
/// all there is of it.
pub const MARKS_MAX: usize = 300;

/// Replies of one WHO without a room; more are cut.
pub const WHO_REPLIES_MAX: usize = 500;

/// Own messages whose delivery is still on its way.
pub const OWN_POSTS_MAX: usize = 64;

/// Messages of one client that the store has not answered yet; the next one waits. Fewer than
/// `OWN_POSTS_MAX`, so that each is known when its delivery comes.
pub const POSTS_IN_FLIGHT_MAX: usize = 32;

/// Nicks one client may watch for with MONITOR; more are refused with 734.
pub const MONITOR_MAX: usize = parlor_hub::limits::WATCHED_PER_SESSION;

/// Bytes of the text of a multiline message; more are refused with `FAIL BATCH`.
pub const MULTILINE_BYTES_MAX: usize = parlor_chat::limits::TEXT_BYTES_MAX;

/// Lines of a multiline message; more are refused with `FAIL BATCH`.
pub const MULTILINE_LINES_MAX: usize = 100;

/// How long a client may keep a batch open; what comes later is refused with `FAIL BATCH`.
pub const BATCH_OPEN_MS_MAX: u64 = 60_000;

/// The name a client gives a batch; a longer one is refused with `FAIL BATCH`.
pub const BATCH_NAME_BYTES_MAX: usize = 64;

/// Length of a key of METADATA; a longer one is refused with `FAIL METADATA`.
pub const METADATA_KEY_BYTES_MAX: usize = 64;

/// What a room costs that JOIN makes, beside the line: unlike a client that joins and leaves, it
/// stays, and a server has only so many.
pub const ROOM_MADE_COST: u32 = 2 * parlor_hub::credit::COMMAND;

/// Keys one client may subscribe to; more are refused with `FAIL METADATA LIMIT_REACHED`. CAP LS
/// names the number.
pub const METADATA_SUBS_MAX: usize = 20;

/// People of a room whose metadata is shown at once; of a larger room the client is told to come
/// back (774).
pub const METADATA_SYNC_PEOPLE: usize = 200;

/// Seconds after which such a client may come back.
pub const METADATA_SYNC_SECONDS: u32 = 60;

/// Changed profiles that a client is still to be told of; of more it is not told.
pub const PROFILES_WAITING: usize = 64;

/// Bytes of capabilities on one line of CAP LS and CAP LIST.
pub const CAP_LINE_BYTES_MAX: usize = 400;

/// Tokens on one 005 line.
pub const ISUPPORT_TOKENS: usize = 13;
