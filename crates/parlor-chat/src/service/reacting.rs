//! Reacting to what was said, and taking it back.

use parlor_hub::{Attached, Failure, Verb};

use super::{
    Chat,
    amending::{Copies, permit},
    append, refused,
};
use crate::{
    event::ChatEvent,
    limits::REACTIONS_MAX,
    message::Scope,
    refusal::Refusal,
    rules,
    tables::amended::{self, NewReaction},
};

impl Chat {
    /// Reacts to a message; doing so again changes nothing.
    pub async fn react(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        emoji: String,
    ) -> Result<(), Failure<Refusal>> {
        rules::msgid(&msgid).and_then(|()| rules::emoji(&emoji)).map_err(Failure::Refused)?;
        let asker = who.clone();
        self.link.touch(who);
        self.reveal_in(who, scope).await;
        let reacted = self.store.write(move |tx| {
            permit(tx, &asker, scope, Verb::Post)?;
            let copies = Copies::find(tx, &asker, scope, &msgid)?;
            let (topic, message) = (copies.stretch.topic, copies.own.offset);
            if copies.own.redacted > 0 {
                return Err(refused(Refusal::NoSuchMessage));
            }
            if amended::reacts(tx, topic, message, &emoji, asker.person)? {
                return Ok(());
            }
            if amended::count_other_reactions(tx, topic, message, &emoji)? >= REACTIONS_MAX {
                return Err(refused(Refusal::TooMany { max: REACTIONS_MAX }));
            }
            for (stretch, copy) in copies.all() {
                let about = copies.about(&asker, &copy);
                let event = ChatEvent::Reacted { about, emoji: emoji.clone() };
                let offset = append(tx, stretch.topic, &event)?;
                let (topic, message, emoji) = (stretch.topic, copy.offset, &emoji);
                let (person, nick) = (asker.person, asker.nick.as_str());
                let new = NewReaction { topic, message, emoji, person, nick, offset };
                amended::insert_reaction(tx, &new)?;
            }
            Ok(())
        });
        Ok(reacted.await.map(drop)?)
    }

    /// Takes a reaction back; one that is not there changes nothing.
    pub async fn unreact(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        emoji: String,
    ) -> Result<(), Failure<Refusal>> {
        rules::msgid(&msgid).and_then(|()| rules::emoji(&emoji)).map_err(Failure::Refused)?;
        let asker = who.clone();
        self.link.touch(who);
        self.reveal_in(who, scope).await;
        let taken = self.store.write(move |tx| {
            permit(tx, &asker, scope, Verb::Post)?;
            let copies = Copies::find(tx, &asker, scope, &msgid)?;
            let (topic, message) = (copies.stretch.topic, copies.own.offset);
            if !amended::reacts(tx, topic, message, &emoji, asker.person)? {
                return Ok(());
            }
            for (stretch, copy) in copies.all() {
                let (topic, person) = (stretch.topic, asker.person);
                amended::delete_reaction(tx, topic, copy.offset, &emoji, person)?;
                let about = copies.about(&asker, &copy);
                append(tx, topic, &ChatEvent::Unreacted { about, emoji: emoji.clone() })?;
            }
            Ok(())
        });
        Ok(taken.await.map(drop)?)
    }
}
