//! A property: whatever happens, presence is the sum of its sessions and of who stays.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Attach(u64, u8),
    /// For one request.
    Visit(u64),
    Settle(u64, u64),
    Stays(u64, bool),
    Detach(usize),
    /// So much time passes.
    Wait(u64),
    Enter(usize, u64),
    Leave(usize, u64),
    Remove(u64, u64),
    Rename(usize, u8),
    /// A guest goes on as this person, in the first so many topics.
    SignIn(usize, u64, u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..6u64, 0..8u8).prop_map(|(person, nick)| Step::Attach(person, nick)),
        (0..3u64, 0..8u8).prop_map(|(guest, nick)| Step::Attach(GUEST_BASE + guest, nick)),
        (0..8usize, 1..6u64, 0..4u64)
            .prop_map(|(n, person, topics)| Step::SignIn(n, person, topics)),
        (1..6u64).prop_map(Step::Visit),
        (1..6u64, 1..4u64).prop_map(|(person, topic)| Step::Settle(person, topic)),
        (1..6u64, any::<bool>()).prop_map(|(person, stays)| Step::Stays(person, stays)),
        (0..8usize).prop_map(Step::Detach),
        (1..8u64).prop_map(Step::Wait),
        (0..8usize, 1..4u64).prop_map(|(session, topic)| Step::Enter(session, topic)),
        (0..8usize, 1..4u64).prop_map(|(session, topic)| Step::Leave(session, topic)),
        (1..6u64, 1..4u64).prop_map(|(person, topic)| Step::Remove(person, topic)),
        (0..8usize, 0..8u8).prop_map(|(session, nick)| Step::Rename(session, nick)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever happens, presence is the sum of its sessions and of who stays, every nick has one
    /// holder, and what was announced adds up to who is there and who is connected.
    #[test]
    fn presence_adds_up(
        grace_ms in prop_oneof![Just(0), Just(5)],
        steps in proptest::collection::vec(any_step(), 1..60),
    ) {
        let mut stage =
            Stage { presence: Presence::with_grace(grace_ms), ..Stage::default() };
        let mut model = Model { grace_ms, ..Model::default() };
        let mut announced = Announced::default();
        for step in steps {
            model.take(&mut stage, step);
            for effect in stage.effects.drain(..) {
                announced.take(&effect)?;
            }
            prop_assert_eq!(&model.there(), &announced.there);
            for topic in [TopicId(1), TopicId(2), TopicId(3)] {
                let listed: BTreeSet<_> = stage.presence.members(topic).iter()
                    .map(|attendee| (topic, attendee.person.0)).collect();
                let wanted: BTreeSet<_> =
                    model.there().iter().filter(|(at, _)| *at == topic).copied().collect();
                prop_assert_eq!(listed, wanted);
            }
            let everyone = stage.presence.everyone(100);
            prop_assert_eq!(everyone.len(), model.people().len());
            for present in everyone {
                let found = stage.presence.find(present.nick.as_str()).unwrap();
                prop_assert_eq!(found.person, present.person);
                prop_assert_eq!(present.connected, model.is_shown(present.person));
                let is_shown = announced.there.iter().any(|(_, person)| *person == present.person.0);
                let is_gone = announced.gone.contains(&present.person.0);
                prop_assert_eq!(is_gone, is_shown && !present.connected);
                prop_assert_eq!(present.away.is_none(), present.connected);
            }
            let online = stage.presence.online();
            prop_assert_eq!(online.people + online.guests + online.residents, model.people().len());
            let waits = stage.presence.lingering_ends_in(stage.now_ms);
            prop_assert_eq!(waits.is_some(), !model.lingering.is_empty());
        }
    }
}

/// A live session, as it should be.
struct Held {
    person: PersonId,
    passing: bool,
    topics: BTreeSet<TopicId>,
}

/// Presence as it should be.
#[derive(Default)]
struct Model {
    sessions: BTreeMap<SessionId, Held>,
    /// Who stays, besides those whose wish is the default.
    wishes: BTreeMap<PersonId, bool>,
    /// Where accounts that stay are members; where those are that do not, their sessions say.
    members: BTreeSet<(TopicId, u64)>,
    grace_ms: u64,
    /// Who is shown as connected and is not, and since when.
    lingering: BTreeMap<PersonId, u64>,
}

/// Of the topics of this test, the third is only ever visited.
fn capacity(topic: TopicId) -> Capacity {
    if topic == TopicId(3) { Capacity::Visitor } else { Capacity::Member }
}

impl Model {
    fn people(&self) -> BTreeSet<PersonId> {
        let staying = self.members.iter().map(|(_, person)| PersonId(*person));
        self.sessions.values().map(|held| held.person).chain(staying).collect()
    }

    fn there(&self) -> BTreeSet<(TopicId, u64)> {
        let held = self.sessions.values();
        held.flat_map(|held| held.topics.iter().map(|topic| (*topic, held.person.0)))
            .chain(self.members.iter().copied())
            .collect()
    }

    fn is_connected(&self, person: PersonId) -> bool {
        self.sessions.values().any(|held| held.person == person && !held.passing)
    }

    fn is_shown(&self, person: PersonId) -> bool {
        self.is_connected(person) || self.lingering.contains_key(&person)
    }

    fn stays(&self, person: PersonId) -> bool {
        !person.is_guest()
            && self.wishes.get(&person).copied().unwrap_or(person.0.is_multiple_of(2))
    }

    fn nth(&self, n: usize) -> Option<SessionId> {
        self.sessions.keys().nth(n % self.sessions.len().max(1)).copied()
    }

    fn enter(&mut self, session: SessionId, topic: TopicId) {
        let held = self.sessions.get_mut(&session).unwrap();
        held.topics.insert(topic);
        let person = held.person;
        if self.stays(person) && capacity(topic) == Capacity::Member {
            self.members.insert((topic, person.0));
        }
    }

    fn remove(&mut self, person: PersonId, topic: TopicId) {
        self.members.remove(&(topic, person.0));
        for held in self.sessions.values_mut().filter(|held| held.person == person) {
            held.topics.remove(&topic);
        }
    }

    fn attach(&mut self, stage: &mut Stage, arrival: Arrival) {
        let (person, passing) = (arrival.person, arrival.passing);
        let arrival = Arrival { stays: self.stays(person), ..arrival };
        if let Ok(seat) = stage.presence.attach(arrival, &mut stage.effects) {
            assert_eq!(seat.first, !self.is_connected(person));
            if !passing {
                self.lingering.remove(&person);
            }
            let topics = BTreeSet::new();
            self.sessions.insert(seat.session, Held { person, passing, topics });
        }
    }

    /// Does the same to the state and to the model.
    fn take(&mut self, stage: &mut Stage, step: Step) {
        self.step(stage, step);
        let people = self.people();
        self.lingering.retain(|person, _| people.contains(person));
    }

    fn step(&mut self, stage: &mut Stage, step: Step) {
        match step {
            Step::Attach(person, nick) => {
                self.attach(stage, arrival(PersonId(person), &format!("n{nick}")));
            }
            Step::Visit(person) => {
                let arrival = arrival(PersonId(person), "own");
                self.attach(stage, Arrival { passing: true, ..arrival });
            }
            Step::Settle(person, topic) => self.settle(stage, PersonId(person), TopicId(topic)),
            Step::Stays(person, stays) => {
                self.wishes.insert(PersonId(person), stays);
                stage.presence.set_stays(PersonId(person), stays, &mut stage.effects);
                if !stays {
                    self.members.retain(|(_, member)| *member != person);
                }
                // From now on it stays where its sessions have entered as members.
                let held = self.sessions.values().filter(|held| held.person.0 == person);
                let there: Vec<_> = held.flat_map(|held| held.topics.iter().copied()).collect();
                let there = there.into_iter().filter(|at| capacity(*at) == Capacity::Member);
                self.members.extend(there.filter(|_| stays).map(|topic| (topic, person)));
            }
            Step::Detach(n) => {
                if let Some(session) = self.nth(n) {
                    self.detach(stage, session);
                }
            }
            Step::Wait(by_ms) => {
                stage.now_ms += by_ms;
                stage.presence.end_lingering(stage.now_ms, 100, &mut stage.effects);
                let (now_ms, grace_ms) = (stage.now_ms, self.grace_ms);
                self.lingering.retain(|_, since_ms| now_ms - *since_ms < grace_ms);
            }
            Step::Enter(n, topic) => {
                if let Some(session) = self.nth(n) {
                    let topic = TopicId(topic);
                    let entered =
                        stage.presence.enter(session, topic, capacity(topic), &mut stage.effects);
                    entered.unwrap();
                    self.enter(session, topic);
                }
            }
            Step::Leave(n, topic) => {
                if let Some(session) = self.nth(n) {
                    let topic = TopicId(topic);
                    let left = stage.leave(session, topic);
                    let held = self.sessions.get_mut(&session).unwrap();
                    held.topics.remove(&topic);
                    let person = held.person;
                    if left.last {
                        self.members.remove(&(topic, person.0));
                    }
                }
            }
            Step::Remove(person, topic) => {
                let (person, topic) = (PersonId(person), TopicId(topic));
                stage.presence.remove_from(person, topic, Some("out"), &mut stage.effects);
                self.remove(person, topic);
            }
            Step::Rename(n, nick) => {
                if let Some(session) = self.nth(n) {
                    drop(stage.rename(session, &format!("n{nick}")));
                }
            }
            Step::SignIn(n, person, topics) => {
                if let Some(guest) = self.nth(n) {
                    self.sign_in(stage, guest, PersonId(person), topics);
                }
            }
        }
    }

    fn detach(&mut self, stage: &mut Stage, session: SessionId) {
        stage.detach(session);
        let Held { person, passing, .. } = self.sessions.remove(&session).unwrap();
        if self.grace_ms > 0 && !passing && !self.is_connected(person) {
            self.lingering.entry(person).or_insert(stage.now_ms);
        }
    }

    fn settle(&mut self, stage: &mut Stage, person: PersonId, topic: TopicId) {
        if !self.stays(person) {
            return;
        }
        let was_here = self.people().contains(&person);
        let name = format!("a{}", person.0);
        let account = arrival(person, &name).account.unwrap();
        let (inbox, topics) = (TopicId(person.0 + 1000), vec![topic]);
        let resident = Resident { account, inbox, avatar: None, seen_ms: 1, topics };
        stage.presence.settle(resident, &mut stage.effects);
        assert!(was_here || stage.presence.find(&name).is_some());
        self.members.insert((topic, person.0));
    }

    fn sign_in(&mut self, stage: &mut Stage, guest: SessionId, person: PersonId, topics: u64) {
        let was = self.sessions[&guest].person;
        // The first session of a guest's person is its only one outside this test.
        let only = self.sessions.values().filter(|held| held.person == was).count() == 1;
        if !was.is_guest() || !only {
            return;
        }
        let arrival = Arrival { instead_of: Some(guest), ..arrival(person, "own") };
        let before: BTreeSet<_> = self.sessions.keys().copied().collect();
        self.attach(stage, arrival);
        let seat = self.sessions.keys().find(|session| !before.contains(session));
        let session = *seat.unwrap();
        let allowed: Vec<_> = (1..=topics.min(2)).map(TopicId).collect();
        stage.take_over(guest, session, &allowed);
        let Held { topics: there, .. } = self.sessions.remove(&guest).unwrap();
        for topic in there.into_iter().filter(|topic| allowed.contains(topic)) {
            self.sessions.get_mut(&session).unwrap().topics.insert(topic);
            // An account is always a member of what it takes over.
            if self.stays(person) {
                self.members.insert((topic, person.0));
            }
        }
    }
}

/// What somebody knows who has heard every announcement.
#[derive(Default)]
struct Announced {
    there: BTreeSet<(TopicId, u64)>,
    gone: BTreeSet<u64>,
}

impl Announced {
    fn is_shown(&self, of: u64) -> bool {
        self.there.iter().any(|(_, person)| *person == of)
    }

    fn take(&mut self, effect: &Effect) -> Result<(), TestCaseError> {
        let of = effect.event.person();
        match &effect.event {
            PresenceEvent::Entered(_) => {
                for topic in &effect.topics {
                    prop_assert!(self.there.insert((*topic, of)));
                }
            }
            PresenceEvent::Left(_) => {
                for topic in &effect.topics {
                    prop_assert!(self.there.remove(&(*topic, of)));
                }
                if !self.is_shown(of) {
                    self.gone.remove(&of);
                }
            }
            PresenceEvent::Away(event) if event.gone && self.is_shown(of) => {
                self.gone.insert(of);
            }
            PresenceEvent::Away(_) => {
                self.gone.remove(&of);
            }
            PresenceEvent::Renamed(_)
            | PresenceEvent::Realname(_)
            | PresenceEvent::Bot(_)
            | PresenceEvent::Online(_)
            | PresenceEvent::Offline(_) => {}
        }
        Ok(())
    }
}
