//! Bans: who is kept out of a room or silenced there, named by account or by mask.
//!
//! Masks are those of IRC, because moderators come from there, too: `nick!user@host` with `*` and
//! `?`, and `~account:name` for an account whatever its nick. Case does not matter.

use std::{fmt, str::FromStr};

use parlor_hub::{Attached, Barred, PersonId, Present};

use crate::limits::MASK_BYTES_MAX;

/// A valid mask, in its full form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BanMask(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    /// The name of an account, with wildcards.
    Account(String),
    /// Wildcards over `nick!user@host`.
    Host(String),
}

/// Why a text is no mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BanMaskRefusal {
    /// There is nothing in it.
    #[error("a mask must not be empty")]
    Empty,
    /// It is too long.
    #[error("a mask has at most {MASK_BYTES_MAX} bytes")]
    TooLong,
    /// It contains what a mask must not, or begins like one of another kind.
    #[error("a mask looks like nick!user@host or ~account:name, without spaces")]
    Malformed,
}

/// A mask with what it takes: `m:` or `~mute:` before a mask silences only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskWithMute {
    /// The mask.
    pub mask: BanMask,
    /// Whether it silences only.
    pub mute: bool,
}

impl BanMask {
    /// Reads a mask; what is missing of `nick!user@host` is filled with `*`.
    pub fn new(text: &str) -> Result<Self, BanMaskRefusal> {
        if text.len() > MASK_BYTES_MAX {
            return Err(BanMaskRefusal::TooLong);
        }
        if text.is_empty() {
            return Err(BanMaskRefusal::Empty);
        }
        if text.starts_with(':') || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BanMaskRefusal::Malformed);
        }
        let form = match text.strip_prefix('~') {
            Some(extended) => match extended.split_once(':') {
                Some(("a" | "account", name)) if !name.is_empty() => Form::Account(name.to_owned()),
                _ => return Err(BanMaskRefusal::Malformed),
            },
            None => Form::Host(completed(text)),
        };
        let mask = Self(form);
        // A mask that was filled up may have grown too long; its own text has to be one again.
        if mask.to_string().len() > MASK_BYTES_MAX {
            return Err(BanMaskRefusal::TooLong);
        }
        Ok(mask)
    }

    /// Reads a mask as IRC clients give it to mode `b`.
    pub fn with_mute(text: &str) -> Result<MaskWithMute, BanMaskRefusal> {
        let mute = ["m:", "~m:", "~mute:"].iter().find_map(|sign| text.strip_prefix(sign));
        Ok(MaskWithMute { mask: Self::new(mute.unwrap_or(text))?, mute: mute.is_some() })
    }

    /// Names an account, whatever its nick.
    pub fn account(name: &str) -> Self {
        Self(Form::Account(name.to_owned()))
    }

    /// Names a guest by what its client says of itself. A nick is changed too easily, and is any
    /// unless others are called the same otherwise.
    pub(crate) fn guest(nick: &str, user: &str, host: &str) -> Result<Self, BanMaskRefusal> {
        Self::new(&format!("{nick}!{user}@{host}"))
    }

    /// Returns the one account it names, if it names one and no pattern.
    pub fn account_name(&self) -> Option<&str> {
        match &self.0 {
            Form::Account(name) if !name.contains(['*', '?']) => Some(name),
            Form::Account(_) | Form::Host(_) => None,
        }
    }

    /// Says whether it covers somebody.
    pub(crate) fn covers(&self, face: &Face<'_>) -> bool {
        match &self.0 {
            Form::Account(pattern) => face.account.is_some_and(|name| matches(pattern, name)),
            Form::Host(pattern) => {
                matches(pattern, &format!("{}!{}@{}", face.nick, face.user, face.host))
            }
        }
    }
}

impl FromStr for BanMask {
    type Err = BanMaskRefusal;

    fn from_str(text: &str) -> Result<Self, BanMaskRefusal> {
        Self::new(text)
    }
}

impl fmt::Display for BanMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Account(name) => write!(f, "~account:{name}"),
            Form::Host(mask) => f.write_str(mask),
        }
    }
}

impl fmt::Debug for BanMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Fills up a mask of which only a part was given.
fn completed(text: &str) -> String {
    match (text.split_once('!'), text.split_once('@')) {
        (Some((nick, rest)), _) => {
            let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
            format!("{}!{}@{}", or_any(nick), or_any(user), or_any(host))
        }
        (None, Some((user, host))) => format!("*!{}@{}", or_any(user), or_any(host)),
        (None, None) => format!("{text}!*@*"),
    }
}

fn or_any(part: &str) -> &str {
    if part.is_empty() { "*" } else { part }
}

/// Says whether a text fits a pattern of `*`, `?` and letters whose case does not matter. Takes
/// time in proportion to the product of their lengths at most, and no memory.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where the last star was, and how much of the text it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(b'?') => {
                // One character, which may have several bytes.
                from += 1;
                while text.get(from).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    from += 1;
                }
                at += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[from]) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, covered)) => {
                    star = Some((star_at, covered + 1));
                    at = star_at + 1;
                    from = covered + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// What a ban looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face<'a> {
    pub(crate) person: PersonId,
    pub(crate) nick: &'a str,
    pub(crate) user: &'a str,
    pub(crate) host: &'a str,
    pub(crate) account: Option<&'a str>,
}

impl<'a> From<&'a Attached> for Face<'a> {
    fn from(who: &'a Attached) -> Self {
        let account = who.account.as_ref().map(|account| account.name.as_str());
        let (nick, user, host) = (who.nick.as_str(), &*who.user, &*who.host);
        Self { person: who.person, nick, user, host, account }
    }
}

impl<'a> From<&'a Present> for Face<'a> {
    fn from(who: &'a Present) -> Self {
        let account = who.account.as_ref().map(|name| name.as_str());
        let (nick, user, host) = (who.nick.as_str(), &*who.user, &*who.host);
        Self { person: who.person, nick, user, host, account }
    }
}

/// A ban that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Whom it covers.
    pub mask: BanMask,
    /// Whether it silences only, instead of keeping out.
    pub mute: bool,
    /// Whom it was aimed at, if at somebody in particular, with its nick then.
    pub aimed: Option<(PersonId, String)>,
    /// The nick of who set it.
    pub by: String,
    /// Why, if somebody said.
    pub reason: String,
    /// When it was set.
    pub at_ms: u64,
    /// When it ends, if it does.
    pub expires_ms: Option<u64>,
}

impl Ban {
    /// Says whether it covers somebody: by mask, or because it was aimed at this very person.
    pub(crate) fn covers(&self, face: &Face<'_>) -> bool {
        let aimed = self.aimed.as_ref().is_some_and(|(person, _)| *person == face.person);
        aimed || self.mask.covers(face)
    }
}

/// Returns the worst that a room's bans do to somebody.
pub(crate) fn barred(bans: &[Ban], face: &Face<'_>) -> Barred {
    let takes = |ban: &Ban| if ban.mute { Barred::Muted } else { Barred::Banned };
    bans.iter().filter(|ban| ban.covers(face)).map(takes).max().unwrap_or_default()
}

/// Whom a ban is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BanTarget {
    /// A person: its account, or what is known of a guest.
    Person(PersonId),
    /// The account of this name, online or not.
    Account(String),
    /// Whoever fits.
    Mask(BanMask),
}

/// A ban to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBan {
    /// Whom it is meant for.
    pub target: BanTarget,
    /// Whether it silences only, instead of keeping out.
    pub mute: bool,
    /// Why; may be empty.
    pub reason: String,
    /// For how many seconds, if not for ever.
    pub seconds: Option<u64>,
}

#[cfg(test)]
mod tests;
