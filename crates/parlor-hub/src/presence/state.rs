//! The state of presence: people, their nicks, their sessions, and the topics they are in.
//!
//! Plain and synchronous: every method changes the state in constant time (in the number of people
//! and of others in a topic) and returns what is to be announced. The hub's thread owns the only
//! instance. Randomness is an argument.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use parlor_topics::TopicId;

use crate::{
    event::{Departure, Entrance, PresenceEvent},
    identity::{Account, ClientInfo, PersonId, SessionId},
    limits::{QUIET_MEMBERS, TOPICS_PER_SESSION},
    nick::Nick,
    presence::{Activity, Attendee, Entered, Left, Online, Present, Stay, watches::Watches},
    refusal::NickRefusal,
    session::SessionInfo,
};

/// Something to announce, at once in several topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) topics: Vec<TopicId>,
    pub(crate) event: PresenceEvent,
}

/// A connection that wants to be attached.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) person: PersonId,
    pub(crate) account: Option<Account>,
    /// The inbox of an account; a guest's is made once the guest has its nick.
    pub(crate) inbox: Option<TopicId>,
    pub(crate) nick: Nick,
    pub(crate) client: ClientInfo,
    pub(crate) avatar: Option<Box<str>>,
    pub(crate) now_ms: u64,
    /// Chooses the nick of a guest who must give up its own.
    pub(crate) random: u64,
    /// The guest that goes on as this person.
    pub(crate) instead_of: Option<SessionId>,
}

/// What a session that was attached gets to know.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) session: SessionId,
    pub(crate) present: Arc<Present>,
    pub(crate) first: bool,
}

/// Everybody who is here.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    pub(super) people: HashMap<PersonId, Person>,
    pub(super) sessions: HashMap<SessionId, Session>,
    /// Who has which nick, folded.
    pub(super) nicks: HashMap<String, PersonId>,
    /// Whose name looks so, for names beyond ASCII; one in ASCII looks as it is, folded.
    pub(super) looks: HashMap<String, Vec<PersonId>>,
    /// The names of all accounts, folded: only their owners may have them as nicks.
    pub(super) reserved: HashMap<String, PersonId>,
    halls: HashMap<TopicId, Hall>,
    pub(super) watches: Watches,
    guests: usize,
    last_session: u64,
    max: usize,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) person: PersonId,
    protocol: &'static str,
    since_ms: u64,
    topics: Vec<TopicId>,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) present: Arc<Present>,
    pub(super) inbox: Option<TopicId>,
    sessions: Vec<SessionId>,
    pub(super) places: Vec<Place>,
    /// Whether the account was removed while its connections still close.
    expelled: bool,
}

/// A person's being in one topic.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) topic: TopicId,
    sessions: u32,
    stay: Stay,
}

/// The people in one topic: a list for showing, an index for changing, and the list as it was last
/// shown, so that a list nobody asks for is never built.
#[derive(Debug, Default)]
struct Hall {
    attendees: Vec<Attendee>,
    index: HashMap<PersonId, usize>,
    shown: Option<Arc<[Attendee]>>,
}

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

    /// Lets a session in. The second session of a person shares its nick; an account claims its
    /// own name from whoever has it.
    pub(crate) fn attach(
        &mut self,
        arrival: Arrival,
        effects: &mut Vec<Effect>,
    ) -> Result<Seat, NickRefusal> {
        let (person, protocol, since_ms) =
            (arrival.person, arrival.client.protocol, arrival.now_ms);
        let first = !self.people.contains_key(&person);
        if first {
            let was = arrival.instead_of.and_then(|guest| self.hand_on(guest, person));
            if was.is_none() {
                self.take_nick(person, &arrival.nick, arrival.random, effects)?;
            }
            self.admit(arrival, was.as_deref());
            // Who goes on under a nick has neither come nor gone.
            if was.is_none() {
                self.sight(person, true, effects);
            }
        }
        self.last_session += 1;
        let session = SessionId(self.last_session);
        self.sessions.insert(session, Session { person, protocol, since_ms, topics: Vec::new() });
        let known = self.people.get_mut(&person).expect("known or admitted just now");
        // Most people have one session in one topic: no room is kept for more.
        known.sessions.reserve_exact(1);
        known.sessions.push(session);
        Ok(Seat { session, present: known.present.clone(), first })
    }

    /// Notes a person who has come; one who was a guest until now keeps what it was.
    fn admit(&mut self, arrival: Arrival, was: Option<&Present>) {
        let Arrival { person, account, inbox, nick, client, avatar, now_ms, .. } = arrival;
        let mut present = Present {
            person,
            nick,
            account: account.map(|account| account.name),
            user: client.user,
            host: client.host,
            realname: client.realname,
            avatar,
            away: None,
            bot: false,
            operator: false,
            signed_on_ms: now_ms,
            active: Activity::new(now_ms),
        };
        if let Some(was) = was.cloned() {
            let Present { nick, away, bot, operator, signed_on_ms, active, .. } = was;
            present = Present { nick, away, bot, operator, signed_on_ms, active, ..present };
        }
        let (present, sessions, places) = (Arc::new(present), Vec::new(), Vec::new());
        self.people.insert(person, Person { present, inbox, sessions, places, expelled: false });
        self.guests += usize::from(person.is_guest());
        // The guest that somebody was is still there, and does not count.
        self.max = self.max.max(self.people.len() - usize::from(was.is_some()));
    }

    /// Notes the inbox of a guest, which did not exist when it was attached.
    pub(crate) fn set_inbox(&mut self, person: PersonId, inbox: TopicId) {
        if let Some(known) = self.people.get_mut(&person) {
            known.inbox = Some(inbox);
        }
    }

    /// Replaces what is shown of a person, in every list.
    pub(super) fn show(&mut self, person: PersonId, changed: Present) {
        let Some(known) = self.people.get_mut(&person) else { return };
        known.present = Arc::new(changed);
        for place in &known.places {
            if let Some(hall) = self.halls.get_mut(&place.topic) {
                hall.update(person, |attendee| attendee.present = known.present.clone());
            }
        }
    }

    pub(super) fn is_quiet(&self, topic: TopicId) -> bool {
        self.halls.get(&topic).is_some_and(|hall| hall.attendees.len() > QUIET_MEMBERS)
    }

    /// Lets a session into a topic, unless it is gone or in too many topics.
    pub(crate) fn enter(
        &mut self,
        session: SessionId,
        topic: TopicId,
        effects: &mut Vec<Effect>,
    ) -> Result<Entered, EnterRefusal> {
        let entered = self.take_place(session, topic, Shown::Hidden)?;
        if entered.first && entered.revealed {
            let person = self.sessions[&session].person;
            let event = entrance(&self.people[&person].present);
            effects.push(Effect { topics: vec![topic], event });
        }
        Ok(entered)
    }

    /// Lets a session into a topic and tells nobody. A quiet topic knows of its person afterwards
    /// only if it did before.
    pub(super) fn take_place(
        &mut self,
        session: SessionId,
        topic: TopicId,
        before: Shown,
    ) -> Result<Entered, EnterRefusal> {
        let here = self.sessions.get_mut(&session).ok_or(EnterRefusal::Detached)?;
        let person = here.person;
        let again = here.topics.contains(&topic);
        if !again && here.topics.len() >= TOPICS_PER_SESSION {
            return Err(EnterRefusal::TooManyTopics);
        }
        if !again {
            here.topics.reserve_exact(1);
            here.topics.push(topic);
        }
        let known = self.people.get_mut(&person).expect("a session has a person");
        let hall = self.halls.entry(topic).or_default();
        if let Some(place) = known.places.iter_mut().find(|place| place.topic == topic) {
            place.sessions += u32::from(!again);
            return Ok(Entered {
                first: false,
                revealed: place.stay.is_revealed(),
                members: hall.attendees.len(),
                quiet: hall.attendees.len() > QUIET_MEMBERS,
                stay: place.stay.clone(),
            });
        }
        let members = hall.attendees.len() + 1;
        let quiet = members > QUIET_MEMBERS;
        let revealed = !quiet || before == Shown::Revealed;
        let stay = Stay::new(revealed);
        hall.add(Attendee { present: known.present.clone(), revealed });
        known.places.reserve_exact(1);
        known.places.push(Place { topic, sessions: 1, stay: stay.clone() });
        Ok(Entered { first: true, revealed, members, quiet, stay })
    }

    /// Tells a quiet room that the person of a session is here, if it was not told.
    pub(crate) fn reveal(&mut self, session: SessionId, topic: TopicId, effects: &mut Vec<Effect>) {
        let Some(person) = self.sessions.get(&session).map(|session| session.person) else {
            return;
        };
        let known = &self.people[&person];
        let Some(place) = known.places.iter().find(|place| place.topic == topic) else { return };
        if place.stay.is_revealed() {
            return;
        }
        place.stay.reveal();
        if let Some(hall) = self.halls.get_mut(&topic) {
            hall.update(person, |attendee| attendee.revealed = true);
        }
        effects.push(Effect { topics: vec![topic], event: entrance(&known.present) });
    }

    /// Lets a session out of a topic.
    pub(crate) fn leave(
        &mut self,
        session: SessionId,
        topic: TopicId,
        reason: &str,
        effects: &mut Vec<Effect>,
    ) -> Left {
        let Some(here) = self.sessions.get_mut(&session) else { return Left::default() };
        let Some(at) = here.topics.iter().position(|known| *known == topic) else {
            return Left::default();
        };
        here.topics.swap_remove(at);
        let person = here.person;
        let last = self.step_out(person, topic);
        if last == Some(Shown::Revealed) {
            let event = departure(&self.people[&person].present, reason, false);
            effects.push(Effect { topics: vec![topic], event });
        }
        Left { was_here: true, last: last.is_some() }
    }

    /// Takes one session of a person out of a topic; says how it was shown if it was the last one.
    fn step_out(&mut self, person: PersonId, topic: TopicId) -> Option<Shown> {
        let known = self.people.get_mut(&person)?;
        let at = known.places.iter().position(|place| place.topic == topic)?;
        let place = &mut known.places[at];
        place.sessions -= 1;
        if place.sessions > 0 {
            return None;
        }
        let place = known.places.swap_remove(at);
        Some(self.vacate(person, &place))
    }

    pub(super) fn vacate(&mut self, person: PersonId, place: &Place) -> Shown {
        let shown = if place.stay.is_revealed() { Shown::Revealed } else { Shown::Hidden };
        place.stay.end();
        if let Entry::Occupied(mut hall) = self.halls.entry(place.topic) {
            hall.get_mut().remove(person);
            if hall.get().attendees.is_empty() {
                hall.remove();
            }
        }
        shown
    }

    /// Ends a session; says who has left if it was the last one of a person whose rows must go.
    pub(crate) fn detach(
        &mut self,
        session: SessionId,
        reason: &str,
        effects: &mut Vec<Effect>,
    ) -> Option<PersonId> {
        let Session { person, topics, .. } = self.sessions.remove(&session)?;
        self.watches.forget(session);
        let vacated: Vec<_> = topics
            .into_iter()
            .filter(|topic| self.step_out(person, *topic) == Some(Shown::Revealed))
            .collect();
        let known = self.people.get_mut(&person)?;
        known.sessions.retain(|known| *known != session);
        let quit = known.sessions.is_empty();
        let transient = person.is_guest() || known.expelled;
        if !vacated.is_empty() {
            let event = departure(&known.present, reason, quit);
            effects.push(Effect { topics: vacated, event });
        }
        if quit {
            self.sight(person, false, effects);
            self.forget(person);
        }
        (quit && transient).then_some(person)
    }

    pub(super) fn forget(&mut self, person: PersonId) {
        if let Some(known) = self.people.remove(&person) {
            self.drop_nick(person, &known.present.nick);
            self.guests -= usize::from(person.is_guest());
        }
    }

    /// Takes a person out of a topic with all its sessions. With a reason the topic is told; without
    /// one the app has told why. Says whether the person was there.
    pub(crate) fn remove_from(
        &mut self,
        person: PersonId,
        topic: TopicId,
        reason: Option<&str>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(known) = self.people.get_mut(&person) else { return false };
        let Some(at) = known.places.iter().position(|place| place.topic == topic) else {
            return false;
        };
        let place = known.places.swap_remove(at);
        let shown = self.vacate(person, &place);
        let known = &self.people[&person];
        for session in &known.sessions {
            if let Some(session) = self.sessions.get_mut(session) {
                session.topics.retain(|known| *known != topic);
            }
        }
        if let (Shown::Revealed, Some(reason)) = (shown, reason) {
            let event = departure(&known.present, reason, false);
            effects.push(Effect { topics: vec![topic], event });
        }
        true
    }

    /// Takes a person out of every topic, because its account was removed; its sessions stay
    /// attached until their connections close. Says whether there are any.
    pub(crate) fn expel(&mut self, person: PersonId, effects: &mut Vec<Effect>) -> bool {
        let Some(known) = self.people.get_mut(&person) else { return false };
        known.expelled = true;
        let event = departure(&known.present, "account removed", true);
        let places = std::mem::take(&mut known.places);
        let topics: Vec<_> = places
            .iter()
            .filter(|place| self.vacate(person, place) == Shown::Revealed)
            .map(|place| place.topic)
            .collect();
        for session in &self.people[&person].sessions {
            if let Some(session) = self.sessions.get_mut(session) {
                session.topics.clear();
            }
        }
        if !topics.is_empty() {
            effects.push(Effect { topics, event });
        }
        true
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

    /// Lists people, at most so many.
    pub(crate) fn everyone(&self, limit: usize) -> Vec<Arc<Present>> {
        self.people.values().take(limit).map(|known| known.present.clone()).collect()
    }

    /// Counts what is going on.
    pub(crate) fn online(&self) -> Online {
        Online {
            people: self.people.len() - self.guests,
            guests: self.guests,
            sessions: self.sessions.len(),
            rooms: self.halls.len(),
            max: self.max,
        }
    }
}

/// Why a session does not enter a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnterRefusal {
    Detached,
    TooManyTopics,
}

/// How somebody is shown in a topic, or was before it left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Revealed,
    Hidden,
}

impl Person {
    /// The topics that were told of this person.
    pub(super) fn revealed_in(&self) -> impl Iterator<Item = TopicId> {
        self.places.iter().filter(|place| place.stay.is_revealed()).map(|place| place.topic)
    }
}

impl Hall {
    fn add(&mut self, attendee: Attendee) {
        self.index.insert(attendee.person, self.attendees.len());
        self.attendees.push(attendee);
        self.shown = None;
    }

    fn remove(&mut self, person: PersonId) {
        let Some(at) = self.index.remove(&person) else { return };
        self.attendees.swap_remove(at);
        if let Some(moved) = self.attendees.get(at) {
            self.index.insert(moved.person, at);
        }
        self.shown = None;
    }

    fn update(&mut self, person: PersonId, change: impl FnOnce(&mut Attendee)) {
        if let Some(attendee) = self.index.get(&person).and_then(|at| self.attendees.get_mut(*at)) {
            change(attendee);
            self.shown = None;
        }
    }
}

fn entrance(present: &Present) -> PresenceEvent {
    PresenceEvent::Entered(entering(present))
}

pub(super) fn entering(present: &Present) -> Entrance {
    Entrance {
        person: present.person.0,
        nick: present.nick.to_string(),
        account: account_of(present),
        user: present.user.clone(),
        host: present.host.clone(),
        realname: present.realname.clone(),
        avatar: present.avatar.as_deref().map(str::to_owned),
        bot: present.bot,
        was: None,
    }
}

pub(super) fn account_of(present: &Present) -> Option<String> {
    present.account.as_ref().map(Nick::to_string)
}

fn departure(present: &Present, reason: &str, quit: bool) -> PresenceEvent {
    PresenceEvent::Left(leaving(present, reason, quit))
}

pub(super) fn leaving(present: &Present, reason: &str, quit: bool) -> Departure {
    Departure {
        person: present.person.0,
        nick: present.nick.to_string(),
        account: account_of(present),
        user: present.user.clone(),
        host: present.host.clone(),
        reason: reason.to_owned(),
        quit,
        becomes: None,
    }
}
