//! Saying something: messages, kept before they are answered, and what is only passed on.

use bytes::Bytes;
use parlor_hub::{Attached, Error, Failure, Nick, PersonId, Verb, inbox};
use parlor_topics::{Abort, NewEvent, TopicId, Tx};

use super::{
    Chat, Posted,
    current::{current_one, quoted},
    refused, rights_of,
};
use crate::{
    command::{NewMessage, Target},
    event::{self, ChatEvent},
    limits::{FILES_PER_MESSAGE, QUOTES_MAX},
    message::{Author, Message, Recipient, Reply},
    msgid::msgid,
    refusal::Refusal,
    rules,
    tables::{self, Entry, Stretch, amended, files, order},
};

/// A message on its way into the store, encoded once and outside the writer's thread. Only one
/// that answers another is encoded there, with what it answers.
struct Draft {
    who: Attached,
    message: Message,
    body: Bytes,
    key: Option<String>,
}

impl Chat {
    /// Posts a message. It is on disk before this returns. Posting again with the same key posts
    /// nothing and returns what was posted first.
    pub async fn post(
        &self,
        who: &Attached,
        target: Target,
        message: NewMessage,
    ) -> Result<Posted, Failure<Refusal>> {
        let text = match rules::text(&message.text) {
            Err(Refusal::Empty) if !message.files.is_empty() => Ok(String::new()),
            text => text,
        };
        let text = text.map_err(Failure::Refused)?;
        if message.files.len() > FILES_PER_MESSAGE {
            let max = FILES_PER_MESSAGE;
            return Err(Failure::Refused(Refusal::TooManyFiles { max }));
        }
        let files = self.own_files(who, message.files).await?;
        if let Some(key) = &message.key {
            rules::key(key).map_err(Failure::Refused)?;
        }
        self.link.touch(who);
        let to = match &target {
            Target::Room(_) => None,
            Target::Person(person, nick) => {
                Some(Recipient { person: *person, nick: nick.to_string() })
            }
        };
        // The key is the person's own, and chat's own among the apps.
        let key = message.key.map(|key| format!("chat/{key}"));
        let message = Message {
            // Place and time are the store's; they are not part of the body.
            topic: who.inbox,
            offset: 0,
            at_ms: 0,
            msgid: msgid(self.store.now_ms(), randomness()?),
            author: Author::of(who),
            to,
            kind: message.kind,
            text,
            files,
            // Nobody's message is lost because of what a client says it answers.
            reply: message.reply.filter(|id| rules::msgid(id).is_ok()).map(Reply::gone),
            edited_ms: None,
            redacted: false,
            reactions: Vec::new(),
        };
        let body = ChatEvent::Posted(message.clone()).encode();
        let draft = Draft { who: who.clone(), message, body, key };
        match target {
            Target::Room(room) => {
                self.reveal(who, room).await;
                let posted = self.store.write(move |tx| draft.post_in_room(tx, room)).await?;
                self.freshen(room);
                Ok(posted.value)
            }
            Target::Person(peer, nick) => {
                let posted = self.store.write(move |tx| draft.post_direct(tx, peer, &nick)).await?;
                let (posted, theirs) = posted.value;
                self.freshen(posted.topic);
                self.freshen(theirs);
                Ok(posted)
            }
        }
    }

    /// Passes something on to who is there now, without keeping it.
    pub async fn relay(
        &self,
        who: &Attached,
        target: Target,
        text: String,
    ) -> Result<(), Failure<Refusal>> {
        rules::relayed(&text).map_err(Failure::Refused)?;
        self.link.touch(who);
        let (asker, wanted) = (who.clone(), target.clone());
        let topics = self.store.read(move |snapshot| match wanted {
            Target::Room(room) => {
                let rights = rights_of(snapshot, &asker, room)?;
                let permit = rules::permit(&asker.actor(), Verb::Post, &rights);
                Ok(permit.map(|_| vec![room]))
            }
            Target::Person(peer, _) => match inbox(snapshot, peer)? {
                // The author's other devices see it, too.
                Some(theirs) if theirs != asker.inbox => Ok(Ok(vec![theirs, asker.inbox])),
                Some(own) => Ok(Ok(vec![own])),
                None => Ok(Err(Refusal::NoSuchPerson)),
            },
        });
        let topics = topics.await?.map_err(Failure::Refused)?;
        let to = match target {
            Target::Room(room) => {
                self.reveal(who, room).await;
                None
            }
            Target::Person(person, nick) => Some(Recipient { person, nick: nick.to_string() }),
        };
        let event = ChatEvent::Relayed { by: Author::of(who), to, text };
        self.announce(&topics, who.person, None, &event);
        Ok(())
    }

    /// Tells a quiet room who is about to speak.
    pub(super) async fn reveal(&self, who: &Attached, room: TopicId) {
        if who.stay(room).is_some_and(|stay| !stay.is_revealed()) {
            self.link.reveal(who.session, room).await;
        }
    }
}

/// What is known about a key.
enum Recall {
    /// Nothing: it is new, or there is none.
    New,
    /// What was posted with it.
    Posted(Posted),
    /// That something was posted with it which is not there any more.
    Lost,
}

impl Draft {
    fn post_in_room(&self, tx: &mut Tx<'_>, room: TopicId) -> Result<Posted, Abort<Refusal>> {
        let recall = match self.recall(tx)? {
            Recall::Posted(first) => return Ok(first),
            other => other,
        };
        let rights = rights_of(tx, &self.who, room)?;
        rules::permit(&self.who.actor(), Verb::Post, &rights).map_err(refused)?;
        let pace = order::pace(tx, room, self.who.person)?;
        if rules::is_slowed(pace, rights.standing()) {
            rules::pace(pace, tx.now_ms()).map_err(refused)?;
            order::note_spoken(tx, room, self.who.person)?;
        }
        self.hang_files(tx, room, tables::NOBODY)?;
        let offset = self.append(tx, room, tables::NOBODY)?;
        self.posted(tx, &recall, room, offset)
    }

    /// Returns the other inbox, too.
    fn post_direct(
        &self,
        tx: &mut Tx<'_>,
        peer: PersonId,
        nick: &Nick,
    ) -> Result<(Posted, TopicId), Abort<Refusal>> {
        let recall = match self.recall(tx)? {
            Recall::Posted(first) => {
                let topic = first.topic;
                return Ok((first, topic));
            }
            other => other,
        };
        let theirs = inbox(tx, peer)?.ok_or(refused(Refusal::NoSuchPerson))?;
        let (own, me) = (self.who.inbox, self.who.person);
        self.hang_files(tx, own, peer)?;
        if theirs != own {
            let offset = self.append(tx, theirs, me)?;
            tables::touch_direct(tx, theirs, me, self.who.nick.as_str(), offset)?;
        }
        let offset = self.append(tx, own, peer)?;
        tables::touch_direct(tx, own, peer, nick.as_str(), offset)?;
        Ok((self.posted(tx, &recall, own, offset)?, theirs))
    }

    fn hang_files(
        &self,
        tx: &mut Tx<'_>,
        topic: TopicId,
        peer: PersonId,
    ) -> Result<(), Abort<Refusal>> {
        for file in &self.message.files {
            let msgid = &self.message.msgid;
            if !files::hang(tx, &file.id, self.who.person, topic, peer, msgid)? {
                return Err(refused(Refusal::NoSuchFile));
            }
        }
        Ok(())
    }

    fn append(
        &self,
        tx: &mut Tx<'_>,
        topic: TopicId,
        peer: PersonId,
    ) -> Result<u64, parlor_topics::Error> {
        let author = self.who.person;
        let (body, parent) = match &self.message.reply {
            Some(reply) => self.answering(tx, Stretch { topic, peer }, &reply.msgid)?,
            None => (self.body.clone(), 0),
        };
        let event = NewEvent { kind: event::POSTED, actor: author.0, body: &body };
        let offset = tx.append(topic, event)?;
        let msgid = &self.message.msgid;
        tables::insert_message(tx, &Entry { topic, peer, offset, author, msgid, parent })?;
        Ok(offset)
    }

    /// Encodes a message that answers another, with what it shows of that, and returns its place.
    fn answering(
        &self,
        tx: &Tx<'_>,
        stretch: Stretch,
        parent: &str,
    ) -> Result<(Bytes, u64), parlor_topics::Error> {
        let unknown = || (self.body.clone(), 0);
        let Some(found) = tables::find(tx, stretch, parent)? else { return Ok(unknown()) };
        let Some(parent) = current_one(tx, stretch.topic, &found)? else { return Ok(unknown()) };
        if parent.redacted {
            return Ok((self.body.clone(), found.offset));
        }
        let mut reply = quoted(&parent);
        if amended::quotes(tx, stretch.topic, found.offset)?.len() as u64 >= QUOTES_MAX {
            reply.text = String::new();
        }
        let message = Message { reply: Some(reply), ..self.message.clone() };
        Ok((ChatEvent::Posted(message).encode(), found.offset))
    }

    fn posted(
        &self,
        tx: &mut Tx<'_>,
        recall: &Recall,
        topic: TopicId,
        offset: u64,
    ) -> Result<Posted, Abort<Refusal>> {
        // The store knows a lost key already, and keeps the place it had.
        if let (Some(key), Recall::New) = (&self.key, recall) {
            tx.remember(self.who.person.0, key, topic, offset)?;
        }
        let (msgid, at_ms) = (self.message.msgid.clone(), tx.now_ms());
        Ok(Posted { msgid, at_ms, topic, offset, repeated: false })
    }

    fn recall(&self, tx: &mut Tx<'_>) -> Result<Recall, parlor_topics::Error> {
        let Some(key) = &self.key else { return Ok(Recall::New) };
        let Some((topic, offset)) = tx.seen(self.who.person.0, key)? else {
            return Ok(Recall::New);
        };
        let event = tx
            .events(topic, offset.saturating_sub(1), 1)?
            .into_iter()
            .find(|event| event.offset == offset);
        let Some(ChatEvent::Posted(message)) = event.as_ref().and_then(ChatEvent::decode) else {
            return Ok(Recall::Lost);
        };
        let Message { msgid, at_ms, .. } = message;
        Ok(Recall::Posted(Posted { msgid, at_ms, topic, offset, repeated: true }))
    }
}

fn randomness() -> Result<[u8; 10], Error> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| Error::System { what: "randomness" })?;
    Ok(random)
}
