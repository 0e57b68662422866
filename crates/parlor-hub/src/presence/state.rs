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
    presence::{
        Activity, Attendee, Capacity, Entered, Left, Present, Stay, lingering::Lingering,
        residents::shown_away, watches::Watches,
    },
    refusal::NickRefusal,
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
    /// Whether it comes for one request only, which does not count as being connected.
    pub(crate) passing: bool,
    /// Whether the account stays where it is a member once its last session has gone.
    pub(crate) stays: bool,
    /// When the account was here last, as the disk knows it.
    pub(crate) seen_ms: u64,
}

/// What a session that was attached gets to know.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) session: SessionId,
    pub(crate) present: Arc<Present>,
    /// Whether the person was not connected before.
    pub(crate) first: bool,
    /// Whether the person has another nick by coming back, or was given one while it was gone.
    pub(crate) renamed: bool,
    /// Who had to give up the nick.
    pub(crate) displaced: Option<PersonId>,
    /// Why the person says of itself that it is away.
    pub(crate) away: Option<String>,
    /// Whether its account stays where it is a member.
    pub(crate) stays: bool,
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
    pub(super) halls: HashMap<TopicId, Hall>,
    pub(super) watches: Watches,
    pub(super) guests: usize,
    /// People who are shown as not connected.
    pub(super) residents: usize,
    pub(super) lingering: Lingering,
    last_session: u64,
    pub(super) max: usize,
    /// Accounts whose being here is to be noted on the disk.
    pub(super) seen: Vec<PersonId>,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) person: PersonId,
    pub(super) protocol: &'static str,
    pub(super) since_ms: u64,
    pub(super) passing: bool,
    topics: Vec<TopicId>,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) present: Arc<Present>,
    pub(super) inbox: Option<TopicId>,
    pub(super) sessions: Vec<SessionId>,
    pub(super) places: Vec<Place>,
    /// Whether the account was removed while its connections still close.
    pub(super) expelled: bool,
    /// Whether the account stays where it is a member once its last session has gone.
    pub(super) stays: bool,
    /// Why it says of itself that it is away; what is shown also says whether it is connected.
    pub(super) away: Option<Box<str>>,
    /// When the disk was last told that the account is here.
    pub(super) seen_ms: u64,
    /// Whether it was given another nick while no device of it was there to hear of it.
    pub(super) nick_unheard: bool,
}

/// A person's being in one topic.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) topic: TopicId,
    pub(super) sessions: u32,
    pub(super) capacity: Capacity,
    stay: Stay,
}

/// The people in one topic: a list for showing, an index for changing, and the list as it was last
/// shown, so that a list nobody asks for is never built.
#[derive(Debug, Default)]
pub(super) struct Hall {
    pub(super) attendees: Vec<Attendee>,
    index: HashMap<PersonId, usize>,
    pub(super) shown: Option<Arc<[Attendee]>>,
}

impl Presence {
    /// Lets a session in. The second session of a person shares its nick; an account claims its
    /// own name from whoever has it.
    pub(crate) fn attach(
        &mut self,
        arrival: Arrival,
        effects: &mut Vec<Effect>,
    ) -> Result<Seat, NickRefusal> {
        let Arrival { person, passing, now_ms: since_ms, .. } = arrival;
        let protocol = arrival.client.protocol;
        let known = self.people.get(&person);
        let first = known.is_none_or(|known| !self.is_connected(known));
        let before = known.map(|known| known.present.nick.clone());
        let mut displaced = None;
        if known.is_none() {
            let was = arrival.instead_of.and_then(|guest| self.hand_on(guest, person));
            if was.is_none() {
                displaced = self.take_nick(person, &arrival.nick, arrival.random, effects)?;
            }
            self.admit(arrival, was.as_deref());
            // Who goes on under a nick has neither come nor gone.
            if was.is_none() {
                self.sight(person, true, effects);
            }
        } else if first && !passing {
            displaced = self.reconnect(&arrival, effects);
        }
        self.note_seen(person, since_ms);
        self.last_session += 1;
        let session = SessionId(self.last_session);
        let topics = Vec::new();
        self.sessions.insert(session, Session { person, protocol, since_ms, passing, topics });
        let known = self.people.get_mut(&person).expect("known or admitted just now");
        // Most people have one session in one topic: no room is kept for more.
        known.sessions.reserve_exact(1);
        known.sessions.push(session);
        let away = known.away.as_deref().map(str::to_owned);
        let present = known.present.clone();
        let unheard = !passing && std::mem::take(&mut known.nick_unheard);
        let renamed = unheard || before.is_some_and(|before| before != present.nick);
        let stays = known.stays;
        Ok(Seat { session, present, first, renamed, displaced, away, stays })
    }

    /// Notes a person who has come; one who was a guest until now keeps what it was.
    fn admit(&mut self, arrival: Arrival, was: Option<&Present>) {
        let Arrival { person, account, inbox, nick, client, avatar, now_ms, .. } = arrival;
        let Arrival { passing, stays, seen_ms, .. } = arrival;
        let connected = !passing;
        let mut present = Present {
            person,
            nick,
            account: account.map(|account| account.name),
            user: client.user,
            host: client.host,
            realname: client.realname,
            avatar,
            away: client.away,
            connected,
            bot: false,
            operator: false,
            signed_on_ms: now_ms,
            active: Activity::new(now_ms),
        };
        if let Some(was) = was.cloned() {
            let Present { nick, away, bot, operator, signed_on_ms, active, .. } = was;
            present = Present { nick, away, bot, operator, signed_on_ms, active, ..present };
        }
        let away = present.away.as_deref().map(Box::from);
        present.away = shown_away(away.as_deref(), connected);
        let known = Person {
            present: Arc::new(present),
            inbox,
            sessions: Vec::new(),
            places: Vec::new(),
            expelled: false,
            stays,
            away,
            seen_ms,
            nick_unheard: false,
        };
        self.people.insert(person, known);
        self.guests += usize::from(person.is_guest());
        self.residents += usize::from(passing);
        // The guest that somebody was is still there, and does not count.
        let here = self.people.len() - self.residents - usize::from(was.is_some());
        self.max = self.max.max(here);
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
        capacity: Capacity,
        effects: &mut Vec<Effect>,
    ) -> Result<Entered, EnterRefusal> {
        let entered = self.take_place(session, topic, capacity, Shown::Hidden)?;
        let person = self.sessions[&session].person;
        self.tell_entrance(person, topic, &entered, effects);
        Ok(entered)
    }

    /// Lets a session into a topic and tells nobody. A quiet topic knows of its person afterwards
    /// only if it did before.
    pub(super) fn take_place(
        &mut self,
        session: SessionId,
        topic: TopicId,
        capacity: Capacity,
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
        let entered = self.place(person, topic, capacity, before);
        let known = self.people.get_mut(&person).expect("a session has a person");
        if let Some(place) = known.places.iter_mut().find(|place| place.topic == topic) {
            place.sessions += u32::from(!again);
        }
        Ok(entered)
    }

    /// Finds a person's place in a topic, or gives it one that no session is in yet.
    pub(super) fn place(
        &mut self,
        person: PersonId,
        topic: TopicId,
        capacity: Capacity,
        before: Shown,
    ) -> Entered {
        let known = self.people.get_mut(&person).expect("whoever has a place is here");
        let hall = self.halls.entry(topic).or_default();
        if let Some(place) = known.places.iter_mut().find(|place| place.topic == topic) {
            if capacity == Capacity::Member {
                place.capacity = Capacity::Member;
            }
            return Entered {
                first: false,
                revealed: place.stay.is_revealed(),
                members: hall.attendees.len(),
                quiet: hall.attendees.len() > QUIET_MEMBERS,
                stay: place.stay.clone(),
            };
        }
        let members = hall.attendees.len() + 1;
        let quiet = members > QUIET_MEMBERS;
        let revealed = !quiet || before == Shown::Revealed;
        let stay = Stay::new(revealed);
        hall.add(Attendee { present: known.present.clone(), revealed });
        known.places.reserve_exact(1);
        known.places.push(Place { topic, sessions: 0, capacity, stay: stay.clone() });
        Entered { first: true, revealed, members, quiet, stay }
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
        let last = self.step_out(person, topic, Keeps::Nothing);
        if last == Some(Shown::Revealed) {
            let event = departure(&self.people[&person].present, reason, false);
            effects.push(Effect { topics: vec![topic], event });
        }
        Left { was_here: true, last: last.is_some() }
    }

    /// Takes one session of a person out of a topic; says how it was shown if it is there no more.
    fn step_out(&mut self, person: PersonId, topic: TopicId, keeps: Keeps) -> Option<Shown> {
        let known = self.people.get_mut(&person)?;
        let at = known.places.iter().position(|place| place.topic == topic)?;
        let place = &mut known.places[at];
        place.sessions -= 1;
        let stays = keeps == Keeps::Membership && place.capacity == Capacity::Member;
        if place.sessions > 0 || stays {
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

    /// Ends a session; says who has left if it was the last one of a person whose rows must go. An
    /// account that stays lingers from then on, if it was the last one.
    pub(crate) fn detach(
        &mut self,
        session: SessionId,
        reason: &str,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Option<PersonId> {
        let Session { person, topics, .. } = self.sessions.remove(&session)?;
        self.watches.forget(session);
        self.note_seen(person, now_ms);
        let known = self.people.get_mut(&person)?;
        known.sessions.retain(|known| *known != session);
        let stays = self.keeps_places(person);
        let known = &self.people[&person];
        let keeps = if stays { Keeps::Membership } else { Keeps::Nothing };
        let quit = known.sessions.is_empty() && !stays;
        let transient = person.is_guest() || known.expelled;
        let mut vacated: Vec<_> = topics
            .into_iter()
            .filter(|topic| self.step_out(person, *topic, keeps) == Some(Shown::Revealed))
            .collect();
        if quit {
            // Where it was a member without this session.
            vacated.extend(self.vacate_all(person));
        }
        let known = &self.people[&person];
        if !vacated.is_empty() {
            let event = departure(&known.present, reason, quit);
            effects.push(Effect { topics: vacated, event });
        }
        if quit {
            self.sight(person, false, effects);
            self.forget(person);
        } else {
            self.disconnect(person, now_ms, effects);
        }
        (quit && transient).then_some(person)
    }

    /// Takes a person out of all its places; returns those that knew of it.
    fn vacate_all(&mut self, person: PersonId) -> Vec<TopicId> {
        let places = self.people.get_mut(&person).map(|known| std::mem::take(&mut known.places));
        places
            .into_iter()
            .flatten()
            .filter(|place| self.vacate(person, place) == Shown::Revealed)
            .map(|place| place.topic)
            .collect()
    }

    pub(super) fn forget(&mut self, person: PersonId) {
        if let Some(known) = self.people.remove(&person) {
            self.drop_nick(person, &known.present.nick);
            self.lingering.remove(person);
            self.guests -= usize::from(person.is_guest());
            self.residents -= usize::from(!known.present.connected);
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
        if known.sessions.is_empty() && known.places.is_empty() {
            // There is nothing left that it stays for.
            self.sight(person, false, effects);
            self.forget(person);
        }
        true
    }

    /// Takes a person out of every topic, because its account was removed; its sessions stay
    /// attached until their connections close. Says whether there are any.
    pub(crate) fn expel(&mut self, person: PersonId, effects: &mut Vec<Effect>) -> bool {
        let Some(known) = self.people.get_mut(&person) else { return false };
        known.expelled = true;
        let event = departure(&known.present, "account removed", true);
        let is_resident = known.sessions.is_empty();
        let topics = self.vacate_all(person);
        for session in &self.people[&person].sessions {
            if let Some(session) = self.sessions.get_mut(session) {
                session.topics.clear();
            }
        }
        if !topics.is_empty() {
            effects.push(Effect { topics, event });
        }
        if is_resident {
            self.sight(person, false, effects);
            self.forget(person);
        }
        !is_resident
    }
}

/// Why a session does not enter a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnterRefusal {
    Detached,
    TooManyTopics,
}

/// What a person keeps when a session of it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Membership,
    Nothing,
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

pub(super) fn entrance(present: &Present) -> PresenceEvent {
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

pub(super) fn departure(present: &Present, reason: &str, quit: bool) -> PresenceEvent {
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
