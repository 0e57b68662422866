//! What changes about people while they are here, and who watches for whom.
//!
//! Nothing depends on these changes, unlike on who is called what, so quiet rooms are not told of
//! them. Who watches for a nick is told wherever it is.

use std::{collections::HashSet, sync::Arc};

use parlor_topics::TopicId;

use crate::{
    event::{BotMode, PresenceEvent, Realname, Sighting},
    identity::{PersonId, SessionId},
    nick::Nick,
    presence::{
        Badge, Present,
        residents::shown_away,
        state::{Effect, Person, Presence, account_of},
    },
};

impl Presence {
    /// Tells those who watch for a person's nick that it has come or gone.
    pub(super) fn sight(&self, person: PersonId, here: bool, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get(&person) else { return };
        let topics = self.watchers(&known.present.nick);
        if !topics.is_empty() {
            effects.push(Effect { topics, event: sighting(&known.present, here) });
        }
    }

    /// The inboxes of those who watch for a nick.
    fn watchers(&self, nick: &Nick) -> Vec<TopicId> {
        let mut topics: Vec<_> = self
            .watches
            .of(&nick.folded())
            .iter()
            .filter_map(|session| self.people.get(&self.sessions.get(session)?.person)?.inbox)
            .collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    }

    /// Watches for nicks on behalf of a session; returns who is here now.
    pub(crate) fn watch(&mut self, session: SessionId, nicks: Vec<String>) -> Vec<Arc<Present>> {
        if !self.sessions.contains_key(&session) {
            return Vec::new();
        }
        let found = nicks.iter().filter_map(|nick| self.find(nick)).collect();
        self.watches.add(session, nicks);
        found
    }

    /// Watches no more for these nicks.
    pub(crate) fn unwatch(&mut self, session: SessionId, nicks: &[String]) {
        self.watches.remove(session, nicks);
    }

    /// Gives the person of a session a badge, or takes it away. That somebody is a program is told.
    pub(crate) fn set_badge(
        &mut self,
        session: SessionId,
        badge: Badge,
        on: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(person) = self.sessions.get(&session).map(|session| session.person) else {
            return;
        };
        let known = &self.people[&person];
        let mut changed = Present::clone(&known.present);
        match badge {
            Badge::Bot => changed.bot = on,
            Badge::Operator => changed.operator = on,
        }
        if known.present.bot != changed.bot {
            let event = PresenceEvent::Bot(BotMode {
                person: person.0,
                nick: changed.nick.to_string(),
                account: account_of(&changed),
                user: changed.user.clone(),
                host: changed.host.clone(),
                bot: on,
            });
            effects.push(Effect { topics: self.told_of(known), event });
        }
        self.show(person, changed);
    }

    /// The inbox of somebody who is here.
    pub(crate) fn inbox_of(&self, person: PersonId) -> Option<TopicId> {
        self.people.get(&person)?.inbox
    }

    /// Gives the person of a session another name in clear words.
    pub(crate) fn set_realname(
        &mut self,
        session: SessionId,
        realname: &str,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(person) = self.sessions.get(&session).map(|session| session.person) {
            self.change_realname(person, realname, effects);
        }
    }

    /// Gives a person another name in clear words.
    pub(super) fn change_realname(
        &mut self,
        person: PersonId,
        realname: &str,
        effects: &mut Vec<Effect>,
    ) {
        let Some(known) = self.people.get(&person) else { return };
        if known.present.realname == realname {
            return;
        }
        let event = PresenceEvent::Realname(Realname {
            person: person.0,
            nick: known.present.nick.to_string(),
            account: account_of(&known.present),
            user: known.present.user.clone(),
            host: known.present.host.clone(),
            realname: realname.to_owned(),
        });
        let topics = self.told_of(known);
        let realname = realname.to_owned();
        let changed = Present { realname, ..Present::clone(&known.present) };
        self.show(person, changed);
        effects.push(Effect { topics, event });
    }

    /// Shows another picture of a person. Returns where its profile's change is told.
    pub(crate) fn set_avatar(&mut self, person: PersonId, avatar: Option<&str>) -> Vec<TopicId> {
        let Some(known) = self.people.get(&person) else { return Vec::new() };
        let topics = self.told_of(known);
        let avatar = avatar.map(Box::from);
        let changed = Present { avatar, ..Present::clone(&known.present) };
        self.show(person, changed);
        topics
    }

    /// Where a change of somebody is told that nothing depends on, unlike who is called what: its
    /// own inbox, the rooms that are not quiet, and those who watch for it.
    pub(super) fn told_of(&self, known: &Person) -> Vec<TopicId> {
        let loud = known.revealed_in().filter(|topic| !self.is_quiet(*topic));
        let watchers = self.watchers(&known.present.nick);
        let own = known.inbox.into_iter();
        let mut topics: Vec<_> = own.chain(loud).chain(watchers).collect();
        // Somebody may watch for itself.
        let mut seen = HashSet::new();
        topics.retain(|topic| seen.insert(*topic));
        topics
    }

    /// Notes that the person of a session is away, or back.
    pub(crate) fn set_away(
        &mut self,
        session: SessionId,
        text: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(person) = self.sessions.get(&session).map(|session| session.person) else {
            return;
        };
        let Some(known) = self.people.get_mut(&person) else { return };
        if known.away.as_deref() == text.as_deref() {
            return;
        }
        known.away = text.map(String::into_boxed_str);
        let away = shown_away(known.away.as_deref(), known.present.connected);
        let changed = Present { away, ..Present::clone(&known.present) };
        self.show_absence(person, changed, effects);
    }
}

fn sighting(present: &Present, here: bool) -> PresenceEvent {
    let seen = Sighting {
        person: present.person.0,
        nick: present.nick.to_string(),
        user: present.user.clone(),
        host: present.host.clone(),
    };
    if here { PresenceEvent::Online(seen) } else { PresenceEvent::Offline(seen) }
}
