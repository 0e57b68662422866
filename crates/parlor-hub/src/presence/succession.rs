//! A guest who signs in goes on as the person of an account.
//!
//! In two steps, because between them the app asks where this person may be: it is seated beside
//! the guest and has its nick, then it takes the guest's place in those topics at once. Invariant:
//! whoever was shown the guest is shown one person under its nick afterwards, or nobody.

use std::sync::Arc;

use parlor_topics::TopicId;

use crate::{
    event::{PresenceEvent, Successor},
    identity::{PersonId, SessionId},
    presence::{
        Capacity, Entered, Present,
        state::{Effect, EnterRefusal, Presence, Shown, entering, leaving},
    },
};

/// What topics are told of a guest who is not there any more.
const WHY: &str = "Signing in";

/// What taking a guest's place did.
#[derive(Debug, Default)]
pub(crate) struct Succession {
    /// Where the session is now, of the topics that were asked for.
    pub(crate) entered: Vec<(TopicId, Entered)>,
    /// The guest, whose rows must go.
    pub(crate) departed: Option<PersonId>,
}

impl Presence {
    /// Gives the nick of a guest to the person it goes on as; returns what the guest was. None if
    /// the nick is somebody else's name: only guests may have that, until its owner comes.
    pub(super) fn hand_on(&mut self, guest: SessionId, heir: PersonId) -> Option<Arc<Present>> {
        let person = self.sessions.get(&guest)?.person;
        let was = self.people.get(&person)?.present.clone();
        let passed = person.is_guest() && self.pass_nick(person, heir, &was.nick);
        passed.then_some(was)
    }

    /// Lets the person of a session take the place of a guest in those of these topics where the
    /// guest is, as a member; the guest is gone afterwards. Under the guest's nick this is told as one person's
    /// going on, and leaving the other topics; else the guest quits and the person comes.
    pub(crate) fn take_over(
        &mut self,
        guest: SessionId,
        session: SessionId,
        topics: &[TopicId],
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Succession, EnterRefusal> {
        let heir = self.sessions.get(&session).ok_or(EnterRefusal::Detached)?.person;
        let was = self.sessions.get(&guest).ok_or(EnterRefusal::Detached)?.person;
        let is_one = self.people[&heir].present.nick == self.people[&was].present.nick;
        if is_one {
            return Ok(self.go_on(guest, session, topics, effects));
        }
        let there: Vec<_> = self.people[&was].places.iter().map(|place| place.topic).collect();
        let departed = self.detach(guest, WHY, now_ms, effects);
        let mut entered = Vec::new();
        for topic in topics.iter().filter(|topic| there.contains(topic)) {
            entered.push((*topic, self.enter(session, *topic, Capacity::Member, effects)?));
        }
        Ok(Succession { entered, departed })
    }

    fn go_on(
        &mut self,
        guest: SessionId,
        session: SessionId,
        topics: &[TopicId],
        effects: &mut Vec<Effect>,
    ) -> Succession {
        let (was, heir) = (self.sessions[&guest].person, self.sessions[&session].person);
        let before = self.people[&was].present.clone();
        let after = self.people[&heir].present.clone();
        let places = self.people.get_mut(&was).map(|known| std::mem::take(&mut known.places));
        let (mut kept, mut left, mut entered) = (Vec::new(), Vec::new(), Vec::new());
        for place in places.into_iter().flatten() {
            let topic = place.topic;
            let shown = self.vacate(was, &place);
            let here = if topics.contains(&topic) {
                self.take_place(session, topic, Capacity::Member, shown).ok()
            } else {
                None
            };
            match (&here, shown) {
                (None, Shown::Revealed) => left.push(topic),
                // Another device of the person may be here since, under the same nick.
                (Some(here), Shown::Revealed) if here.first => kept.push(topic),
                (Some(here), Shown::Hidden) if here.first && here.revealed => {
                    let event = PresenceEvent::Entered(entering(&after));
                    effects.push(Effect { topics: vec![topic], event });
                }
                _ => {}
            }
            entered.extend(here.map(|here| (topic, here)));
        }
        self.sessions.remove(&guest);
        self.watches.forget(guest);
        self.forget(was);
        if !left.is_empty() {
            let event = PresenceEvent::Left(leaving(&before, WHY, false));
            effects.push(Effect { topics: left, event });
        }
        if !kept.is_empty() {
            let mut departure = leaving(&before, WHY, true);
            departure.becomes = successor(&after);
            let mut entrance = entering(&after);
            entrance.was = Some(was.0);
            effects.push(Effect { topics: kept.clone(), event: PresenceEvent::Left(departure) });
            effects.push(Effect { topics: kept, event: PresenceEvent::Entered(entrance) });
        }
        Succession { entered, departed: Some(was) }
    }
}

fn successor(present: &Present) -> Option<Successor> {
    Some(Successor {
        person: present.person.0,
        account: present.account.as_ref()?.to_string(),
        user: present.user.clone(),
        host: present.host.clone(),
    })
}
