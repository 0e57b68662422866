//! Messages in the form they have now: with their latest text, their reactions, and the message
//! they answer as it reads today.

use parlor_hub::PersonId;
use parlor_topics::{Error, Event, Snapshot, TopicId};

use crate::{
    event::ChatEvent,
    message::{Message, Reply},
    rules,
    tables::{self, Indexed, Stretch, amended},
};

/// Reads messages as they are now, for somebody who may read them. The places increase.
pub(super) fn current(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    indexed: &[Indexed],
    asker: PersonId,
) -> Result<Vec<Message>, Error> {
    let mut messages = posted(snapshot, stretch.topic, indexed)?;
    let mut indexed = indexed.iter();
    for message in &mut messages {
        let Some(found) = indexed.find(|found| found.offset == message.offset) else { continue };
        amend(snapshot, message, found)?;
        if let Some(reply) = &mut message.reply {
            *reply = parent(snapshot, stretch, found.parent, reply)?;
        }
    }
    if let (Some(first), Some(last)) = (messages.first(), messages.last()) {
        let span = (first.offset, last.offset);
        let mut at = 0;
        for (offset, reaction) in amended::reactions(snapshot, stretch.topic, span, asker)? {
            // Both are in the order of places; those of other conversations lie between.
            while messages.get(at).is_some_and(|message| message.offset < offset) {
                at += 1;
            }
            if let Some(message) = messages.get_mut(at).filter(|found| found.offset == offset) {
                message.reactions.push(reaction);
            }
        }
    }
    Ok(messages)
}

/// Reads one message as it is now, without reactions.
pub(super) fn current_one(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    found: &Indexed,
) -> Result<Option<Message>, Error> {
    let Some(mut message) = posted(snapshot, topic, &[*found])?.pop() else { return Ok(None) };
    amend(snapshot, &mut message, found)?;
    Ok(Some(message))
}

/// Reads the messages as they were said, run by run: between the messages of a conversation lie
/// other events, and a run without them is one read.
fn posted(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    indexed: &[Indexed],
) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::with_capacity(indexed.len());
    for run in indexed.chunk_by(|a, b| a.offset + 1 == b.offset) {
        let events = snapshot.events(topic, run[0].offset.saturating_sub(1), run.len())?;
        let wanted = events
            .iter()
            .filter(|event| run.binary_search_by_key(&event.offset, |found| found.offset).is_ok());
        messages.extend(wanted.filter_map(message));
    }
    Ok(messages)
}

fn message(event: &Event) -> Option<Message> {
    match ChatEvent::decode(event)? {
        ChatEvent::Posted(message) => Some(message),
        _ => None,
    }
}

/// Puts the latest edit into a message.
fn amend(snapshot: &Snapshot<'_>, message: &mut Message, found: &Indexed) -> Result<(), Error> {
    message.redacted = found.redacted > 0;
    if message.redacted || found.edited == 0 {
        return Ok(());
    }
    let events = snapshot.events(message.topic, found.edited - 1, 1)?;
    let edit = events.first().filter(|event| event.offset == found.edited);
    if let Some(edit) = edit
        && let Some(ChatEvent::Edited { text, .. }) = ChatEvent::decode(edit)
    {
        message.text = text;
        message.edited_ms = Some(edit.at_ms);
    }
    Ok(())
}

/// Reads what a message answers, as it is now.
fn parent(
    snapshot: &Snapshot<'_>,
    stretch: Stretch,
    offset: u64,
    as_said: &Reply,
) -> Result<Reply, Error> {
    let gone = || Reply::gone(as_said.msgid.clone());
    if offset == 0 {
        return Ok(gone());
    }
    let Some(found) = tables::at(snapshot, stretch, offset)? else { return Ok(gone()) };
    Ok(match current_one(snapshot, stretch.topic, &found)? {
        Some(parent) if !parent.redacted => quoted(&parent),
        Some(_) | None => gone(),
    })
}

/// Returns what a reply says about the message it answers.
pub(super) fn quoted(parent: &Message) -> Reply {
    Reply {
        msgid: parent.msgid.clone(),
        offset: parent.offset,
        nick: parent.author.nick.clone(),
        text: rules::quote(&parent.text),
    }
}
