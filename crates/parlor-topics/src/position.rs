//! Where a subscriber stopped: an epoch and an offset, also as text for tokens and logs.

use std::fmt;
use std::str::FromStr;

/// A place in the history of one topic.
///
/// Offsets are dense from 1; 0 is before the first event. The epoch changes when history was lost
/// or restored, so that an old position can never be mistaken for a place in the new history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which history of the topic the offset belongs to.
    pub epoch: u64,
    /// The last event seen; 0 before the first.
    pub offset: u64,
}

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position: expected <epoch in hex>.<offset>")]
pub struct PositionError;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.epoch, self.offset)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (epoch, offset) = text.split_once('.').ok_or(PositionError)?;
        // The parsers of the standard library also take a sign, which is not ours to accept.
        if !epoch.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            || !offset.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Err(PositionError);
        }
        Ok(Self {
            epoch: u64::from_str_radix(epoch, 16).map_err(|_| PositionError)?,
            offset: offset.parse().map_err(|_| PositionError)?,
        })
    }
}
