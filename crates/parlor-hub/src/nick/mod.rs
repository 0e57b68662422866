//! Names of people: one validated type for the names of accounts and the nicks of guests, so that
//! an account's name can always be its nick.

mod look;

use std::{fmt, str::FromStr, sync::Arc};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};

pub use self::look::looks;
use crate::{limits::NICK_BYTES_MAX, refusal::NickRefusal};

/// A valid nick or account name; cheap to clone.
///
/// Letters and digits of one script, or of Latin with Han, Kana or Hangul, and ``-_[]\`^{}|``, not
/// starting with a digit of ASCII or `-`. What is written with wide or compatible letters is kept
/// with plain ones. None of it can hide, turn the reading direction or end an IRC parameter.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nick(Arc<str>);

impl Nick {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, NickRefusal> {
        if !text.is_ascii() {
            // Longer than this it can't become short enough, and is not worth looking at.
            if text.len() > 4 * NICK_BYTES_MAX {
                return Err(NickRefusal::TooLong { max: NICK_BYTES_MAX });
            }
            let plain: String = text.nfkc().collect();
            return if plain.is_ascii() { Self::new(&plain) } else { Self::unicode(&plain) };
        }
        if text.is_empty() {
            return Err(NickRefusal::Empty);
        }
        if text.len() > NICK_BYTES_MAX {
            return Err(NickRefusal::TooLong { max: NICK_BYTES_MAX });
        }
        let well_made = starts_well(text) && text.chars().all(is_plain);
        if well_made { Ok(Self(text.into())) } else { Err(NickRefusal::Malformed) }
    }

    /// Checks a name with letters beyond ASCII, in its normal form.
    fn unicode(text: &str) -> Result<Self, NickRefusal> {
        if text.len() > NICK_BYTES_MAX {
            return Err(NickRefusal::TooLong { max: NICK_BYTES_MAX });
        }
        let is_letter = |c: char| {
            (c.is_alphanumeric() || is_combining_mark(c))
                && GeneralSecurityProfile::identifier_allowed(c)
        };
        let well_made = starts_well(text)
            && text.chars().all(|c| if c.is_ascii() { is_plain(c) } else { is_letter(c) });
        if !well_made {
            return Err(NickRefusal::Malformed);
        }
        // The signs of ASCII belong to no script and do not count.
        let letters: String = text.chars().filter(|c| !c.is_ascii_punctuation()).collect();
        if !letters.check_restriction_level(RestrictionLevel::HighlyRestrictive) {
            return Err(NickRefusal::MixedScripts);
        }
        Ok(Self(text.into()))
    }

    /// Returns the name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form under which names are compared: ASCII lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Returns whether two spellings are one name.
    pub fn same(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

/// What services are called on other networks. Clients are set up to say passwords to them, and
/// whoever had such a name would read them.
const SERVICES: [&str; 8] =
    ["nickserv", "chanserv", "authserv", "userserv", "operserv", "memoserv", "hostserv", "botserv"];

impl Nick {
    /// Says whether people would take this for the name of such a service.
    pub(crate) fn is_service(&self) -> bool {
        looks(self.as_str()).iter().any(|look| SERVICES.contains(&look.as_str()))
    }
}

/// Folds a name that somebody typed, which need not be one: what can be no name at all is cut short,
/// since it will be nobody's.
pub(crate) fn folded(typed: &str) -> String {
    match Nick::new(typed) {
        Ok(nick) => nick.folded(),
        Err(_) => {
            let end = typed.floor_char_boundary(2 * NICK_BYTES_MAX);
            typed[..end].to_ascii_lowercase()
        }
    }
}

/// Says whether a character is one that Unicode says is not to be shown, is blank, or turns the reading
/// direction.
pub fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0e}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn starts_well(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || is_combining_mark(c))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_[]\\`^{}|".contains(c)
}

impl FromStr for Nick {
    type Err = NickRefusal;

    fn from_str(text: &str) -> Result<Self, NickRefusal> {
        Self::new(text)
    }
}

impl AsRef<str> for Nick {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests;
