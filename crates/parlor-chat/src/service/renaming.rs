//! Another nick: the hub's to give, and a way into the bans of rooms.

use parlor_hub::{Attached, Barred, Failure, Nick, NickRefusal, Role, resign};
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
    /// left before this returns.
    pub async fn rename(&self, who: &Attached, nick: &Nick) -> Result<Nick, Failure<NickRefusal>> {
        let nick = self.link.rename(who.session, nick).await?;
        self.renamed(who).await;
        Ok(nick)
    }

    /// Sees to it that a person who has another nick is in no room that keeps out whoever is called
    /// so. For protocols, when they hear of a nick that the person did not choose: the owner of a
    /// name has claimed it, or another of the person's devices has taken another one.
    pub async fn renamed(&self, who: &Attached) {
        match self.leave_where_banned(who).await {
            Ok(()) => {}
            // The nick is given; what it is kept out of, it does not come back into.
            Err(failure) => tracing::warn!(%failure, "who was renamed may still be in rooms"),
        }
    }

    async fn leave_where_banned(&self, who: &Attached) -> Result<(), Failure<Refusal>> {
        let person = who.person;
        let Some(present) = self.link.people(vec![person]).await.pop() else { return Ok(()) };
        let rooms = self.link.whereabouts(person).await;
        let closed = self.store.read(move |snapshot| {
            let mut closed: Vec<TopicId> = Vec::new();
            for room in rooms {
                let bans = order::bans(snapshot, room)?;
                if ban::barred(&bans, &Face::from(&*present)) == Barred::Banned
                    && parlor_hub::standing(snapshot, room, person)? < Role::Moderator
                {
                    closed.push(room);
                }
            }
            Ok(closed)
        });
        for room in closed.await? {
            let unlisted = self.store.write::<_, Refusal>(move |tx| {
                resign(tx, person, room)?;
                Ok(tables::unlist(tx, person, room)?)
            });
            unlisted.await?;
            self.link.withdraw(person, room, WHY).await;
            if who.account.is_some() {
                let reason = WHY.to_owned();
                self.announce_own(who, room, &ChatEvent::Parted { room, reason });
            }
        }
        Ok(())
    }
}
