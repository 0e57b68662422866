//! What was said before, and up to where somebody has read it.

use parlor_hub::{Attached, Failure, PersonId, Verb};
use parlor_topics::{Error, Snapshot, TopicId};

use super::{Chat, Moment, current::current, own::needs_account, rights_of};
use crate::{
    event::ChatEvent,
    message::{HistoryPage, Page, Scope},
    refusal::Refusal,
    rules,
    tables::{self, Found, Milestone, Stretch},
};

impl Chat {
    /// Reads a page of a room's messages, or of the asker's conversation with a person.
    pub async fn history(
        &self,
        who: &Attached,
        scope: Scope,
        page: Page,
    ) -> Result<HistoryPage, Failure<Refusal>> {
        let (who, limit) = (who.clone(), rules::page_size(page.limit));
        let read = self.store.read(move |snapshot| {
            let stretch = match readable(snapshot, &who, scope)? {
                Ok(stretch) => stretch,
                Err(why) => return Ok(Err(why)),
            };
            let Found { messages, more, more_after } =
                tables::page(snapshot, stretch, page.anchor, limit)?;
            let messages = current(snapshot, stretch, &messages, who.person)?;
            let position = snapshot.position(stretch.topic)?;
            Ok(Ok(HistoryPage { messages, more, more_after, position }))
        });
        read.await?.map_err(Failure::Refused)
    }

    /// Finds the offset of a message by its id, or of the first one at or after a time.
    pub async fn locate(
        &self,
        who: &Attached,
        scope: Scope,
        moment: Moment,
    ) -> Result<Option<u64>, Failure<Refusal>> {
        let who = who.clone();
        let found = self.store.read(move |snapshot| {
            let stretch = match readable(snapshot, &who, scope)? {
                Ok(stretch) => stretch,
                Err(why) => return Ok(Err(why)),
            };
            match &moment {
                Moment::Msgid(msgid) => tables::by_msgid(snapshot, stretch, msgid).map(Ok),
                Moment::At(at_ms) => first_at(snapshot, stretch, *at_ms).map(Ok),
            }
        });
        found.await?.map_err(Failure::Refused)
    }

    /// Marks a room, or the conversation with a person, as read up to an offset. It only
    /// increases, and never goes beyond what there is. Returns what is kept now; the account's
    /// other devices are told.
    pub async fn mark_read(
        &self,
        who: &Attached,
        topic: TopicId,
        direct: Option<PersonId>,
        offset: u64,
    ) -> Result<u64, Failure<Refusal>> {
        needs_account(who)?;
        let scope = direct.map_or(Scope::Room(topic), Scope::Direct);
        let (reader, asker) = (who.person, who.clone());
        let looked = self.store.read(move |snapshot| {
            let stretch = match readable(snapshot, &asker, scope)? {
                Ok(stretch) => stretch,
                Err(why) => return Ok(Err(why)),
            };
            let end = snapshot.position(stretch.topic)?.offset;
            let kept = tables::read_offset(snapshot, reader, stretch)?;
            Ok(Ok((stretch, end, kept)))
        });
        let (stretch, end, kept) = looked.await?.map_err(Failure::Refused)?;
        let offset = offset.min(end);
        if offset <= kept {
            return Ok(kept);
        }
        let marked = self.store.write::<_, Refusal>(move |tx| {
            tables::set_read_offset(tx, reader, stretch, offset)?;
            Ok(tables::read_offset(tx, reader, stretch)?)
        });
        let offset = marked.await?.value;
        let event = ChatEvent::Read { topic: stretch.topic, direct, offset };
        self.tell_devices(who, Some(scope), &event);
        Ok(offset)
    }

    /// Returns up to where the asker has read a room or the conversation with a person.
    pub async fn read_offset(
        &self,
        who: &Attached,
        topic: TopicId,
        direct: Option<PersonId>,
    ) -> Result<u64, Failure<Refusal>> {
        let (who, scope) = (who.clone(), direct.map_or(Scope::Room(topic), Scope::Direct));
        let kept = self.store.read(move |snapshot| match readable(snapshot, &who, scope)? {
            Ok(stretch) => tables::read_offset(snapshot, who.person, stretch).map(Ok),
            Err(why) => Ok(Err(why)),
        });
        kept.await?.map_err(Failure::Refused)
    }
}

/// Finds the messages of a scope, if the asker may read them.
pub(super) fn readable(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    scope: Scope,
) -> Result<Result<Stretch, Refusal>, Error> {
    if let Scope::Room(room) = scope {
        let rights = rights_of(snapshot, who, room)?;
        if let Err(why) = rules::permit(&who.actor(), Verb::Read, &rights) {
            return Ok(Err(why));
        }
    }
    Ok(Ok(Stretch::of(scope, who.inbox)))
}

/// Finds the first message at or after a time by halving, since times increase with offsets.
pub(super) fn first_at(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    at_ms: u64,
) -> Result<Option<u64>, Error> {
    let Some(last) = tables::last(snapshot, stretch)? else { return Ok(None) };
    if last.at_ms < at_ms {
        return Ok(None);
    }
    // Invariant: the first message at or after `low - 1` is too early, that at `high` is not.
    let (mut low, mut high) = (0, last.offset);
    while low < high {
        let middle = low + (high - low) / 2;
        match tables::from_offset(snapshot, stretch, middle)? {
            Some(Milestone { offset, at_ms: then }) if then < at_ms => low = offset + 1,
            _ => high = middle,
        }
    }
    Ok(tables::from_offset(snapshot, stretch, low)?.map(|found| found.offset))
}
