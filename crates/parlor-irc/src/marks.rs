//! What a session was told about how far its person has read.
//!
//! Why kept: a marker that a client has set comes back to it as an event like to the account's
//! other devices, and is not to be told twice. For guests, who have no account to keep it in, this
//! is the marker itself. Invariants: at most `limits::MARKS_MAX`; a guest's only increase.

use std::collections::VecDeque;

use parlor_chat::Scope;

use crate::limits;

/// Markers by conversation, the latest told last.
#[derive(Debug, Default)]
pub(crate) struct Marks(VecDeque<(Scope, u64)>);

impl Marks {
    /// The marker told last for a conversation.
    pub(crate) fn get(&self, scope: Scope) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == scope).map(|(_, at_ms)| *at_ms)
    }

    /// Remembers that this one was told.
    pub(crate) fn told(&mut self, scope: Scope, at_ms: u64) {
        self.0.retain(|(known, _)| *known != scope);
        if self.0.len() == limits::MARKS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((scope, at_ms));
    }

    /// Moves a guest's marker, unless it is further already.
    pub(crate) fn raise(&mut self, scope: Scope, at_ms: u64) {
        if self.get(scope).is_none_or(|known| known < at_ms) {
            self.told(scope, at_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_hub::PersonId;

    use super::*;

    #[test]
    fn markers_increase_and_the_oldest_is_dropped() {
        let direct = |person| Scope::Direct(PersonId(person));
        let mut marks = Marks::default();
        marks.raise(direct(0), 5);
        marks.raise(direct(0), 3);
        assert_eq!(marks.get(direct(0)), Some(5));
        for person in 1..=limits::MARKS_MAX as u64 {
            marks.raise(direct(person), 1);
        }
        assert_eq!((marks.get(direct(0)), marks.get(direct(1))), (None, Some(1)));
    }
}
