//! Every bound of chat, with what happens beyond it.

/// The longest message; longer ones are refused, never cut.
pub const TEXT_BYTES_MAX: usize = 8000;

/// The longest name of a room, with its `#`.
pub const ROOM_NAME_BYTES_MAX: usize = 64;

/// How long a room keeps a new name at least; renaming it again before is refused. Many clients are
/// shown another name as leaving and joining, which costs a list of names each.
pub const RENAME_INTERVAL_MS: u64 = 10_000;

/// The longest subject; longer ones are refused. Chosen so that an IRC line carries it whole.
pub const SUBJECT_BYTES_MAX: usize = 390;

/// The longest reason for throwing somebody out; longer ones are refused.
pub const REASON_BYTES_MAX: usize = 300;

/// The longest idempotency key; longer ones are refused.
pub const KEY_BYTES_MAX: usize = 64;

/// Characters of a message that a reply to it shows; the rest is cut off.
pub const QUOTE_CHARS_MAX: usize = 200;

/// Replies to one message that carry its text, so that taking it back overwrites no more events
/// in one transaction; later ones name it only, and history still shows it with them.
pub const QUOTES_MAX: u64 = 200;

/// Edits of one message, which taking it back has to overwrite, too; further ones are refused.
pub const EDITS_MAX: u64 = 100;

/// The longest id of a message that a command may name; longer ones name nothing.
pub const MSGID_BYTES_MAX: usize = 64;

/// The longest reaction; longer ones are refused.
pub const EMOJI_BYTES_MAX: usize = 64;

/// Different reactions to one message; a further kind is refused.
pub const REACTIONS_MAX: u64 = 20;

/// People that history lists for one reaction; the others are counted.
pub const REACTORS_MAX: u64 = 20;

/// How often the same person's writing is passed on to the same place; more is dropped.
pub const TYPING_INTERVAL_MS: u64 = 3_000;

/// People and places whose writing is remembered for that; when full, all of it is forgotten.
pub const TYPING_REMEMBERED_MAX: usize = 10_000;

/// Drafts an account keeps; one more is refused.
pub const DRAFTS_MAX: u64 = 500;

/// The longest question of a search; longer ones are refused.
pub const QUERY_BYTES_MAX: usize = 500;

/// Messages in one page of a search; a larger wish is cut to it.
pub const SEARCH_PAGE_MAX: usize = 50;

/// How often a search looks into the index for one page; what it has then is the page.
pub const SEARCH_ROUNDS_MAX: usize = 4;

/// Words of a message that are looked up as names; those after them name nobody.
pub const NAMES_LOOKED_UP_MAX: usize = 200;

/// How long the keeper waits for more after something new has come.
pub const INDEX_GATHER_MS: u64 = 250;

/// How long a room that keeps nothing has its messages: so that whoever is there gets them, also
/// over a short loss of its connection.
pub const NOTHING_KEPT_MS: u64 = 60_000;

/// How often the keeper removes what is not to be kept any more.
pub const RETENTION_MS: u64 = 30_000;

/// Events of a room that it removes at once.
pub const RETENTION_SLICE: usize = 256;

/// Events that the keeper indexes at once, of however many topics.
pub const INDEX_SLICE: usize = 512;

/// Topics with something new that the keeper remembers; when full, it looks at all topics.
pub const TOPICS_FRESH_MAX: usize = 10_000;

/// How long the keeper rests when nothing comes, or after a failure.
pub const KEEPER_REST_MS: u64 = 30_000;

/// Messages in one page of history; a larger wish is cut to it.
pub const PAGE_MAX: usize = 200;

/// Devices of an account that are remembered; more drop the one longest gone.
pub const DEVICES_PER_ACCOUNT: u64 = 32;

/// The longest name of a device; the rest is cut.
pub const DEVICE_BYTES_MAX: usize = 32;

/// Unread messages are counted up to this.
pub const UNREAD_MAX: u64 = 1000;

/// Rooms a server has at most; creating more is refused.
pub const ROOMS_MAX: u64 = 20_000;

/// Rooms beyond which guests create no more: strangers do not take all that a server may have.
pub const ROOMS_BY_GUESTS_MAX: u64 = ROOMS_MAX / 2;

/// New rooms after which those that nobody would miss are looked for, and removed.
pub const ROOMS_BEFORE_SWEEP: u64 = 1_000;

/// The least time between two such looks, which a server that is full takes as often.
pub const ROOMS_SWEEP_MS: u64 = 10_000;

/// Rooms an account may have on its list; joining more is refused.
pub const ROOMS_PER_ACCOUNT: u64 = 400;

/// Direct conversations an overview shows, the latest first.
pub const CONVERSATIONS_MAX: u64 = 200;

/// The longest mask of a ban; longer ones are refused.
pub const MASK_BYTES_MAX: usize = 200;

/// Bans and mutes a room has at most; setting more is refused.
pub const BANS_PER_ROOM: u64 = 500;

/// The longest time a ban can be given; for longer ones there is none.
pub const BAN_SECONDS_MAX: u64 = 10 * 366 * 24 * 3600;

/// Members thrown out by one write when a ban covers many; the rest follows in further writes.
pub const EXPELLED_AT_ONCE: usize = 256;

/// The longest pause slow mode can ask for, in seconds: six hours.
pub const SLOW_S_MAX: u32 = 6 * 3600;

/// For how many days messages can be kept; longer is for ever.
pub const KEEP_DAYS_MAX: u32 = 3650;

/// The longest description of a room; longer ones are refused.
pub const DESCRIPTION_BYTES_MAX: usize = 1000;

/// Reports one person may make in an hour; more are refused.
pub const REPORTS_PER_HOUR: u64 = 20;

/// Keepers of a room who are told of a report, owners first; the rest finds it in the record.
pub const REPORTED_TO_MAX: usize = 50;

/// The longest image; a longer one is refused, before it is sent if its length is known.
pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// What the images of one account may take together; more are refused.
pub const FILES_BYTES_PER_ACCOUNT: u64 = 1024 * 1024 * 1024;

/// Images on one message; more are refused.
pub const FILES_PER_MESSAGE: usize = 10;

/// The longest name of an image; the rest is cut.
pub const FILE_NAME_BYTES_MAX: usize = 100;

/// An image that was put on no message for this long is removed.
pub const UNUSED_FILE_MS: u64 = 24 * 3600 * 1000;

/// Images on their way in at once; more are refused as busy.
pub const UPLOADS_AT_ONCE: usize = 64;

/// Images of one account on their way in at once, all that a message may have and a few more; more
/// are refused as busy. Whoever sends slowly keeps its places for hours, and not those of others.
pub const UPLOADS_PER_ACCOUNT: usize = 16;

/// How much of an image is looked at for what it is; one that does not say so before is none.
pub const IMAGE_HEAD_BYTES: usize = 256 * 1024;

/// The longest side of an image in pixels; a longer one is refused.
pub const IMAGE_SIDE_MAX: u32 = 16_384;

/// The most pixels of an image; one with more is refused, because whoever looks at it needs four
/// bytes for each.
pub const IMAGE_PIXELS_MAX: u64 = 64_000_000;

/// How much of an image is read and sent at once.
pub const PIECE_BYTES: usize = 64 * 1024;

/// The longest image that can be an avatar; longer ones are refused.
pub const AVATAR_BYTES_MAX: usize = 1024 * 1024;
