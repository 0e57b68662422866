//! Another nick: the hub's to give, and a way into the bans of rooms.
//!
//! Whoever is called as a room bans is out of it at once, whether a device of it is connected or its
//! account only stays: nobody keeps a place under a nick it could not come in with. So everybody
//! looks whose act has given somebody a nick: who chose one, and who claimed its own name, for
//! whoever had to give it up. Connections look once more when they hear of their person's new nick,
//! and when they come, if one was given while none was there to hear of it: whoever should have
//! looked may have been gone by then.

use parlor_hub::{Attached, Barred, Failure, Nick, NickRefusal, PersonId, Role, resign};
use parlor_topics::TopicId;

use super::Chat;
use crate::{
    ban::{self, Face},
    event::ChatEvent,
    refusal::Refusal,
    tables::{self, order},
};

/// What a room is told of who leaves it because of its new nick.
const WHY: &str = "banned under this nick";

impl Chat {
    /// Gives the person of a session another nick. Rooms that keep out whoever is called so are
    /// left before this returns, also by whoever had to give it up.
    pub async fn rename(&self, who: &Attached, nick: &Nick) -> Result<Nick, Failure<NickRefusal>> {
        let renamed = self.link.rename(who.session, nick).await?;
        for person in renamed.displaced.into_iter().chain([who.person]) {
            self.renamed(person).await;
        }
        Ok(renamed.nick)
    }

    /// Sees to the nicks that have changed by somebody's coming: its own, and that of whoever had to
    /// give up the name. For protocols, as soon as a session is attached.
    pub async fn arrived(&self, who: &Attached) {
        let own = who.renamed.then_some(who.person);
        for person in who.displaced.into_iter().chain(own) {
            self.renamed(person).await;
        }
    }

    /// Sees to it that a person who has another nick is in no room that keeps out whoever is called
    /// so. For protocols, when they hear of a nick that the person did not choose: the owner of a
    /// name has claimed it, or another of the person's devices has taken another one.
    pub async fn renamed(&self, person: PersonId) {
        match self.leave_where_banned(person).await {
            Ok(()) => {}
            // The nick is given; what it is kept out of, it does not come back into.
            Err(failure) => tracing::warn!(%failure, "who was renamed may still be in rooms"),
        }
    }

    async fn leave_where_banned(&self, person: PersonId) -> Result<(), Failure<Refusal>> {
        let Some(present) = self.link.people(vec![person]).await.pop() else { return Ok(()) };
        let has_account = present.account.is_some();
        let rooms = self.link.whereabouts(person).await;
        let found = self.store.read(move |snapshot| {
            let mut closed: Vec<TopicId> = Vec::new();
            for room in rooms {
                let bans = order::bans(snapshot, room)?;
                if ban::barred(&bans, &Face::from(&*present)) == Barred::Banned
                    && parlor_hub::standing(snapshot, room, person)? < Role::Moderator
                {
                    closed.push(room);
                }
            }
            Ok((closed, parlor_hub::inbox(snapshot, person)?))
        });
        let (closed, inbox) = found.await?;
        for room in closed {
            let unlisted = self.store.write::<_, Refusal>(move |tx| {
                resign(tx, person, room)?;
                Ok(tables::unlist(tx, person, room)?)
            });
            unlisted.await?;
            // Two may look at the same time: the devices are told by one of them.
            let was_there = self.link.withdraw(person, room, WHY).await;
            if let (true, true, Some(inbox)) = (was_there, has_account, inbox) {
                let reason = WHY.to_owned();
                let event = ChatEvent::Parted { room, reason };
                self.announce(&[inbox], person, Some(room.0), &event);
            }
        }
        Ok(())
    }
}
