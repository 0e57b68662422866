//! Telling others that somebody is writing: never kept, and not too often.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use parlor_hub::{Attached, Failure, PersonId, Verb, inbox};
use parlor_topics::TopicId;

use super::{Chat, rights_of};
use crate::{
    command::TypingState,
    event::ChatEvent,
    limits::TYPING_REMEMBERED_MAX,
    message::{Author, Scope},
    refusal::Refusal,
    rules::{self, Typing},
};

/// Who was last passed on to be writing where.
#[derive(Default)]
pub(super) struct Writing(Mutex<HashMap<(PersonId, TopicId), Typing>>);

impl Chat {
    /// Tells a room, or the other person of a conversation, that the asker is writing or no longer.
    /// More often than every [`TYPING_INTERVAL_MS`](crate::limits::TYPING_INTERVAL_MS) nobody hears
    /// of it, and a quiet room does not of somebody it was not told of.
    pub async fn typing(
        &self,
        who: &Attached,
        scope: Scope,
        state: TypingState,
    ) -> Result<(), Failure<Refusal>> {
        let asker = who.clone();
        let topic = self.store.read(move |snapshot| match scope {
            Scope::Room(room) => {
                let rights = rights_of(snapshot, &asker, room)?;
                Ok(rules::permit(&asker.actor(), Verb::Post, &rights).map(|_| room))
            }
            Scope::Direct(person) => Ok(inbox(snapshot, person)?.ok_or(Refusal::NoSuchPerson)),
        });
        let topic = topic.await?.map_err(Failure::Refused)?;
        self.link.touch(who);
        let unseen = who.stay(topic).is_some_and(|stay| !stay.is_revealed());
        if !unseen && self.shared.writing.passes(who.person, topic, state, self.store.now_ms()) {
            let event = ChatEvent::Typing { by: Author::of(who), state };
            self.announce(&[topic], who.person, Some(who.person.0), &event);
        }
        Ok(())
    }
}

impl Writing {
    /// Says whether this is passed on, and remembers it then.
    fn passes(&self, person: PersonId, topic: TopicId, state: TypingState, now_ms: u64) -> bool {
        let mut writing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = writing.get(&(person, topic)).copied();
        let Some(next) = rules::typing(last, state, now_ms) else { return false };
        if writing.len() >= TYPING_REMEMBERED_MAX {
            writing.clear();
        }
        writing.insert((person, topic), next);
        true
    }
}
