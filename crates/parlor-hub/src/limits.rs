//! Every bound of the hub, with what happens beyond it.

/// The longest nick or account name; longer ones are refused.
pub const NICK_BYTES_MAX: usize = 32;

/// Rooms with more people than this are quiet: they are not told who comes and goes.
pub const QUIET_MEMBERS: usize = 200;

/// The shortest password people may choose for themselves; an operator may give a shorter one.
pub const PASSWORD_BYTES_MIN: usize = 8;

/// The longest password; longer ones are refused before any hashing.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// How many passwords are hashed at once: bounds memory to 19 MiB each.
pub const HASHING_THREADS: usize = 2;

/// How many passwords wait for hashing: a class that signs in at once; beyond it, signing in is
/// refused as busy.
pub const HASHING_QUEUE: usize = 512;

/// Questions waiting for the hub's thread; beyond it, askers wait. Farewells are not counted:
/// there is at most one for every live session.
pub const LINK_QUEUE: usize = 4096;

/// Failed sign-ins to one account from one address prefix in a window.
pub const ATTEMPTS_PER_ACCOUNT: u32 = 5;

/// Failed sign-ins from one address prefix in a window; generous, since a school sits behind one.
pub const ATTEMPTS_PER_PREFIX: u32 = 1000;

/// How long failures count.
pub const ATTEMPTS_WINDOW_MS: u64 = 15 * 60 * 1000;

/// Counters of failed sign-ins kept at once; beyond it the oldest are forgotten.
pub const ATTEMPTS_TRACKED_MAX: usize = 20_000;

/// A browser session ends when it was not used for this long.
pub const SESSION_IDLE_MS_MAX: u64 = 30 * 24 * 3600 * 1000;

/// A browser session ends this long after sign-in.
pub const SESSION_AGE_MS_MAX: u64 = 90 * 24 * 3600 * 1000;

/// How stale the time of last use of a browser session may be, which bounds the writes it costs.
pub const SESSION_USED_STALE_MS: u64 = 3600 * 1000;

/// Browser sessions of one account; beyond it the one longest unused ends.
pub const SESSIONS_PER_ACCOUNT: usize = 100;

/// The longest label of a browser session; the rest is cut.
pub const SESSION_LABEL_BYTES_MAX: usize = 200;

/// How often one invitation may be used at most; the page, the programs and the command line refuse
/// more.
pub const INVITATION_USES_MAX: u32 = 1000;

/// For how many days an invitation may be valid at most; more is refused in the same way.
pub const INVITATION_DAYS_MAX: u32 = 90;

/// The same in seconds; what asks for more is cut to it.
pub const INVITATION_SECONDS_MAX: u64 = INVITATION_DAYS_MAX as u64 * 24 * 3600;

/// Invitations to rooms of one account that still work; more are refused.
pub const INVITATIONS_PER_ACCOUNT: u64 = 100;

/// How many invitations one list shows; of more, those that end soonest are left out.
pub const INVITATIONS_LISTED_MAX: u64 = 200;

/// The longest away text, reason for leaving, or field of a client; the rest is cut.
pub const TEXT_BYTES_MAX: usize = 400;

/// Topics one session may be present in; beyond it entering is refused.
pub const TOPICS_PER_SESSION: usize = 500;

/// Nicks one session may watch for; more are not watched.
pub const WATCHED_PER_SESSION: usize = 128;

/// How stale `Present::active_ms` may be, which bounds the messages it costs.
pub const ACTIVE_STALE_MS: u64 = 10_000;

/// Events kept in a guest's inbox; older ones are dropped.
pub const GUEST_INBOX_EVENTS: u64 = 1000;

/// Entries in the record of one room, or of the server; beyond it the oldest go.
pub const AUDIT_ENTRIES_MAX: u64 = 10_000;

/// How long an entry of a record is kept.
pub const AUDIT_AGE_MS_MAX: u64 = 366 * 24 * 3600 * 1000;

/// Entries in one page of a record; a larger wish is cut to it.
pub const AUDIT_PAGE_MAX: usize = 200;

/// App passwords of one account; more are refused.
pub const APP_PASSWORDS_PER_ACCOUNT: u64 = 50;

/// The longest name of an app password; longer ones are refused.
pub const APP_PASSWORD_NAME_BYTES_MAX: usize = 60;

/// On how many passwords a proof by SCRAM is tried: the account's own and all app passwords it may
/// have, whether it has them or not.
#[allow(clippy::cast_possible_truncation, reason = "it is a small number")]
pub const SCRAM_VERIFIERS: usize = 1 + APP_PASSWORDS_PER_ACCOUNT as usize;

/// The longest message of a client that signs in by SCRAM; longer ones are refused.
pub const SCRAM_BYTES_MAX: usize = 2048;

/// The longest part of the nonce that a client chooses; longer ones are refused.
pub const SCRAM_NONCE_BYTES_MAX: usize = 256;

/// Accounts made from one address prefix in a window of failed sign-ins; more have to wait.
pub const REGISTRATIONS_PER_PREFIX: u32 = 1000;

/// The longest display name; longer ones are refused.
pub const DISPLAY_BYTES_MAX: usize = 80;

/// The most that somebody may say about itself; more is refused.
pub const ABOUT_BYTES_MAX: usize = 500;

/// The longest pronouns; longer ones are refused.
pub const PRONOUNS_BYTES_MAX: usize = 40;

/// The longest status; a longer one is refused.
pub const STATUS_BYTES_MAX: usize = 200;

/// The longest address of a homepage; a longer one is refused.
pub const HOMEPAGE_BYTES_MAX: usize = 200;

/// People whose avatars are looked up at once; the others are shown without.
pub const PROFILES_AT_ONCE: usize = 500;

/// For how many days an account stays where it is a member after it was last connected.
pub const RESIDENT_DAYS_MAX: u64 = 30;

/// The same in milliseconds; whoever was not here for longer leaves, and is not there after a start.
pub const RESIDENT_MS_MAX: u64 = RESIDENT_DAYS_MAX * 24 * 3600 * 1000;

/// Accounts that stay while they are not connected; of more, those who leave last quit like guests,
/// and at a start those stay that were here last.
pub const RESIDENTS_MAX: usize = 20_000;

/// Places in topics that residents are given at a start; those who were here last come first, the
/// others are there again when they connect.
pub const RESIDENT_PLACES_MAX: usize = 200_000;

/// How long an account that stays may be without a device before others are told of it; one that is
/// back by then was away to nobody. A page takes less to load again, and a phone to change networks;
/// nobody waits longer than this for an answer before it reads why there is none.
pub const ABSENCE_GRACE_MS: u64 = 20_000;

/// Of how many such accounts others are told at once; the next ones wait until what the hub was asked
/// meanwhile is answered.
pub const ABSENCES_AT_ONCE: usize = 256;

/// How stale the time at which an account was last here may be on the disk, which bounds the writes
/// it costs to one a day.
pub const SEEN_STALE_MS: u64 = 24 * 3600 * 1000;

/// How often everybody is looked at for that, and for who was not here for too long.
pub const LOOK_ROUND_MS: u64 = 3600 * 1000;

/// How many times the speed of a connection all devices of an account have together; beyond it each
/// is read more slowly.
pub const SHARE_OF_ACCOUNT: u32 = 4;

/// How many times the speed of a connection all guests behind an address have together: a class of
/// 500 is not held back. Beyond it each is read more slowly.
pub const SHARE_OF_ADDRESS: u32 = 500;

/// Shared credits that are known before those that are over are looked for, and forgotten.
pub const POOLS_BEFORE_SWEEP: usize = 1_024;
