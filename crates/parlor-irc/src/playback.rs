//! What was said before a client joined.
//!
//! Only clients that can tell old from new get it, that is those with server-time: a client without
//! it would show yesterday's words as if somebody had just said them, and a bot would answer them.
//! What was said directly is shown to them all the same, once, as notices that begin with the time:
//! nothing answers a notice.
//!
//! Nobody who negotiated `draft/chathistory` or `znc.in/playback` is shown anything by itself: such a
//! client asks.
//!
//! With batch the lines come in a `chathistory` batch. The subscription starts behind the last line
//! shown here, so nothing comes twice.

use parlor_chat::{ChatEvent, Message, MessageKind};

use crate::capability::{Capabilities, Capability};
use crate::encode::{self, Class};
use crate::links;
use crate::outbox::Outbox;
use crate::session::Session;
use crate::timestamp;

/// True when this client is shown history when it joins a room.
pub fn wanted(session: &Session) -> bool {
    session.caps.has(Capability::ServerTime) && !asks(session)
}

/// True when this client asks for history itself.
pub fn asks(session: &Session) -> bool {
    session.caps.has(Capability::ChatHistory) || session.caps.has(Capability::ZncPlayback)
}

/// Shows messages, oldest first, if there are any.
pub fn shown(session: &mut Session, out: &mut Outbox, target: &str, messages: &[Message]) {
    if !messages.is_empty() {
        answered(session, out, target, messages);
    }
}

/// Shows messages, oldest first, or that there are none. `target` names the conversation: a room,
/// or the other's nick.
pub fn answered(session: &mut Session, out: &mut Outbox, target: &str, messages: &[Message]) {
    let past = Past { messages, events: &[], end: false };
    answered_with(session, out, target, &past);
}

/// What is shown of the past.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The messages, oldest first.
    pub messages: &'a [Message],
    /// What else happened, oldest first, with its place and time.
    pub events: &'a [(u64, u64, ChatEvent)],
    /// There is no more in this direction.
    pub end: bool,
}

/// Shows messages and what happened besides, in the order it happened.
pub fn answered_with(session: &mut Session, out: &mut Outbox, target: &str, past: &Past<'_>) {
    let caps = session.caps;
    let mut lines = Outbox::new();
    let batch = begin_batch(session, &mut lines, &["chathistory", target]);
    if past.end && batch.is_some() && caps.has(Capability::MessageTags) {
        out.extend(b"@draft/chathistory-end ");
    }
    out.extend(&lines.take());
    let batch = batch.as_deref();
    let server = session.server.clone();
    let page = server.page.get().map(String::as_str);
    let mut events = past.events.iter().peekable();
    for message in past.messages {
        while let Some((_, at_ms, event)) = events.next_if(|(place, ..)| *place < message.offset) {
            happened(out, caps, event, *at_ms, target, batch);
        }
        let message = links::shown(message, page);
        let message = message.as_ref();
        let class = Class::of_text(caps, message);
        let shown_to = message.to.as_ref().map_or(target, |to| to.nick.as_str());
        encode::posted(out, message, shown_to, class, batch);
    }
    for (_, at_ms, event) in events {
        happened(out, caps, event, *at_ms, target, batch);
    }
    end_batch(session, out, batch);
}

/// Shows something that happened besides messages.
fn happened(
    out: &mut Outbox,
    caps: Capabilities,
    event: &ChatEvent,
    at_ms: u64,
    target: &str,
    batch: Option<&str>,
) {
    let lines = encode::chat(event, at_ms, target, Class::of_message(caps));
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let Some(batch) = batch else {
            out.extend(line);
            continue;
        };
        out.extend(b"@batch=");
        out.extend(batch.as_bytes());
        match line.strip_prefix(b"@") {
            Some(tagged) => {
                out.extend(b";");
                out.extend(tagged);
            }
            None => {
                out.extend(b" ");
                out.extend(line);
            }
        }
    }
}

/// True for what is part of the past besides messages.
pub fn is_past(event: &ChatEvent) -> bool {
    match event {
        ChatEvent::Reacted { .. }
        | ChatEvent::Unreacted { .. }
        | ChatEvent::SubjectChanged { .. }
        | ChatEvent::RoleChanged { .. }
        | ChatEvent::ModesChanged { .. }
        | ChatEvent::SettingsChanged { .. }
        | ChatEvent::Banned(_)
        | ChatEvent::Unbanned(_)
        | ChatEvent::Kicked { .. } => true,
        // Messages are shown as edits and redactions left them; the rest is nobody's history.
        _ => false,
    }
}

/// Writes lines in a batch of this type, if the client knows batches.
pub fn in_batch(
    session: &mut Session,
    out: &mut Outbox,
    kind: &[&str],
    lines: impl FnOnce(&mut Outbox, Option<&str>),
) {
    let batch = begin_batch(session, out, kind);
    lines(out, batch.as_deref());
    end_batch(session, out, batch.as_deref());
}

/// Opens a batch of this type, if the client knows batches; gives its name.
pub fn begin_batch(session: &mut Session, out: &mut Outbox, kind: &[&str]) -> Option<String> {
    let batch = session.caps.has(Capability::Batch).then(|| session.next_batch())?;
    let line = out.line().source(&session.server.name).command("BATCH");
    line.word(&format!("+{batch}")).words(kind).end();
    Some(batch)
}

/// Closes a batch, if one was opened.
pub fn end_batch(session: &Session, out: &mut Outbox, batch: Option<&str>) {
    if let Some(batch) = batch {
        let line = out.line().source(&session.server.name).command("BATCH");
        line.word(&format!("-{batch}")).end();
    }
}

/// Shows messages to a client that cannot tell old from new.
pub fn noted(session: &Session, out: &mut Outbox, messages: &[Message]) {
    let class = Class::of_message(session.caps);
    let others = messages.iter().filter(|said| session.me.person != Some(said.author.person));
    let page = session.server.page.get().map(String::as_str);
    for message in others {
        let message = links::shown(message, page);
        let message = message.as_ref();
        let (nick, at) = (&message.author.nick, timestamp::readable(message.at_ms));
        let text = match message.kind {
            MessageKind::Action => format!("[{at}] * {nick} {}", message.text),
            MessageKind::Text | MessageKind::Notice => format!("[{at}] {}", message.text),
        };
        let note = Message { kind: MessageKind::Notice, text, ..message.clone() };
        encode::posted(out, &note, session.face(), class, None);
    }
}
