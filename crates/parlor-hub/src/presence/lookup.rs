//! The questions to presence that change nothing: who is where, under which nick, and how many.

use std::sync::Arc;

use parlor_topics::TopicId;

use crate::{
    identity::PersonId,
    presence::{Attendee, Online, Present, state::Presence},
    session::SessionInfo,
};

impl Presence {
    /// Lists the live sessions of a person.
    pub(crate) fn live_sessions(&self, person: PersonId) -> Vec<SessionInfo> {
        let Some(known) = self.people.get(&person) else { return Vec::new() };
        let live = known.sessions.iter().filter_map(|id| Some((id, self.sessions.get(id)?)));
        live.map(|(id, session)| SessionInfo {
            id: id.name(),
            kind: session.protocol,
            device: known.present.realname.clone(),
            address: known.present.host.clone(),
            created_ms: session.since_ms,
            last_ms: known.present.active_ms().max(session.since_ms),
        })
        .collect()
    }

    /// Returns who is in a topic.
    pub(crate) fn members(&mut self, topic: TopicId) -> Arc<[Attendee]> {
        match self.halls.get_mut(&topic) {
            Some(hall) => hall.shown.get_or_insert_with(|| hall.attendees[..].into()).clone(),
            None => Arc::from([]),
        }
    }

    /// Counts who is in a topic.
    pub(crate) fn count(&self, topic: TopicId) -> usize {
        self.halls.get(&topic).map_or(0, |hall| hall.attendees.len())
    }

    /// Finds somebody by nick.
    pub(crate) fn find(&self, nick: &str) -> Option<Arc<Present>> {
        self.person(*self.nicks.get(&nick.to_ascii_lowercase())?)
    }

    /// Finds somebody by id.
    pub(crate) fn person(&self, person: PersonId) -> Option<Arc<Present>> {
        self.people.get(&person).map(|known| known.present.clone())
    }

    /// Returns the topics a person is present in.
    pub(crate) fn whereabouts(&self, person: PersonId) -> Vec<TopicId> {
        let places = self.people.get(&person).map(|known| known.places.iter());
        places.into_iter().flatten().map(|place| place.topic).collect()
    }

    /// Lists people, at most so many; those who are connected first.
    pub(crate) fn everyone(&self, limit: usize) -> Vec<Arc<Present>> {
        let shown = |connected| {
            let all = self.people.values().map(|known| &known.present);
            all.filter(move |present| present.connected == connected)
        };
        shown(true).chain(shown(false)).take(limit).cloned().collect()
    }

    /// Counts what is going on.
    pub(crate) fn online(&self) -> Online {
        Online {
            people: self.people.len() - self.guests - self.residents,
            guests: self.guests,
            residents: self.residents,
            sessions: self.sessions.len(),
            rooms: self.halls.len(),
            max: self.max,
        }
    }
}
