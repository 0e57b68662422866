//! Accounts that stay where they are members while none of their devices is connected.
//!
//! Such a person is a resident: it has its nick and its places, no session, and is shown as away, once
//! it has lingered (`lingering.rs`). Its coming back and going are changes of that person, not of who
//! is there, so rooms see no one enter or leave. Invariant: a person without a session is an account that stays, with at least
//! one place as a member. Memory: about 700 bytes a resident and 150 for each of its places.

use std::{mem, sync::Arc};

use parlor_topics::TopicId;

use crate::{
    event::{Absence, PresenceEvent},
    identity::{Account, ClientInfo, PersonId},
    limits::{RESIDENT_DAYS_MAX, RESIDENT_MS_MAX, RESIDENTS_MAX, SEEN_STALE_MS, TEXT_BYTES_MAX},
    nick::Nick,
    presence::{
        Activity, Entered, Present,
        state::{Arrival, Effect, Person, Presence, Shown, account_of, departure, entrance},
    },
    words::cut,
};

/// What others read of somebody whose devices are all gone.
const NOT_CONNECTED: &str = "Not connected";

/// In which capacity somebody is in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// It belongs there, and stays when its last session has gone, if its account stays at all.
    Member,
    /// It is there for as long as a session of it is.
    Visitor,
}

/// An account as the disk knows it, with the topics it is a member of.
#[derive(Clone, Debug)]
pub(crate) struct Resident {
    pub(crate) account: Account,
    pub(crate) inbox: TopicId,
    pub(crate) avatar: Option<Box<str>>,
    pub(crate) seen_ms: u64,
    pub(crate) topics: Vec<TopicId>,
}

impl Presence {
    /// Says whether a person stays in places as a member; only so many may without a session.
    pub(super) fn keeps_places(&self, person: PersonId) -> bool {
        let Some(known) = self.people.get(&person) else { return false };
        let is_member = || known.places.iter().any(|place| place.capacity == Capacity::Member);
        // Those who linger are as good as residents, and those who visit for one request are.
        let is_counted = !known.present.connected || self.lingering.has(person);
        let others = self.residents + self.lingering.len() - usize::from(is_counted);
        let may_stay = !known.sessions.is_empty() || is_member() && others < RESIDENTS_MAX;
        known.stays && !known.expelled && may_stay
    }

    /// Says whether a device of a person is connected, and not only a program for one request.
    pub(super) fn is_connected(&self, known: &Person) -> bool {
        known.sessions.iter().any(|id| self.sessions.get(id).is_some_and(|one| !one.passing))
    }

    /// Lets a person be connected again, under the nick and the name in clear words that its client
    /// asks for, if those are others than the account's own. If it only lingered, that is all there
    /// is to tell. Returns who had to give up the nick.
    pub(super) fn reconnect(
        &mut self,
        arrival: &Arrival,
        effects: &mut Vec<Effect>,
    ) -> Option<PersonId> {
        let person = arrival.person;
        let own = arrival.account.as_ref().map(|account| &account.name);
        let mut displaced = None;
        if own.is_none_or(|own| !own.same(arrival.nick.as_str())) {
            // Somebody else may have that nick: then the person goes on under the one it had.
            displaced = self
                .rename_person(person, &arrival.nick, arrival.random, effects)
                .unwrap_or_default();
        }
        let ClientInfo { realname, away, .. } = &arrival.client;
        if own.is_none_or(|own| own.as_str() != realname) {
            self.change_realname(person, realname, effects);
        }
        let known = self.people.get_mut(&person)?;
        known.away = known.away.take().or_else(|| away.as_deref().map(Box::from));
        known.present.active.note(arrival.now_ms);
        let changed = Present {
            connected: true,
            away: known.away.as_deref().map(str::to_owned),
            signed_on_ms: arrival.now_ms,
            ..Present::clone(&known.present)
        };
        let lingered = known.present.connected;
        self.lingering.remove(person);
        if lingered && changed.away == self.people[&person].present.away {
            self.show(person, changed);
            return displaced;
        }
        self.residents -= usize::from(!lingered);
        self.max = self.max.max(self.people.len() - self.residents);
        self.show_absence(person, changed, effects);
        displaced
    }

    /// Lets a person linger if its last device has gone; without a grace it is shown as gone.
    pub(super) fn disconnect(&mut self, person: PersonId, now_ms: u64, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get(&person) else { return };
        if !known.present.connected || self.is_connected(known) {
            return;
        }
        if known.present.operator {
            // Whoever keeps order does so with a connection.
            let changed = Present { operator: false, ..Present::clone(&known.present) };
            self.show(person, changed);
        }
        if !self.lingering.add(person, now_ms) {
            self.show_gone(person, effects);
        }
    }

    /// Shows a person as not connected, and tells of it.
    pub(super) fn show_gone(&mut self, person: PersonId, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get(&person) else { return };
        let away = shown_away(known.away.as_deref(), false);
        let changed = Present { connected: false, away, ..Present::clone(&known.present) };
        self.residents += 1;
        self.show_absence(person, changed, effects);
    }

    /// Shows that somebody is away or back, or connected or not, and tells of it.
    pub(super) fn show_absence(
        &mut self,
        person: PersonId,
        changed: Present,
        effects: &mut Vec<Effect>,
    ) {
        let Some(known) = self.people.get(&person) else { return };
        let event = absence(&changed);
        let topics = self.told_of(known);
        self.show(person, changed);
        effects.push(Effect { topics, event });
    }

    /// Lets an account be where it is a member, without a session: when the server starts.
    pub(crate) fn settle(&mut self, resident: Resident, effects: &mut Vec<Effect>) {
        let Resident { account, inbox, avatar, seen_ms, topics } = resident;
        let person = PersonId::from(account.id);
        if topics.is_empty() {
            return;
        }
        if !self.people.contains_key(&person) {
            let name = account.name.clone();
            if self.residents >= RESIDENTS_MAX
                || self.take_nick(person, &name, person.0, effects).is_err()
            {
                return;
            }
            let present = at_home(person, name, avatar, seen_ms);
            let known = Person {
                present: Arc::new(present),
                inbox: Some(inbox),
                sessions: Vec::new(),
                places: Vec::new(),
                expelled: false,
                stays: true,
                away: None,
                seen_ms,
                nick_unheard: false,
            };
            self.people.insert(person, known);
            self.residents += 1;
            self.sight(person, true, effects);
        }
        for topic in topics {
            self.belong(person, topic, effects);
        }
    }

    /// Lets a person that stays belong to a topic, without a session of it being there. Nothing for
    /// one that does not stay, or is not here.
    pub(crate) fn belong(&mut self, person: PersonId, topic: TopicId, effects: &mut Vec<Effect>) {
        if self.people.get(&person).is_some_and(|known| known.stays && !known.expelled) {
            let entered = self.place(person, topic, Capacity::Member, Shown::Hidden);
            self.tell_entrance(person, topic, &entered, effects);
        }
    }

    /// Tells a topic that somebody is there now, and whether it is connected.
    pub(super) fn tell_entrance(
        &self,
        person: PersonId,
        topic: TopicId,
        entered: &Entered,
        effects: &mut Vec<Effect>,
    ) {
        if !entered.first || !entered.revealed {
            return;
        }
        let present = &self.people[&person].present;
        effects.push(Effect { topics: vec![topic], event: entrance(present) });
        if !present.connected {
            effects.push(Effect { topics: vec![topic], event: absence(present) });
        }
    }

    /// Notes whether an account stays from now on. One that does not leaves at once where none of
    /// its sessions is.
    pub(crate) fn set_stays(&mut self, person: PersonId, stays: bool, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get_mut(&person) else { return };
        known.stays = stays;
        if !stays {
            self.move_out(person, "does not stay any more", effects);
        }
    }

    /// Takes a person out of the places where none of its sessions is; one without any session is
    /// gone afterwards.
    fn move_out(&mut self, person: PersonId, reason: &str, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get_mut(&person) else { return };
        let quit = known.sessions.is_empty();
        let (left, kept): (Vec<_>, Vec<_>) =
            mem::take(&mut known.places).into_iter().partition(|place| place.sessions == 0);
        known.places = kept;
        let topics: Vec<_> = left
            .iter()
            .filter(|place| self.vacate(person, place) == Shown::Revealed)
            .map(|place| place.topic)
            .collect();
        if !topics.is_empty() {
            let event = departure(&self.people[&person].present, reason, quit);
            effects.push(Effect { topics, event });
        }
        if quit {
            self.sight(person, false, effects);
            self.forget(person);
        }
    }

    /// Notes that somebody with an account is here, if the disk knows only of long ago.
    pub(super) fn note_seen(&mut self, person: PersonId, now_ms: u64) {
        let Some(known) = self.people.get_mut(&person).filter(|_| !person.is_guest()) else {
            return;
        };
        if now_ms.saturating_sub(known.seen_ms) >= SEEN_STALE_MS {
            known.seen_ms = now_ms;
            self.seen.push(person);
        }
    }

    /// Looks at everybody: notes who is here, and lets go who was not for too long.
    pub(crate) fn look_round(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let expired_ms = now_ms.saturating_sub(RESIDENT_MS_MAX);
        let (mut here, mut expired) = (Vec::new(), Vec::new());
        for (person, known) in &self.people {
            if !known.sessions.is_empty() {
                here.push(*person);
            } else if known.seen_ms < expired_ms {
                expired.push(*person);
            }
        }
        for person in here {
            self.note_seen(person, now_ms);
        }
        for person in expired {
            let reason = format!("not connected for {RESIDENT_DAYS_MAX} days");
            self.move_out(person, &reason, effects);
        }
    }

    /// Takes those whose being here is to be noted on the disk.
    pub(crate) fn take_seen(&mut self) -> Vec<PersonId> {
        mem::take(&mut self.seen)
    }
}

fn absence(present: &Present) -> PresenceEvent {
    PresenceEvent::Away(Absence {
        person: present.person.0,
        nick: present.nick.to_string(),
        account: account_of(present),
        user: present.user.clone(),
        host: present.host.clone(),
        text: present.away.clone(),
        gone: !present.connected,
    })
}

/// What others read of somebody who is away by its own words, or not connected, or both.
pub(super) fn shown_away(own: Option<&str>, connected: bool) -> Option<String> {
    match own {
        own if connected => own.map(str::to_owned),
        None => Some(NOT_CONNECTED.to_owned()),
        Some(own) => Some(cut(&format!("{NOT_CONNECTED}: {own}"), TEXT_BYTES_MAX).to_owned()),
    }
}

/// What is shown of an account that no device has spoken for since the server started.
fn at_home(person: PersonId, name: Nick, avatar: Option<Box<str>>, seen_ms: u64) -> Present {
    Present {
        person,
        account: Some(name.clone()),
        user: name.folded(),
        host: "member".to_owned(),
        realname: name.to_string(),
        nick: name,
        avatar,
        away: shown_away(None, false),
        connected: false,
        bot: false,
        operator: false,
        signed_on_ms: seen_ms,
        active: Activity::new(seen_ms),
    }
}
