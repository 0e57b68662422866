//! Read offsets as times, and the names of those one talks with: for protocols without offsets.

use parlor_hub::{Attached, Error, Failure, PersonId};

use super::{
    Chat, Mark,
    history::{first_at, readable},
};
use crate::{
    message::Scope,
    refusal::Refusal,
    tables::{self, Milestone},
};

impl Chat {
    /// Returns the last message that the asker has read.
    pub async fn mark(
        &self,
        who: &Attached,
        scope: Scope,
    ) -> Result<Option<Mark>, Failure<Refusal>> {
        let who = who.clone();
        let found = self.store.read(move |snapshot| match readable(snapshot, &who, scope)? {
            Ok(stretch) => {
                let read = tables::read_offset(snapshot, who.person, stretch)?;
                tables::up_to_offset(snapshot, stretch, read).map(Ok)
            }
            Err(why) => Ok(Err(why)),
        });
        Ok(found.await?.map_err(Failure::Refused)?.map(Mark::of))
    }

    /// Finds the last message at or before a time.
    pub async fn last_until(
        &self,
        who: &Attached,
        scope: Scope,
        at_ms: u64,
    ) -> Result<Option<Mark>, Failure<Refusal>> {
        let who = who.clone();
        let found = self.store.read(move |snapshot| match readable(snapshot, &who, scope)? {
            Ok(stretch) => match first_at(snapshot, stretch, at_ms.saturating_add(1))? {
                Some(next) => {
                    tables::up_to_offset(snapshot, stretch, next.saturating_sub(1)).map(Ok)
                }
                None => tables::last(snapshot, stretch).map(Ok),
            },
            Err(why) => Ok(Err(why)),
        });
        Ok(found.await?.map_err(Failure::Refused)?.map(Mark::of))
    }

    /// Returns the nick of a person now, or when it last spoke with the asker.
    pub async fn name_of(&self, who: &Attached, person: PersonId) -> Result<Option<String>, Error> {
        if let Some(present) = self.link.people(vec![person]).await.pop() {
            return Ok(Some(present.nick.to_string()));
        }
        let inbox = who.inbox;
        let kept = self.store.read(move |snapshot| tables::nick_of_peer(snapshot, inbox, person));
        Ok(kept.await?)
    }
}

impl Mark {
    fn of(found: Milestone) -> Self {
        Self { offset: found.offset, at_ms: found.at_ms }
    }
}
