//! A guest who signs in goes on in its rooms as the account's person.

use std::sync::atomic::Ordering;

use parlor_hub::{Attached, Error};
use parlor_topics::TopicId;

use super::{Chat, Joined, rooms::Admission};
use crate::tables;

impl Chat {
    /// Lets the account's person that [`parlor_hub::Link::succeed`] has seated go on in these rooms
    /// of a guest, as far as it may; the guest leaves the others and is gone. The rooms go on the
    /// account's list. Returns those it is in now.
    pub async fn succeed(
        &self,
        guest: &Attached,
        who: &Attached,
        rooms: &[TopicId],
    ) -> Result<Vec<Joined>, Error> {
        self.arrived(who).await;
        let bans = self.shared.bans.load(Ordering::SeqCst);
        let mut admissions: Vec<Admission> = Vec::new();
        for room in rooms.iter().copied() {
            let name = self.store.read(move |snapshot| tables::name_of(snapshot, room)).await?;
            let Some(name) = name else { continue };
            match self.let_in(who, &name).await {
                Ok(admission) => admissions.push(admission),
                Err(failure) => tracing::debug!(?failure, "a room was left by signing in"),
            }
        }
        let topics = admissions.iter().map(|admission| admission.sight.room.topic).collect();
        let mut entered = self.link.take_over(guest.session, who.session, topics).await?;
        let mut joined = Vec::new();
        for admission in admissions {
            let topic = admission.sight.room.topic;
            let Some(at) = entered.iter().position(|(at, _)| *at == topic) else { continue };
            let (_, entered) = entered.swap_remove(at);
            who.keep(topic, entered.stay.clone());
            if let Err(failure) = self.leave_if_banned(who, topic, bans).await {
                tracing::debug!(?failure, "a room was left by signing in");
                continue;
            }
            self.announce_joined(who, &admission);
            joined.push(admission.joined(entered));
        }
        Ok(joined)
    }
}
