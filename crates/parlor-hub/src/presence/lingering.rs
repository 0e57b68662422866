//! People whose last device has just gone, before anybody is told.
//!
//! A page that is loaded again and a phone that changes networks are gone for a second. So whoever
//! stays anyway lingers first: for a grace it is shown as it was, connected, in every list and
//! answer, and if a device of it is back by then, it was away to nobody. Who does not stay leaves its
//! rooms, which is told at once, as ever.
//!
//! Invariant: those linger who are shown as connected and are not. One entry each, in the order in
//! which they went, so that one wait is enough for all of them. None of it is on the disk: after a
//! stop or a crash whoever stays is there without a device, as it would have been shown to be.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use crate::{
    identity::PersonId,
    presence::state::{Effect, Presence},
};

/// Those who linger, and since when.
#[derive(Debug, Default)]
pub(crate) struct Lingering {
    grace_ms: u64,
    queue: BTreeMap<u64, (PersonId, u64)>,
    /// Where in the queue somebody is.
    places: HashMap<PersonId, u64>,
    last_place: u64,
}

impl Lingering {
    /// Lets somebody linger, from its first going on; says no if there is no grace.
    pub(super) fn add(&mut self, person: PersonId, now_ms: u64) -> bool {
        if self.grace_ms > 0 && !self.places.contains_key(&person) {
            self.last_place += 1;
            self.queue.insert(self.last_place, (person, now_ms));
            self.places.insert(person, self.last_place);
        }
        self.grace_ms > 0
    }

    /// Lets somebody linger no more, because it is back or has left for good.
    pub(super) fn remove(&mut self, person: PersonId) {
        if let Some(place) = self.places.remove(&person) {
            self.queue.remove(&place);
        }
    }

    /// Says whether somebody lingers.
    pub(super) fn has(&self, person: PersonId) -> bool {
        self.places.contains_key(&person)
    }

    /// Counts who lingers.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Takes the first one, if its grace has passed.
    fn take_due(&mut self, now_ms: u64) -> Option<PersonId> {
        self.wait_ms(now_ms).filter(|wait_ms| *wait_ms == 0)?;
        let (_, (person, _)) = self.queue.pop_first()?;
        self.places.remove(&person);
        Some(person)
    }

    /// Returns how much of the first one's grace is left.
    fn wait_ms(&self, now_ms: u64) -> Option<u64> {
        let (_, (_, since_ms)) = self.queue.first_key_value()?;
        // A clock that was set back has no say in how long they are kept.
        let passed_ms = now_ms.checked_sub(*since_ms).unwrap_or(self.grace_ms);
        Some(self.grace_ms.saturating_sub(passed_ms))
    }
}

impl Presence {
    /// Nobody, where people who stay linger for so long.
    pub(crate) fn with_grace(grace_ms: u64) -> Self {
        let mut nobody = Self::default();
        nobody.lingering.grace_ms = grace_ms;
        nobody
    }

    /// Tells of those whose grace has passed that they are not connected, but of no more than so
    /// many at once.
    pub(crate) fn end_lingering(&mut self, now_ms: u64, most: usize, effects: &mut Vec<Effect>) {
        for _ in 0..most {
            let Some(person) = self.lingering.take_due(now_ms) else { break };
            self.show_gone(person, effects);
        }
    }

    /// Returns how long it is until somebody's grace has passed, if anybody lingers.
    pub(crate) fn lingering_ends_in(&self, now_ms: u64) -> Option<Duration> {
        self.lingering.wait_ms(now_ms).map(Duration::from_millis)
    }
}
