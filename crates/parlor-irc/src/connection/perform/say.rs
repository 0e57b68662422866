//! Saying something to rooms and people.

use std::sync::Arc;

use parlor_chat::{
    Author, ChatEvent, Message, MessageKind, NewMessage, Posted, Recipient, Refusal, Reply, Target,
    TypingState,
};
use parlor_hub::{Failure, Present};

use super::history::scope;
use super::{refuse, visible_room};
use crate::capability::Capability;
use crate::connection::Connection;
use crate::delivery::Echo;
use crate::encode::{self, Class};
use crate::links;
use crate::numeric::Numeric;
use crate::refusal;
use crate::session::{Relayed, Session};

pub(super) async fn post(at: &mut Connection, to: &str, message: NewMessage) {
    let (kind, text, reply) = (message.kind, message.text.clone(), message.reply.clone());
    let command = if kind == MessageKind::Notice { "NOTICE" } else { "PRIVMSG" };
    let Some((target, peer)) = find_target(at, command, to).await else { return };
    match submit(at, target, message).await {
        Ok(posted) => {
            // A labelled echo belongs to the answer; any other comes with the deliveries.
            let labelled =
                at.session.label.is_some() && at.session.caps.has(Capability::EchoMessage);
            let echo = if labelled { Echo::Answered } else { Echo::Delivered };
            at.memory.posted(posted.topic, posted.offset, echo);
            if labelled {
                let said = NewMessage { kind, text, reply, ..NewMessage::default() };
                answer_with_echo(at, posted, to, said).await;
            }
            if let (Some(peer), "PRIVMSG") = (&peer, command) {
                tell_away(at, peer);
            }
        }
        Err(failure) => refuse(at, command, to, "", &failure),
    }
}

/// Whether a text may have addresses of images in it that are to hang on the message.
pub(in crate::connection) fn may_have_images(
    session: &Session,
    kind: MessageKind,
    text: &str,
) -> bool {
    kind == MessageKind::Text && session.me.account.is_some() && text.contains("/files/")
}

/// Hands a message to chat: with the images whose addresses stand in it if they are the sender's and
/// on no message yet, and as it is otherwise.
async fn submit(
    at: &Connection,
    target: Target,
    message: NewMessage,
) -> Result<Posted, Failure<Refusal>> {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return Err(Failure::Unknown) };
    if may_have_images(&at.session, message.kind, &message.text) {
        let (files, text) = links::taken(&message.text);
        if !files.is_empty() {
            let text = text.to_owned();
            let with = NewMessage { text, files, ..message.clone() };
            match chat.post(&attachment.who, target.clone(), with).await {
                Err(Failure::Refused(Refusal::NoSuchFile)) => {}
                answer => return answer,
            }
        }
    }
    chat.post(&attachment.who, target, message).await
}

/// Takes the store's answer to a message in a room: the echo comes with the deliveries.
pub(in crate::connection) fn posted(
    at: &mut Connection,
    command: &'static str,
    to: &str,
    answer: Result<Posted, Failure<Refusal>>,
) {
    match answer {
        Ok(posted) => at.memory.posted(posted.topic, posted.offset, Echo::Delivered),
        Err(failure) => refuse(at, command, to, "", &failure),
    }
}

/// Puts the echo into the answer: as it was delivered, or, if the deliveries are behind, as it was
/// said.
async fn answer_with_echo(at: &mut Connection, posted: Posted, to: &str, said: NewMessage) {
    at.settled = false;
    at.settle().await;
    if let Some(lines) = at.memory.kept() {
        at.out.extend(&lines);
        return;
    }
    at.memory.posted(posted.topic, posted.offset, Echo::Shown);
    let message = Message {
        topic: posted.topic,
        offset: posted.offset,
        msgid: posted.msgid,
        at_ms: posted.at_ms,
        author: own_author(at),
        to: None,
        kind: said.kind,
        text: said.text,
        reply: said.reply.map(Reply::gone),
        edited_ms: None,
        redacted: false,
        files: Vec::new(),
        reactions: Vec::new(),
    };
    let class = Class::of_text(at.session.caps, &message);
    encode::posted(&mut at.out, &message, to, class, None);
}

fn own_author(at: &Connection) -> Author {
    let me = &at.session.me;
    Author {
        person: me.person.unwrap_or(parlor_hub::PersonId(0)),
        nick: me.nick.clone(),
        account: me.account.clone(),
        user: me.user.clone(),
        host: me.host.clone(),
        bot: me.bot,
    }
}

pub(super) fn tell_away(at: &mut Connection, peer: &Present) {
    if let Some(text) = &peer.away {
        at.session.reply_text(&mut at.out, Numeric::Away, &[peer.nick.as_str()], text);
    }
}

pub(super) async fn relay(at: &mut Connection, to: &str, command: Relayed, text: &str) {
    let Some((target, peer)) = find_target(at, command.command(), to).await else { return };
    if let (Target::Person(..), None) = (&target, &peer) {
        // What is not kept cannot reach who is away.
        if command == Relayed::Privmsg {
            at.session.reply(&mut at.out, Numeric::NoSuchNick, &[to]);
        }
        return;
    }
    let recipient =
        peer.as_ref().map(|peer| Recipient { person: peer.person, nick: peer.nick.to_string() });
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let text = format!("{} {text}", command.command());
    match chat.relay(&attachment.who, target, text.clone()).await {
        Ok(_) if at.session.caps.has(Capability::EchoMessage) => {
            let event = ChatEvent::Relayed { by: own_author(at), to: recipient, text };
            let class = Class::of_message(at.session.caps);
            let now_ms = at.shared.store.now_ms();
            at.out.extend(&encode::chat(&event, now_ms, to, class));
        }
        Ok(_) => {}
        Err(failure) => refuse(at, command.command(), to, "", &failure),
    }
}

/// Tells a room or a person that somebody is writing. Whoever cannot be told is no mistake.
pub(super) async fn typing(at: &mut Connection, to: &str, state: TypingState) {
    let Ok(scope) = scope(at, to).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.typing(&attachment.who, scope, state).await {
        Ok(()) if at.session.caps.has(Capability::EchoMessage) => {
            let event = ChatEvent::Typing { by: own_author(at), state };
            let class = Class::of_message(at.session.caps);
            let now_ms = at.shared.store.now_ms();
            at.out.extend(&encode::chat(&event, now_ms, to, class));
        }
        Ok(()) => {}
        Err(failure) => tracing::trace!(?failure, "nobody was told of writing"),
    }
}

/// Passes something on to every operator who is here.
pub(super) async fn tell_operators(at: &Connection, text: &str) {
    let everyone = at.shared.link.everyone(usize::MAX).await;
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let text = format!("WALLOPS {text}");
    for present in everyone.iter().filter(|present| present.operator) {
        let target = Target::Person(present.person, present.nick.clone());
        if let Err(failure) = chat.relay(&attachment.who, target, text.clone()).await {
            tracing::debug!(?failure, "an operator was not told");
        }
    }
}

/// Finds whom a message is for; answers if there is nobody. A NOTICE is never answered so. An
/// account is there to be written to while it is away, and then has no presence.
async fn find_target(
    at: &mut Connection,
    command: &'static str,
    to: &str,
) -> Option<(Target, Option<Arc<Present>>)> {
    if to.starts_with('#') {
        if let Some(room) = at.session.room(to) {
            return Some((Target::Room(room.topic), None));
        }
        let known = visible_room(at, to).await;
        if command != "NOTICE" {
            let numeric = match known {
                Some(_) => Numeric::CannotSendToChan,
                None => Numeric::NoSuchChannel,
            };
            at.session.reply(&mut at.out, numeric, &[to]);
        }
        return None;
    }
    match at.shared.link.addressee(to).await {
        Ok(Some(found)) => Some((Target::Person(found.person, found.nick), found.present)),
        Ok(None) => {
            if command != "NOTICE" {
                at.session.reply(&mut at.out, Numeric::NoSuchNick, &[to]);
            }
            None
        }
        Err(error) => {
            tracing::warn!(%error, "an account could not be looked for");
            let text = "Not possible now; nothing was done, try again";
            refusal::failed(&at.session, &mut at.out, command, text);
            None
        }
    }
}
