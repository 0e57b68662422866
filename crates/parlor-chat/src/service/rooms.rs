//! Joining, leaving and finding rooms.

use std::sync::atomic::Ordering;

use parlor_hub::{
    Actor, Attached, Capacity, Entered, Error, Failure, Left, Rights, Role, Verb, resign, set_role,
    use_invited,
};
use parlor_topics::{Abort, Position, Snapshot, TopicId, Tx};

use super::{
    Chat, Enlisted, Joined, Member, RoomSummary, append, bans::barred, create, own::needs_account,
    refused, rights_of,
};
use crate::{
    event::ChatEvent,
    limits::{ROOMS_BY_GUESTS_MAX, ROOMS_MAX, ROOMS_PER_ACCOUNT},
    message::Author,
    refusal::Refusal,
    room::{Room, RoomName},
    rules::{self, Namesakes},
    tables::{self, Sight},
};

/// What is known about a room before its door is opened.
pub(super) struct Admission {
    pub(super) sight: Sight,
    position: Position,
    created: bool,
    /// Whether the room came on the account's list by this.
    news: bool,
}

impl Chat {
    /// Joins a room; creates it when it is missing. A session that is in already gets the same
    /// answer again. For an account the room goes on its list, and its other live sessions are
    /// told on its inbox; for a guest nothing is written.
    pub async fn join(&self, who: &Attached, name: &RoomName) -> Result<Joined, Failure<Refusal>> {
        let bans = self.shared.bans.load(Ordering::SeqCst);
        let admission = self.let_in(who, name).await?;
        let joined = self.enter(who, &admission).await?;
        self.leave_if_banned(who, joined.room.topic, bans).await?;
        self.announce_joined(who, &admission);
        Ok(joined)
    }

    /// Puts a room on the account's list, which lets it read and post there, without entering it
    /// with this session: for programs without a live connection. An account that stays in its
    /// rooms is there from then on. Creates the room when it is missing.
    pub async fn enlist(
        &self,
        who: &Attached,
        name: &RoomName,
    ) -> Result<Enlisted, Failure<Refusal>> {
        needs_account(who)?;
        let admission = self.let_in(who, name).await?;
        self.belong(who, admission.sight.room.topic).await?;
        self.announce_joined(who, &admission);
        let Admission { sight, created, .. } = admission;
        Ok(Enlisted { room: sight.room, created })
    }

    /// Lets the account be in a room that is on its list, if it stays anywhere without a session.
    pub(super) async fn belong(&self, who: &Attached, room: TopicId) -> Result<(), Error> {
        self.link.belong(who.person, room).await?;
        // As in following: the room may have been left since.
        let person = who.person;
        let listed = self.store.read(move |snapshot| tables::is_listed(snapshot, person, room));
        if !listed.await? {
            self.link.withdraw(person, room, "").await;
        }
        Ok(())
    }

    /// Follows the account into a room that another of its sessions has joined. Refused if it has
    /// left again since: nobody comes back into a room by following.
    pub async fn follow(&self, who: &Attached, room: TopicId) -> Result<Joined, Failure<Refusal>> {
        let admission = self.listed(who, room).await?;
        let joined = self.enter(who, &admission).await?;
        // Leaving takes the room off the list first, then out of presence. Whoever entered in
        // between finds it off the list here.
        if let Err(why) = self.listed(who, room).await {
            who.forget(room);
            self.link.leave(who.session, room, "").await;
            return Err(why);
        }
        Ok(joined)
    }

    /// Opens the door to a room: by looking only, if there is nothing to write.
    pub(super) async fn let_in(
        &self,
        who: &Attached,
        name: &RoomName,
    ) -> Result<Admission, Failure<Refusal>> {
        self.ready().await?;
        let (session, wanted) = (who.clone(), name.folded());
        let looked = self.store.read(move |snapshot| look(snapshot, &session, &wanted)).await?;
        if let Some((sight, position)) = looked {
            rules::permit(&who.actor(), Verb::Enter, &sight.rights).map_err(Failure::Refused)?;
            let lists = who.account.is_some();
            let is_member = sight.listed && sight.rights.role >= Role::Member;
            // An invitation that was not needed is used up all the same.
            if !sight.rights.invited && (is_member || !lists) {
                return Ok(Admission { sight, position, created: false, news: false });
            }
        }
        self.admit(who, name).await
    }

    /// Looks at a room that is on the account's list.
    async fn listed(&self, who: &Attached, room: TopicId) -> Result<Admission, Failure<Refusal>> {
        let actor = who.actor();
        let looked = self.store.read(move |snapshot| {
            let sight = tables::by_topic(snapshot, &actor, room)?.filter(|sight| sight.listed);
            let Some(sight) = sight else { return Ok(None) };
            let position = snapshot.position(room)?;
            Ok(Some(Admission { sight, position, created: false, news: false }))
        });
        looked.await?.ok_or(Failure::Refused(Refusal::NotAMember))
    }

    async fn enter(
        &self,
        who: &Attached,
        admission: &Admission,
    ) -> Result<Joined, Failure<Refusal>> {
        let topic = admission.sight.room.topic;
        // An account that is let in has the room on its list.
        let capacity = match who.account {
            Some(_) => Capacity::Member,
            None => Capacity::Visitor,
        };
        let entered = self.link.enter(who.session, topic, capacity).await?;
        who.keep(topic, entered.stay.clone());
        Ok(admission.joined(entered))
    }

    /// Tells the account's other sessions of a room that is new to it.
    pub(super) fn announce_joined(&self, who: &Attached, admission: &Admission) {
        if admission.news {
            let Room { topic: room, name, .. } = &admission.sight.room;
            let event = ChatEvent::Joined { room: *room, name: name.clone() };
            self.announce_own(who, *room, &event);
        }
    }

    /// Announces something about a room on the own inbox.
    pub(super) fn announce_own(&self, who: &Attached, room: TopicId, event: &ChatEvent) {
        self.announce(&[who.inbox], who.person, Some(room.0), event);
    }

    async fn admit(&self, who: &Attached, name: &RoomName) -> Result<Admission, Failure<Refusal>> {
        self.sweep_rooms().await?;
        let most = if who.account.is_some() { ROOMS_MAX } else { ROOMS_BY_GUESTS_MAX };
        let full = self.shared.rooms.load(Ordering::Relaxed) >= most;
        let (who, name) = (who.clone(), name.clone());
        let admitted = self.store.write(move |tx| admit(tx, &who, &name, full));
        let admission = admitted.await?.value;
        if admission.created {
            self.shared.rooms.fetch_add(1, Ordering::Relaxed);
        }
        Ok(admission)
    }

    /// Leaves a room, with every session of the person: other devices are told on the inbox. The
    /// room goes off the account's list. Who may not speak there has no last words either.
    pub async fn part(
        &self,
        who: &Attached,
        room: TopicId,
        reason: &str,
    ) -> Result<Left, Failure<Refusal>> {
        let was_here = who.stay(room).is_some();
        let person = who.person;
        let reason =
            if reason.is_empty() || self.may_speak(who, room).await? { reason } else { "" };
        let mut was_listed = false;
        if who.account.is_some() {
            let unlisted = self.store.write::<_, Refusal>(move |tx| {
                resign(tx, person, room)?;
                Ok(tables::unlist(tx, person, room)?)
            });
            was_listed = unlisted.await?.value;
        }
        who.forget(room);
        let left = self.link.withdraw(person, room, reason).await;
        if was_here || was_listed || left {
            if who.account.is_some() {
                let reason = reason.to_owned();
                self.announce_own(who, room, &ChatEvent::Parted { room, reason });
            }
            Ok(Left { was_here, last: true })
        } else {
            Err(Failure::Refused(Refusal::NotAMember))
        }
    }

    async fn may_speak(&self, who: &Attached, room: TopicId) -> Result<bool, Error> {
        let asker = who.clone();
        let asked = self.store.read(move |snapshot| {
            let rights = rights_of(snapshot, &asker, room)?;
            Ok(rules::permit(&asker.actor(), Verb::Post, &rights).is_ok())
        });
        Ok(asked.await?)
    }

    /// Finds a room by name, whoever asks: for protocols that must tell a private room from none.
    pub async fn resolve(&self, name: &RoomName) -> Result<Option<Room>, Error> {
        self.prepare().await?;
        let (folded, nobody) = (name.folded(), nobody());
        let found = self.store.read(move |snapshot| tables::by_name(snapshot, &nobody, &folded));
        Ok(found.await?.map(|sight| sight.room))
    }

    /// Finds a room by name, if the asker may know of it.
    pub async fn visible(&self, who: &Attached, name: &RoomName) -> Result<Option<Room>, Error> {
        self.prepare().await?;
        let (folded, who) = (name.folded(), who.clone());
        let found = self.store.read(move |snapshot| {
            let sight = tables::by_name(snapshot, &who.actor(), &folded)?;
            Ok(sight.filter(|sight| is_visible(&who, sight)))
        });
        Ok(found.await?.map(|sight| sight.room))
    }

    /// Finds the room of a topic, if the asker may know of it.
    pub async fn room(&self, who: &Attached, topic: TopicId) -> Result<Option<Room>, Error> {
        let who = who.clone();
        let found = self.store.read(move |snapshot| {
            let sight = tables::by_topic(snapshot, &who.actor(), topic)?;
            Ok(sight.filter(|sight| is_visible(&who, sight)))
        });
        Ok(found.await?.map(|sight| sight.room))
    }

    /// Lists the rooms the asker may know of, by name.
    pub async fn rooms(&self, who: &Attached) -> Result<Vec<RoomSummary>, Error> {
        self.prepare().await?;
        let who = who.clone();
        let sights = self.store.read(move |snapshot| {
            let sights = tables::all(snapshot, &who.actor())?;
            Ok(sights.into_iter().filter(|sight| is_visible(&who, sight)).collect::<Vec<_>>())
        });
        let sights = sights.await?;
        let topics = sights.iter().map(|sight| sight.room.topic).collect();
        let counts = self.link.counts(topics).await;
        let rooms = sights.into_iter().zip(counts).map(|(sight, members)| RoomSummary {
            room: sight.room,
            members,
            joined: sight.listed,
        });
        Ok(rooms.collect())
    }

    /// Lists who is present in a room, those with the highest roles first.
    pub async fn members(
        &self,
        who: &Attached,
        room: TopicId,
    ) -> Result<Vec<Member>, Failure<Refusal>> {
        let asker = who.clone();
        let roles = self.store.read(move |snapshot| {
            let rights = rights_of(snapshot, &asker, room)?;
            if let Err(why) = rules::permit(&asker.actor(), Verb::Read, &rights) {
                return Ok(Err(why));
            }
            parlor_hub::standings(snapshot, room).map(Ok)
        });
        let roles = roles.await?.map_err(Failure::Refused)?;
        let roles: std::collections::HashMap<_, _> = roles.into_iter().collect();
        let attendees = self.link.members(room).await;
        let mut members: Vec<_> = attendees
            .iter()
            .map(|attendee| Member {
                present: attendee.present.clone(),
                revealed: attendee.revealed,
                role: roles.get(&attendee.person).copied().unwrap_or_default(),
            })
            .collect();
        members.sort_by_key(|member| std::cmp::Reverse(member.role));
        Ok(members)
    }

    /// Changes the subject of a room.
    pub async fn set_subject(
        &self,
        who: &Attached,
        room: TopicId,
        subject: String,
    ) -> Result<(), Failure<Refusal>> {
        let subject = rules::subject(&subject).map_err(Failure::Refused)?;
        let who = who.clone();
        let changed = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            rules::permit(&who.actor(), Verb::SetSubject, &rights).map_err(refused)?;
            let by = Author::of(&who);
            tables::set_subject(tx, room, &subject, &by.nick)?;
            append(tx, room, &ChatEvent::SubjectChanged { by, subject: subject.clone() })?;
            Ok(())
        });
        Ok(changed.await.map(drop)?)
    }
}

impl Admission {
    /// What joining has given once presence has let the person in.
    pub(super) fn joined(&self, entered: Entered) -> Joined {
        let (room, role) = (self.sight.room.clone(), self.sight.rights.standing());
        Joined { room, position: self.position, entered, role, created: self.created }
    }
}

/// Reads a room and where its topic stands, as one session sees it.
fn look(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    folded: &str,
) -> Result<Option<(Sight, Position)>, parlor_topics::Error> {
    let Some(mut sight) = tables::by_name(snapshot, &who.actor(), folded)? else {
        return Ok(None);
    };
    sight.rights.present |= who.stay(sight.room.topic).is_some();
    sight.rights.barred = barred(snapshot, who, sight.room.topic)?;
    let position = snapshot.position(sight.room.topic)?;
    Ok(Some((sight, position)))
}

/// Opens the door: creates the room if need be, and notes an account as a member.
fn admit(
    tx: &mut Tx<'_>,
    who: &Attached,
    name: &RoomName,
    full: bool,
) -> Result<Admission, Abort<Refusal>> {
    let folded = name.folded();
    let created = !tables::exists(tx, &folded)?;
    if created {
        if full {
            return Err(refused(Refusal::TooManyRooms));
        }
        let others = Namesakes { same: false, alike: tables::looks::taken(tx, name, None)? };
        rules::room_name(name, others).map_err(refused)?;
        create(tx, name, Some(Author::of(who)))?;
    }
    let missing = || refused(Refusal::NoSuchRoom);
    let (sight, _) = look(tx, who, &folded)?.ok_or_else(missing)?;
    let topic = sight.room.topic;
    let permit = rules::permit(&who.actor(), Verb::Enter, &sight.rights).map_err(refused)?;
    let mut news = false;
    if who.account.is_some() {
        news = !sight.listed;
        if news && tables::count_listed(tx, who.person)? >= ROOMS_PER_ACCOUNT {
            return Err(refused(Refusal::TooManyRooms));
        }
        tables::list(tx, who.person, topic)?;
        if sight.rights.role < Role::Member {
            set_role(tx, &permit, who.person, Role::Member)?;
        }
    }
    use_invited(tx, who.person, topic)?;
    let (sight, position) = look(tx, who, &folded)?.ok_or_else(missing)?;
    Ok(Admission { sight, position, created, news })
}

/// Says whether somebody may know that a room exists: also a guest of the room it is in.
fn is_visible(who: &Attached, sight: &Sight) -> bool {
    let present = sight.rights.present || who.stay(sight.room.topic).is_some();
    let rights = Rights { present, ..sight.rights };
    rules::permit(&who.actor(), Verb::Read, &rights).is_ok()
}

/// Somebody without any right.
fn nobody() -> Actor {
    Actor { person: tables::NOBODY, account: None, admin: false }
}
