//! Who is called what: one holder for each nick, the names of accounts for their owners only, and
//! no name that people would take for somebody else's.

use std::collections::hash_map::Entry;

use crate::{
    event::{PresenceEvent, Renaming},
    identity::{PersonId, SessionId},
    nick::{Nick, looks},
    presence::{
        Present, Renamed,
        state::{Effect, Presence, account_of},
    },
    refusal::NickRefusal,
};

impl Presence {
    /// Reserves the name of an account.
    pub(crate) fn reserve(&mut self, name: &Nick, owner: PersonId) {
        if self.reserved.insert(name.folded(), owner).is_none() {
            self.note_looks(owner, name);
        }
    }

    /// Frees the name of an account that was removed.
    pub(crate) fn free(&mut self, name: &Nick) {
        if let Some(owner) = self.reserved.remove(&name.folded()) {
            self.forget_looks(owner, name);
        }
    }

    /// Gives a person a nick, or says why it can't have it. Returns who had to give it up.
    pub(super) fn take_nick(
        &mut self,
        person: PersonId,
        nick: &Nick,
        random: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<PersonId>, NickRefusal> {
        let folded = nick.folded();
        let owner = self.reserved.get(&folded).copied();
        if owner.is_some_and(|owner| owner != person) {
            return Err(NickRefusal::Reserved);
        }
        let holder = self.nicks.get(&folded).copied().filter(|holder| *holder != person);
        if let Some(holder) = holder {
            if owner != Some(person) {
                return Err(NickRefusal::InUse);
            }
            self.dispossess(holder, random, effects);
        }
        if owner != Some(person) && nick.is_service() {
            return Err(NickRefusal::Service);
        }
        // Whoever has an account of this name may have it, whatever it looks like.
        if owner != Some(person) && self.looks_taken(person, nick) {
            return Err(NickRefusal::LooksTaken);
        }
        if self.nicks.insert(folded, person).is_none() {
            self.note_looks(person, nick);
        }
        Ok(holder)
    }

    /// Says whether people would take a name for somebody else's.
    fn looks_taken(&self, person: PersonId, nick: &Nick) -> bool {
        let others = |holder: Option<&PersonId>| holder.is_some_and(|holder| *holder != person);
        looks(nick.as_str()).iter().any(|look| {
            let same = self.looks.get(look).is_some_and(|all| all.iter().any(|one| *one != person));
            same || others(self.nicks.get(look)) || others(self.reserved.get(look))
        })
    }

    fn note_looks(&mut self, person: PersonId, nick: &Nick) {
        if !nick.as_str().is_ascii() {
            for look in looks(nick.as_str()) {
                self.looks.entry(look).or_default().push(person);
            }
        }
    }

    fn forget_looks(&mut self, person: PersonId, nick: &Nick) {
        if !nick.as_str().is_ascii() {
            for look in looks(nick.as_str()) {
                let Entry::Occupied(mut all) = self.looks.entry(look) else { continue };
                if let Some(at) = all.get().iter().position(|one| *one == person) {
                    all.get_mut().swap_remove(at);
                }
                if all.get().is_empty() {
                    all.remove();
                }
            }
        }
    }

    /// Takes a nick from a person, if it is still its own.
    pub(super) fn drop_nick(&mut self, holder: PersonId, nick: &Nick) {
        let folded = nick.folded();
        if self.nicks.get(&folded) == Some(&holder) {
            self.nicks.remove(&folded);
            self.forget_looks(holder, nick);
        }
    }

    /// Gives the nick of one person to another one; says no if it is a third one's name.
    pub(super) fn pass_nick(&mut self, from: PersonId, to: PersonId, nick: &Nick) -> bool {
        let folded = nick.folded();
        let is_free = self.reserved.get(&folded).is_none_or(|owner| *owner == to);
        if !is_free || self.nicks.get(&folded) != Some(&from) {
            return false;
        }
        self.nicks.insert(folded, to);
        self.forget_looks(from, nick);
        self.note_looks(to, nick);
        true
    }

    /// Gives the holder of somebody else's name another one.
    fn dispossess(&mut self, holder: PersonId, random: u64, effects: &mut Vec<Effect>) {
        let is_heard = self.people.get(&holder).is_some_and(|known| self.is_connected(known));
        if let Some(known) = self.people.get_mut(&holder) {
            known.nick_unheard |= !is_heard;
        }
        let known = self.people.get(&holder).map(|known| known.present.clone());
        if let Some(known) = &known {
            self.drop_nick(holder, &known.nick);
        }
        let own = known.and_then(|known| known.account.clone());
        // Four digits are friendly; should many be taken, more digits are free.
        let friendly = (0..100).map(|step| random.wrapping_add(step) % 10_000);
        let numbers = friendly.chain((0..).map(|step| random.wrapping_add(step)));
        let guests = numbers.filter_map(|number| Nick::new(&format!("Guest-{number:04}")).ok());
        let nick = own
            .into_iter()
            .chain(guests)
            .find(|nick| {
                let folded = nick.folded();
                let owner = self.reserved.get(&folded);
                !self.nicks.contains_key(&folded) && owner.is_none_or(|owner| *owner == holder)
            })
            .expect("there are more numbers than people");
        self.nicks.insert(nick.folded(), holder);
        self.change_nick(holder, nick, effects);
    }

    /// Renames the person of a session.
    pub(crate) fn rename(
        &mut self,
        session: SessionId,
        nick: Nick,
        random: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Renamed, NickRefusal> {
        let person = self.sessions.get(&session).ok_or(NickRefusal::NoSuchAccount)?.person;
        let displaced = self.rename_person(person, &nick, random, effects)?;
        Ok(Renamed { nick, displaced })
    }

    /// Renames a person, unless the nick is somebody else's. Returns who had to give it up.
    pub(super) fn rename_person(
        &mut self,
        person: PersonId,
        nick: &Nick,
        random: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<PersonId>, NickRefusal> {
        let old = self.people[&person].present.nick.clone();
        if old == *nick {
            return Ok(None);
        }
        let displaced = self.take_nick(person, nick, random, effects)?;
        if !old.same(nick.as_str()) {
            self.drop_nick(person, &old);
        }
        self.change_nick(person, nick.clone(), effects);
        Ok(displaced)
    }

    fn change_nick(&mut self, person: PersonId, nick: Nick, effects: &mut Vec<Effect>) {
        let Some(known) = self.people.get(&person) else { return };
        let moves = !known.present.nick.same(nick.as_str());
        if moves {
            self.sight(person, false, effects);
        }
        let Some(known) = self.people.get(&person) else { return };
        let old = &known.present;
        let event = PresenceEvent::Renamed(Renaming {
            person: person.0,
            old: old.nick.to_string(),
            new: nick.to_string(),
            account: account_of(old),
            user: old.user.clone(),
            host: old.host.clone(),
        });
        let topics = known.inbox.into_iter().chain(known.revealed_in()).collect();
        let changed = Present { nick, ..Present::clone(old) };
        self.show(person, changed);
        effects.push(Effect { topics, event });
        if moves {
            self.sight(person, true, effects);
        }
    }
}
