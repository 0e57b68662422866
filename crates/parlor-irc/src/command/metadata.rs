//! METADATA: what people with an account say of themselves, as keys and values.
//!
//! The keys that have values are those of profiles, which the page shows, too. Rooms have none, and
//! who is not in a room is not even told that.

use parlor_hub::event::ProfilePart;

use crate::capability::Capability;
use crate::limits;
use crate::links;
use crate::message::cut;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::playback;
use crate::session::{Next, Request, Session, Turn};

/// The key of the name in clear words.
pub const DISPLAY: &str = "display-name";

/// The key of the address of a picture.
pub const AVATAR: &str = "avatar";

/// The key of some words about oneself.
pub const ABOUT: &str = "about";

/// The key of how somebody wants to be spoken of.
pub const PRONOUNS: &str = "pronouns";

/// The key of what somebody is up to.
pub const STATUS: &str = "status";

/// The key of the address of a page of one's own.
pub const HOMEPAGE: &str = "homepage";

/// The key of a color, as `#3366cc`.
pub const COLOR: &str = "color";

/// Everybody and every room a client is told of.
pub const EVERYTHING: &str = "*ALL";

/// The keys that have values here.
pub const KEYS: [&str; 7] = [DISPLAY, AVATAR, ABOUT, PRONOUNS, STATUS, HOMEPAGE, COLOR];

/// The key of a part of a profile.
pub fn key(part: ProfilePart) -> &'static str {
    match part {
        ProfilePart::Display => DISPLAY,
        ProfilePart::Avatar => AVATAR,
        ProfilePart::About => ABOUT,
        ProfilePart::Pronouns => PRONOUNS,
        ProfilePart::Status => STATUS,
        ProfilePart::Homepage => HOMEPAGE,
        ProfilePart::Color => COLOR,
    }
}

/// A question or a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// A nick, a room, `*` for oneself, or for [`Wanted::Sync`] everything.
    pub target: String,
    /// What is wanted.
    pub wanted: Wanted,
}

/// What is wanted of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The values of these keys.
    Get(Vec<String>),
    /// All that have values.
    List,
    /// Another value; none removes it.
    Set(String, Option<String>),
    /// To have all removed.
    Clear,
    /// The values that the client has subscribed to; of a room those of its people.
    Sync,
}

/// `METADATA <target> <subcommand> [<param>...]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if !is_spoken(turn.session) {
        let text = "METADATA needs the capability draft/metadata-3 or draft/metadata-2";
        turn.reply_text(Numeric::UnknownCommand, &["METADATA"], text);
        return Next::Done;
    }
    let target = turn.param(0).to_owned();
    let rest: Vec<String> = turn.message.params.iter().skip(2).map(str::to_owned).collect();
    let wanted = match turn.param(1).to_ascii_uppercase().as_str() {
        "GET" => Wanted::Get(keys(&rest)),
        "LIST" => Wanted::List,
        "SET" => {
            let mut rest = rest.into_iter();
            let key = rest.next().unwrap_or_default();
            if !is_key(&key) {
                refused(turn.session, turn.out, Why::Key, &[&key]);
                return Next::Done;
            }
            Wanted::Set(key.to_ascii_lowercase(), rest.next().filter(|value| !value.is_empty()))
        }
        "CLEAR" => Wanted::Clear,
        "SYNC" => Wanted::Sync,
        "SUB" | "UNSUB" | "SUBS" if !is_own(turn.session, &target) => {
            refused(turn.session, turn.out, Why::Target, &[&target]);
            return Next::Done;
        }
        "SUB" => return subscribe(turn, &keys(&rest)),
        "UNSUB" => return unsubscribe(turn, &keys(&rest)),
        "SUBS" => {
            let batch = playback::begin_batch(turn.session, turn.out, &["metadata-subs"]);
            let keys = &turn.session.subscribed;
            in_lines(turn.session, turn.out, batch.as_deref(), Numeric::MetadataSubs, keys);
            playback::end_batch(turn.session, turn.out, batch.as_deref());
            return Next::Done;
        }
        _ => {
            let shown = turn.param(1).to_owned();
            refused(turn.session, turn.out, Why::Subcommand, &[&shown]);
            return Next::Done;
        }
    };
    Next::Ask(Request::Metadata(Query { target, wanted }))
}

/// The keys of a list. A line has so many parameters, and the last one holds all that are more.
fn keys(params: &[String]) -> Vec<String> {
    let words = params.iter().flat_map(|param| param.split(' '));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// True when the client knows metadata.
pub fn is_spoken(session: &Session) -> bool {
    session.caps.has(Capability::Metadata2) || session.caps.has(Capability::Metadata3)
}

/// True when a target is the client itself, who alone has subscriptions.
fn is_own(session: &Session, target: &str) -> bool {
    target == "*" || target.eq_ignore_ascii_case(&session.me.nick)
}

/// True when a text can be a key.
pub fn is_key(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    (1..=limits::METADATA_KEY_BYTES_MAX).contains(&text.len())
        && text.bytes().all(fits)
        && !text.starts_with(':')
}

fn subscribe(turn: &mut Turn<'_>, keys: &[String]) -> Next {
    let mut taken = Vec::new();
    for key in keys {
        if !is_key(key) {
            passed_over(turn.session, turn.out, None, key);
            continue;
        }
        let key = key.to_ascii_lowercase();
        if !turn.session.subscribed.contains(&key) {
            if turn.session.subscribed.len() >= limits::METADATA_SUBS_MAX {
                refused(turn.session, turn.out, Why::Subscriptions, &[&key]);
                break;
            }
            turn.session.subscribed.push(key.clone());
        }
        if !taken.contains(&key) {
            taken.push(key);
        }
    }
    in_lines(turn.session, turn.out, None, Numeric::MetadataSubOk, &taken);
    if taken.is_empty() {
        return Next::Done;
    }
    // What they are now it may ask for: all at once, or in the older draft room by room.
    if turn.session.caps.has(Capability::Metadata3) {
        later(turn.session, turn.out, EVERYTHING, 0);
    } else {
        for room in &turn.session.rooms {
            later(turn.session, turn.out, room.name.as_str(), 0);
        }
    }
    Next::Done
}

fn unsubscribe(turn: &mut Turn<'_>, keys: &[String]) -> Next {
    let mut given_up = Vec::new();
    for key in keys {
        if !is_key(key) {
            passed_over(turn.session, turn.out, None, key);
            continue;
        }
        let key = key.to_ascii_lowercase();
        turn.session.subscribed.retain(|subscribed| *subscribed != key);
        if !given_up.contains(&key) {
            given_up.push(key);
        }
    }
    in_lines(turn.session, turn.out, None, Numeric::MetadataUnsubOk, &given_up);
    Next::Done
}

/// Keys on as many lines as they need.
fn in_lines(
    session: &Session,
    out: &mut Outbox,
    batch: Option<&str>,
    numeric: Numeric,
    keys: &[String],
) {
    const KEYS_BYTES: usize = limits::LINE_BYTES_MAX / 2;
    let mut rest = keys;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest.iter().take_while(|key| {
            bytes += key.len() + 1;
            bytes <= KEYS_BYTES
        });
        let (these, others) = rest.split_at(fit.count().max(1));
        let these: Vec<&str> = these.iter().map(String::as_str).collect();
        let mut line = out.line();
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        let line = line.source(&session.server.name).command(&numeric.code().to_string());
        line.word(session.face()).words(&these).end();
        rest = others;
    }
}

/// Says that what is known of a target can be asked for, now or in so many seconds.
pub fn later(session: &Session, out: &mut Outbox, target: &str, seconds: u32) {
    let wait = seconds.to_string();
    if session.caps.has(Capability::Metadata3) {
        let text = "METADATA SYNC shows what is known";
        session.reply_text(out, Numeric::MetadataSyncLater, &[target, &wait], text);
    } else if seconds == 0 {
        session.reply_bare(out, Numeric::MetadataSyncLater, &[target]);
    } else {
        session.reply_bare(out, Numeric::MetadataSyncLater, &[target, &wait]);
    }
}

/// Says that what people say of themselves can be asked for, to a client that is told of them from
/// now on.
pub fn later_of(session: &Session, out: &mut Outbox, nicks: &[&str]) {
    if !is_spoken(session) || session.subscribed.is_empty() {
        return;
    }
    match nicks {
        [_, _, ..] if session.caps.has(Capability::Metadata3) => later(session, out, EVERYTHING, 0),
        nicks => nicks.iter().for_each(|nick| later(session, out, nick, 0)),
    }
}

/// Values of somebody, or that there are none.
pub type Values = Vec<(&'static str, String)>;

/// The values in a profile. `page` is where browsers reach the page.
pub fn values(profile: Option<&parlor_hub::Profile>, page: Option<&str>) -> Values {
    let Some(profile) = profile else { return Vec::new() };
    let avatar = profile.avatar.as_deref().zip(page);
    let avatar = avatar.map(|(id, page)| format!("{page}/files/{id}/avatar")).unwrap_or_default();
    // A line is a line, and has room for so much.
    let about = profile.about.split_whitespace().collect::<Vec<_>>().join(" ");
    let about = cut(&about, limits::LINE_BYTES_MAX / 2).to_owned();
    let own = [&profile.pronouns, &profile.status, &profile.homepage, &profile.color];
    let own = own.map(|value| cut(value, limits::LINE_BYTES_MAX / 2).to_owned());
    let all = [profile.display.clone(), avatar, about].into_iter().chain(own);
    KEYS.into_iter().zip(all).filter(|(_, value)| !value.is_empty()).collect()
}

/// The image in an avatar's address.
pub fn image(address: &str) -> Option<String> {
    let (mut ids, rest) = links::taken(address);
    if rest.is_empty() && ids.len() == 1 { ids.pop() } else { None }
}

/// One value, or that there is none, as an answer.
fn answered(
    session: &Session,
    line_to: &mut Outbox,
    batch: Option<&str>,
    parts: (&str, &str, &Values),
) {
    let (target, key, values) = parts;
    let mut line = line_to.line();
    if let Some(batch) = batch {
        line = line.tag("batch", batch);
    }
    let line = line.source(&session.server.name);
    match values.iter().find(|(known, _)| *known == key) {
        Some((_, value)) => {
            line.command("761").words(&[session.face(), target, key, "*"]).text(value);
        }
        None => {
            line.command("766").words(&[session.face(), target, key]).text("key not set");
        }
    }
}

/// Opens a batch of what is known of a target, which even an empty one names.
pub fn begin(session: &mut Session, out: &mut Outbox, target: &str) -> Option<String> {
    playback::begin_batch(session, out, &["metadata", target])
}

/// Answers GET, LIST, SET and CLEAR: these keys of a target, in a batch but for SET.
pub fn shown(
    session: &mut Session,
    out: &mut Outbox,
    target: &str,
    keys: &[String],
    values: &Values,
) {
    let batch = begin(session, out, target);
    for key in keys {
        if is_key(key) {
            let key = key.to_ascii_lowercase();
            answered(session, out, batch.as_deref(), (target, &key, values));
        } else {
            passed_over(session, out, batch.as_deref(), key);
        }
    }
    playback::end_batch(session, out, batch.as_deref());
}

/// Answers SET.
pub fn set(session: &Session, out: &mut Outbox, target: &str, key: &str, values: &Values) {
    answered(session, out, None, (target, key, values));
}

/// Tells these keys of somebody, if the client has subscribed to them, in the form of its draft.
pub fn told(
    session: &Session,
    out: &mut Outbox,
    batch: Option<&str>,
    (nick, values): (&str, &Values),
    keys: impl Iterator<Item = &'static str>,
) {
    for key in keys.filter(|key| session.subscribed.iter().any(|sub| sub == key)) {
        if session.caps.has(Capability::Metadata3) {
            answered(session, out, batch, (nick, key, values));
            continue;
        }
        let value = values.iter().find(|(known, _)| *known == key);
        let mut line = out.line();
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        let line = line.source(&session.server.name).command("METADATA");
        line.words(&[nick, key, "*"]).text(value.map_or("", |(_, value)| value));
    }
}

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Not a key.
    Key,
    /// Not a subcommand.
    Subcommand,
    /// Nobody and nothing the client may ask about.
    Target,
    /// Not the client's to change, or not a key that has a value here.
    Permission,
    /// There is nothing to remove, which only the older draft minds.
    NotSet,
    /// Not a value that can be.
    Value,
    /// More subscriptions than there may be.
    Subscriptions,
    /// The store does not answer.
    Store,
}

/// Says why something is refused, in the words of the client's draft.
pub fn refused(session: &Session, out: &mut Outbox, why: Why, context: &[&str]) {
    let newer = session.caps.has(Capability::Metadata3);
    let limit = limits::METADATA_SUBS_MAX.to_string();
    let own = context.first().copied().unwrap_or_default();
    // Which value it is the newer draft says, the older one nothing.
    let key = if newer { context.get(1..).unwrap_or_default() } else { &[] };
    let (code, context, text) = match why {
        Why::Key => (if newer { "INVALID_KEY" } else { "KEY_INVALID" }, context, "Not a key"),
        Why::Subcommand if newer => ("INVALID_PARAMS", context, "Not a subcommand"),
        Why::Subcommand => ("SUBCOMMAND_INVALID", context, "Not a subcommand"),
        Why::Target => ("INVALID_TARGET", context, "There is no metadata for you there"),
        Why::Permission => (
            "KEY_NO_PERMISSION",
            context,
            "You can set the keys of a profile, and of your own account only",
        ),
        Why::NotSet => ("KEY_NOT_SET", context, "The key has no value"),
        Why::Value => (
            if newer { "INVALID_VALUE" } else { "VALUE_INVALID" },
            key,
            "Not possible: too long, with hidden characters, or not what the key is for",
        ),
        Why::Subscriptions if newer => {
            ("LIMIT_REACHED", &["SUB", own, &limit][..], "Too many subscriptions")
        }
        Why::Subscriptions => ("TOO_MANY_SUBS", context, "Too many subscriptions"),
        Why::Store => {
            ("INTERNAL_ERROR", context, "Metadata cannot be kept or shown now, try again")
        }
    };
    let line = out.line().source(&session.server.name).command("FAIL");
    line.words(&["METADATA", code]).words(context).text(text);
}

/// Says that one of several keys is none; the others are answered all the same, which the newer
/// draft does not call a failure.
fn passed_over(session: &Session, out: &mut Outbox, batch: Option<&str>, key: &str) {
    let newer = session.caps.has(Capability::Metadata3);
    let (verb, code) = if newer { ("WARN", "INVALID_KEY") } else { ("FAIL", "KEY_INVALID") };
    let mut line = out.line();
    if let Some(batch) = batch {
        line = line.tag("batch", batch);
    }
    let line = line.source(&session.server.name).command(verb);
    line.words(&["METADATA", code, key]).text("Not a key");
}
