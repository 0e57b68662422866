//! Reacting to what was said, and taking it back.

use parlor_hub::{Attached, Failure, Verb};
use parlor_topics::{Abort, Tx};

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

/// What becomes of a reaction to a message.
type Change = fn(&mut Tx<'_>, &Attached, &Copies, &str) -> Result<(), Abort<Refusal>>;

impl Chat {
    /// Reacts to a message; doing so again changes nothing.
    pub async fn react(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        emoji: String,
    ) -> Result<(), Failure<Refusal>> {
        self.change_reaction(who, scope, msgid, emoji, add).await
    }

    /// Takes a reaction back; one that is not there changes nothing.
    pub async fn unreact(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        emoji: String,
    ) -> Result<(), Failure<Refusal>> {
        self.change_reaction(who, scope, msgid, emoji, take).await
    }

    async fn change_reaction(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        emoji: String,
        change: Change,
    ) -> Result<(), Failure<Refusal>> {
        rules::msgid(&msgid).and_then(|()| rules::emoji(&emoji)).map_err(Failure::Refused)?;
        let asker = who.clone();
        self.link.touch(who);
        self.reveal_in(who, scope).await;
        let changed = self.store.write(move |tx| {
            permit(tx, &asker, scope, Verb::Post)?;
            let copies = Copies::find(tx, &asker, scope, &msgid)?;
            change(tx, &asker, &copies, &emoji)
        });
        Ok(changed.await.map(drop)?)
    }
}

fn add(
    tx: &mut Tx<'_>,
    who: &Attached,
    copies: &Copies,
    emoji: &str,
) -> Result<(), Abort<Refusal>> {
    let (topic, message) = (copies.stretch.topic, copies.own.offset);
    if copies.own.redacted > 0 {
        return Err(refused(Refusal::NoSuchMessage));
    }
    if amended::reacts(tx, topic, message, emoji, who.person)? {
        return Ok(());
    }
    if amended::count_other_reactions(tx, topic, message, emoji)? >= REACTIONS_MAX {
        return Err(refused(Refusal::TooMany { max: REACTIONS_MAX }));
    }
    for (stretch, copy) in copies.all() {
        let (topic, message) = (stretch.topic, copy.offset);
        let about = copies.about(who, &copy);
        let offset = append(tx, topic, &ChatEvent::Reacted { about, emoji: emoji.to_owned() })?;
        let (person, nick) = (who.person, who.nick.as_str());
        let new = NewReaction { topic, message, emoji, person, nick, offset };
        amended::insert_reaction(tx, &new)?;
    }
    Ok(())
}

fn take(
    tx: &mut Tx<'_>,
    who: &Attached,
    copies: &Copies,
    emoji: &str,
) -> Result<(), Abort<Refusal>> {
    let (topic, message) = (copies.stretch.topic, copies.own.offset);
    if !amended::reacts(tx, topic, message, emoji, who.person)? {
        return Ok(());
    }
    for (stretch, copy) in copies.all() {
        amended::delete_reaction(tx, stretch.topic, copy.offset, emoji, who.person)?;
        let about = copies.about(who, &copy);
        let event = ChatEvent::Unreacted { about, emoji: emoji.to_owned() };
        append(tx, stretch.topic, &event)?;
    }
    Ok(())
}
