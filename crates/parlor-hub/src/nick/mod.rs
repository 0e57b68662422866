//! Names of people: one validated type for the names of accounts and the nicks of guests, so that
//! an account's name can always be its nick.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{limits::NICK_BYTES_MAX, refusal::NickRefusal};

/// A valid nick or account name; cheap to clone.
///
/// Letters, digits and ``-_[]\`^{}|`` of ASCII, not starting with a digit or `-`. The characters
/// are the ones every IRC client accepts, so that a name works at every door.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nick(Arc<str>);

impl Nick {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, NickRefusal> {
        if text.is_empty() {
            return Err(NickRefusal::Empty);
        }
        if text.len() > NICK_BYTES_MAX {
            return Err(NickRefusal::TooLong { max: NICK_BYTES_MAX });
        }
        let starts_well = !text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        let well_made =
            text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_[]\\`^{}|".contains(&b));
        if starts_well && well_made { Ok(Self(text.into())) } else { Err(NickRefusal::Malformed) }
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
