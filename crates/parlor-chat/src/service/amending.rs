//! Changing what was said: editing it, and taking it back.
//!
//! A direct message lies in two inboxes, and everything that becomes of it happens to both copies
//! in one transaction.

use parlor_hub::{Attached, Failure, Verb, inbox};
use parlor_topics::{Abort, Snapshot, TopicId, Tx};

use super::{Chat, Version, append, current::current_one, history::readable, refused, rights_of};
use crate::{
    command::Edit,
    event::{About, ChatEvent},
    limits::EDITS_MAX,
    message::{Author, Message, Recipient, Reply, Scope},
    refusal::Refusal,
    rules,
    tables::{self, Indexed, Stretch, amended, files},
};

impl Chat {
    /// Gives a message of the asker's another text. Returns the place of the message.
    pub async fn edit(
        &self,
        who: &Attached,
        scope: Scope,
        edit: Edit,
    ) -> Result<u64, Failure<Refusal>> {
        let text = rules::text(&edit.text).map_err(Failure::Refused)?;
        rules::msgid(&edit.msgid).map_err(Failure::Refused)?;
        if let Some(key) = &edit.key {
            rules::key(key).map_err(Failure::Refused)?;
        }
        // The key is the person's own, and that of an edit is no message's.
        let key = edit.key.map(|key| format!("chat-edit/{key}"));
        let (msgid, asker) = (edit.msgid, who.clone());
        self.link.touch(who);
        self.reveal_in(who, scope).await;
        let edited = self.store.write(move |tx| {
            permit(tx, &asker, scope, Verb::Post)?;
            let copies = Copies::find(tx, &asker, scope, &msgid)?;
            if let Some(key) = &key {
                if tx.seen(asker.person.0, key)?.is_some() {
                    return Ok((copies.own.offset, Vec::new()));
                }
                tx.remember(asker.person.0, key, copies.stretch.topic, copies.own.offset)?;
            }
            copies.edit(tx, &asker, &text)?;
            Ok((copies.own.offset, copies.topics()))
        });
        let (offset, topics) = edited.await?.value;
        topics.into_iter().for_each(|topic| self.freshen(topic));
        Ok(offset)
    }

    /// Takes a message back: its author, and in rooms those who keep order, too. Its text, those
    /// of its edits and what replies show of it are overwritten in the store.
    pub async fn redact(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
        reason: String,
    ) -> Result<(), Failure<Refusal>> {
        let reason = rules::reason(&reason).map_err(Failure::Refused)?;
        rules::msgid(&msgid).map_err(Failure::Refused)?;
        let asker = who.clone();
        self.link.touch(who);
        self.reveal_in(who, scope).await;
        let redacted = self.store.write(move |tx| {
            permit(tx, &asker, scope, Verb::Read)?;
            let copies = Copies::find(tx, &asker, scope, &msgid)?;
            let own = copies.own.author == asker.person;
            if !own && matches!(scope, Scope::Direct(_)) {
                return Err(refused(Refusal::NotTheAuthor));
            }
            permit(tx, &asker, scope, Verb::Redact { own })?;
            copies.redact(tx, &asker, &reason)?;
            let mut contents = Vec::new();
            for (stretch, _) in copies.all() {
                contents.extend(files::release(tx, stretch.topic, &msgid)?);
            }
            Ok((contents, copies.topics()))
        });
        let (contents, topics) = redacted.await?.value;
        topics.into_iter().for_each(|topic| self.freshen(topic));
        self.clear_contents(contents).await;
        Ok(())
    }

    /// Reads the texts that a message has had, the one it was said with first and that of now last:
    /// for its author, and in rooms for those who keep order. They are there until the message is
    /// taken back, or until its room keeps it no longer.
    pub async fn edits(
        &self,
        who: &Attached,
        scope: Scope,
        msgid: String,
    ) -> Result<Vec<Version>, Failure<Refusal>> {
        rules::msgid(&msgid).map_err(Failure::Refused)?;
        let asker = who.clone();
        let read = self.store.read(move |snapshot| {
            let stretch = match readable(snapshot, &asker, scope)? {
                Ok(stretch) => stretch,
                Err(why) => return Ok(Err(why)),
            };
            let found = tables::find(snapshot, stretch, &msgid)?;
            let Some(found) = found.filter(|found| found.redacted == 0) else {
                return Ok(Err(Refusal::NoSuchMessage));
            };
            match scope {
                _ if found.author == asker.person => {}
                Scope::Direct(_) => return Ok(Err(Refusal::NotTheAuthor)),
                Scope::Room(room) => {
                    let rights = rights_of(snapshot, &asker, room)?;
                    let verb = Verb::Redact { own: false };
                    if let Err(why) = rules::permit(&asker.actor(), verb, &rights) {
                        return Ok(Err(why));
                    }
                }
            }
            versions(snapshot, stretch.topic, found.offset).map(Ok)
        });
        read.await?.map_err(Failure::Refused)
    }

    /// Tells a quiet room who is about to do something there.
    pub(super) async fn reveal_in(&self, who: &Attached, scope: Scope) {
        if let Scope::Room(room) = scope {
            self.reveal(who, room).await;
        }
    }
}

/// Asks permission in a room; in a conversation everybody may do what is its own.
pub(super) fn permit(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    scope: Scope,
    verb: Verb,
) -> Result<(), Abort<Refusal>> {
    let Scope::Room(room) = scope else { return Ok(()) };
    let rights = rights_of(snapshot, who, room)?;
    rules::permit(&who.actor(), verb, &rights).map(drop).map_err(refused)
}

/// A message in all the places where it is.
pub(super) struct Copies {
    /// Where the asker reads it.
    pub(super) stretch: Stretch,
    pub(super) own: Indexed,
    /// Where the other person of a conversation does, if it still has an inbox.
    theirs: Option<(Stretch, Indexed)>,
    msgid: String,
    peer: Option<Recipient>,
}

impl Copies {
    /// Finds a message by its id.
    pub(super) fn find(
        tx: &Tx<'_>,
        who: &Attached,
        scope: Scope,
        msgid: &str,
    ) -> Result<Self, Abort<Refusal>> {
        let stretch = Stretch::of(scope, who.inbox);
        let own = tables::find(tx, stretch, msgid)?.ok_or(refused(Refusal::NoSuchMessage))?;
        let mut found = Self { stretch, own, theirs: None, msgid: msgid.to_owned(), peer: None };
        if let Scope::Direct(person) = scope {
            let nick = tables::nick_of_peer(tx, who.inbox, person)?.unwrap_or_default();
            found.peer = Some(Recipient { person, nick });
            if let Some(topic) = inbox(tx, person)?.filter(|theirs| *theirs != who.inbox) {
                let stretch = Stretch { topic, peer: who.person };
                let copy = tables::find(tx, stretch, msgid)?;
                found.theirs = copy.map(|copy| (stretch, copy));
            }
        }
        Ok(found)
    }

    /// Every copy, the asker's own last.
    pub(super) fn all(&self) -> impl Iterator<Item = (Stretch, Indexed)> {
        self.theirs.into_iter().chain([(self.stretch, self.own)])
    }

    /// Returns the topics of all copies.
    fn topics(&self) -> Vec<TopicId> {
        self.all().map(|(stretch, _)| stretch.topic).collect()
    }

    /// Returns who does something to the copy at a place.
    pub(super) fn about(&self, who: &Attached, copy: &Indexed) -> About {
        let (by, to, msgid) = (Author::of(who), self.peer.clone(), self.msgid.clone());
        About { by, to, msgid, offset: copy.offset }
    }

    fn edit(&self, tx: &mut Tx<'_>, who: &Attached, text: &str) -> Result<(), Abort<Refusal>> {
        rules::may_edit(who.person, self.own.author, self.own.redacted > 0).map_err(refused)?;
        let now = current_one(tx, self.stretch.topic, &self.own)?;
        if now.ok_or(refused(Refusal::NoSuchMessage))?.text == text {
            return Ok(());
        }
        let edits = amended::edits(tx, self.stretch.topic, self.own.offset)?;
        if edits.len() as u64 >= EDITS_MAX {
            return Err(refused(Refusal::TooMany { max: EDITS_MAX }));
        }
        for (stretch, copy) in self.all() {
            let about = self.about(who, &copy);
            let event = ChatEvent::Edited { about, text: text.to_owned() };
            let offset = append(tx, stretch.topic, &event)?;
            amended::note_edit(tx, stretch, copy.offset, offset)?;
        }
        Ok(())
    }

    fn redact(&self, tx: &mut Tx<'_>, who: &Attached, reason: &str) -> Result<(), Abort<Refusal>> {
        // Taken back once is taken back: the second one has nothing to do.
        if self.own.redacted > 0 {
            return Ok(());
        }
        for (stretch, copy) in self.all() {
            overwrite(tx, stretch, &copy)?;
            let about = self.about(who, &copy);
            let event = ChatEvent::Redacted { about, reason: reason.to_owned() };
            let offset = append(tx, stretch.topic, &event)?;
            amended::note_redaction(tx, stretch, copy.offset, offset)?;
        }
        Ok(())
    }
}

/// Reads the texts of a message, the earliest first.
fn versions(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    message: u64,
) -> Result<Vec<Version>, parlor_topics::Error> {
    let mut versions = Vec::new();
    let edits = amended::edits(snapshot, topic, message)?;
    for offset in [message].into_iter().chain(edits) {
        let events = snapshot.events(topic, offset.saturating_sub(1), 1)?;
        let event = events.first().filter(|event| event.offset == offset);
        match event.map(|event| (event.at_ms, ChatEvent::decode(event))) {
            Some((at_ms, Some(ChatEvent::Posted(Message { text, .. })))) => {
                versions.push(Version { text, at_ms });
            }
            Some((at_ms, Some(ChatEvent::Edited { text, .. }))) => {
                versions.push(Version { text, at_ms });
            }
            _ => {}
        }
    }
    Ok(versions)
}

/// Overwrites the text of a message wherever the store has it: the message, its edits, and what
/// replies show of it.
fn overwrite(
    tx: &mut Tx<'_>,
    stretch: Stretch,
    copy: &Indexed,
) -> Result<(), parlor_topics::Error> {
    let topic = stretch.topic;
    blank(tx, stretch, copy.offset, |message| {
        message.text = String::new();
        message.files = Vec::new();
        message.redacted = true;
    })?;
    for edit in amended::edits(tx, topic, copy.offset)? {
        let event = tx.events(topic, edit - 1, 1)?.into_iter().find(|event| event.offset == edit);
        if let Some(ChatEvent::Edited { about, .. }) = event.as_ref().and_then(ChatEvent::decode) {
            let body = ChatEvent::Edited { about, text: String::new() }.encode();
            tx.redact(topic, edit, &body)?;
        }
    }
    for reply in amended::quotes(tx, topic, copy.offset)? {
        blank(tx, stretch, reply, |message| {
            message.reply = message.reply.take().map(|reply| Reply::gone(reply.msgid));
        })?;
    }
    Ok(())
}

/// Rewrites the event of a message, if it is still there.
fn blank(
    tx: &mut Tx<'_>,
    stretch: Stretch,
    offset: u64,
    change: impl FnOnce(&mut Message),
) -> Result<(), parlor_topics::Error> {
    let events = tx.events(stretch.topic, offset - 1, 1)?;
    let event = events.iter().find(|event| event.offset == offset);
    if let Some(ChatEvent::Posted(mut message)) = event.and_then(ChatEvent::decode) {
        change(&mut message);
        tx.redact(stretch.topic, offset, &ChatEvent::Posted(message).encode())?;
    }
    Ok(())
}
