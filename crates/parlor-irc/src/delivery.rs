//! What happened elsewhere, as this client is shown it.
//!
//! Decides for each delivered event whether this client sees it, and in which class of lines. The
//! lines come from the frame, shared by everybody of the class. Invariants: no echo without
//! echo-message; a rename, a leaving or an absence is shown once, however many rooms are shared.

use std::collections::VecDeque;

use bytes::Bytes;
use parlor_chat::{About, ChatEvent, Message, RoomName, Scope};
use parlor_hub::event::{PresenceEvent, ProfilePart, Successor};
use parlor_hub::{Credential, PersonId, event};
use parlor_topics::{Frame, TopicId};

use crate::capability::Capability;
use crate::command::{away, join, metadata, monitor, part};
use crate::encode::{self, Class};
use crate::limits;
use crate::links;
use crate::outbox::Outbox;
use crate::session::Session;

/// What a delivery means beyond its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The client is not in this room any more.
    Gone(TopicId),
    /// Another device of the account has joined this room.
    Joined(TopicId),
    /// A room has another name, and the client was told that it has joined it.
    Moved(TopicId),
    /// Another device of the account has left this room, for this reason.
    Parted(TopicId, String),
    /// The person has read further, perhaps with another device.
    Read(Scope),
    /// The client has another nick, given elsewhere.
    Renamed(String),
    /// The client is a program from now on, or no more, because another device said so.
    Bot(bool),
    /// Somebody says something else of itself, which the client has subscribed to.
    Profile(PersonId, Vec<ProfilePart>),
    /// The session was ended elsewhere.
    Ended,
}

/// What a session remembers between deliveries.
#[derive(Debug, Default)]
pub struct Memory {
    /// Own messages that are known to be kept and have not been delivered yet.
    own: VecDeque<Own>,
    /// The last announcement shown, and about whom.
    last: Option<(u64, u64)>,
    /// The echo of a labelled message, for its answer.
    kept: Option<Bytes>,
    /// The message that the command being answered does something to.
    expected: Option<String>,
}

#[derive(Debug)]
struct Own {
    topic: TopicId,
    offset: u64,
    echo: Echo,
}

/// How the client sees that its message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// Where it was delivered, if the client knows echoes.
    Delivered,
    /// In the answer: see [`Memory::kept`].
    Answered,
    /// It has seen it already.
    Shown,
}

impl Memory {
    /// Remembers an own message.
    pub fn posted(&mut self, topic: TopicId, offset: u64, echo: Echo) {
        self.take(topic, offset);
        if self.own.len() == limits::OWN_POSTS_MAX {
            self.own.pop_front();
        }
        self.own.push_back(Own { topic, offset, echo });
    }

    /// The echo that belongs to the answer, if it was delivered meanwhile.
    pub fn kept(&mut self) -> Option<Bytes> {
        self.kept.take()
    }

    /// What its person does to this message is the answer of a command, and not shown before it.
    pub fn expect(&mut self, msgid: Option<String>) {
        self.expected = msgid;
    }

    /// Forgets what will not be delivered any more.
    pub fn forget(&mut self, topic: TopicId) {
        self.own.retain(|own| own.topic != topic);
    }

    fn take(&mut self, topic: TopicId, offset: u64) -> Option<Own> {
        let index = self.own.iter().position(|own| own.topic == topic && own.offset == offset)?;
        self.own.remove(index)
    }

    /// True the first time an announcement about somebody comes.
    fn first(&mut self, commit: u64, person: u64) -> bool {
        let this = Some((commit, person));
        let first = self.last != this;
        self.last = this;
        first
    }
}

/// Shows one event to a client: calls `push` with the lines, if there are any.
pub fn deliver(
    session: &mut Session,
    memory: &mut Memory,
    frame: &Frame,
    push: &mut dyn FnMut(&Bytes),
) -> Effect {
    let kind = &*frame.event.kind;
    if kind.starts_with("chat.") {
        match frame.typed(ChatEvent::decode) {
            Some(event @ ChatEvent::Renamed { name, reason, .. }) => {
                let told = Renamed { event, name, reason };
                renamed(session, frame, &told, push)
            }
            Some(event) => chat(session, memory, frame, event, push),
            None => Effect::None,
        }
    } else if kind == event::ENDED {
        // This connection ends by its own name, or because what it signed in with does.
        let ended = event::SessionEnded::decode(&frame.event);
        let me = &session.me;
        let with = me.credential.and_then(Credential::name);
        let names = with.as_deref().into_iter().chain([&*me.live]);
        if ended.is_some_and(|ended| ended.ends(names)) { Effect::Ended } else { Effect::None }
    } else if kind == event::PROFILE {
        profile(session, memory, frame)
    } else {
        match frame.typed(PresenceEvent::decode) {
            Some(event) => presence(session, memory, frame, event, push),
            None => Effect::None,
        }
    }
}

/// Somebody's profile has changed: for clients that have subscribed to any of that, once.
fn profile(session: &Session, memory: &mut Memory, frame: &Frame) -> Effect {
    let wanted = metadata::is_spoken(session) && !session.subscribed.is_empty();
    let changed = event::ProfileChanged::decode(&frame.event).filter(|_| wanted);
    let Some(event::ProfileChanged { person, mut parts, .. }) = changed else {
        return Effect::None;
    };
    parts.retain(|part| session.subscribed.iter().any(|key| key == metadata::key(*part)));
    if parts.is_empty() || !memory.first(frame.commit, person) {
        return Effect::None;
    }
    Effect::Profile(PersonId(person), parts)
}

fn chat(
    session: &Session,
    memory: &mut Memory,
    frame: &Frame,
    event: &ChatEvent,
    push: &mut dyn FnMut(&Bytes),
) -> Effect {
    match event {
        ChatEvent::Joined { room, .. } => return Effect::Joined(*room),
        ChatEvent::Read { topic, direct, .. } => {
            let wanted = session.caps.has(Capability::ReadMarker);
            let scope = direct.map_or(Scope::Room(*topic), Scope::Direct);
            return if wanted { Effect::Read(scope) } else { Effect::None };
        }
        ChatEvent::Parted { room, reason } => return Effect::Parted(*room, reason.clone()),
        _ => {}
    }
    let topic = frame.event.topic;
    let room = session.room_of(topic);
    let (times, keeps) = shown(session, memory, event, topic);
    let in_inbox = session.me.inbox == Some(topic);
    // What comes late from a room that was left is not shown.
    if (times == 0 && !keeps) || (room.is_none() && !in_inbox) {
        return Effect::None;
    }
    let target = room.map_or(session.me.nick.as_str(), |room| room.name.as_str());
    let class = match event {
        ChatEvent::Posted(message) => Class::of_text(session.caps, message),
        ChatEvent::Edited { .. } => Class::of_edit(session.caps),
        _ => Class::of_message(session.caps),
    };
    let page = session.server.page.get().map(String::as_str);
    if keeps {
        // The answer it becomes part of is framed as a whole.
        let lines = frame.encoded(class.encoding(), |raw| {
            let event = links::shown_event(event, page);
            encode::chat(&event, raw.at_ms, target, class)
        });
        memory.kept = Some(lines.clone());
    }
    if times > 0 {
        let framing = session.framing;
        let bytes = frame.encoded(class.framed(framing).encoding(), |raw| {
            let event = links::shown_event(event, page);
            framing.apply(encode::chat(&event, raw.at_ms, target, class))
        });
        for _ in 0..times {
            if !bytes.is_empty() {
                push(bytes);
            }
        }
    }
    match event {
        ChatEvent::Kicked { person, .. } if session.me.person == Some(*person) => {
            Effect::Gone(topic)
        }
        _ => Effect::None,
    }
}

/// A room's new name, in its event.
struct Renamed<'a> {
    event: &'a ChatEvent,
    name: &'a RoomName,
    reason: &'a str,
}

/// Shows a client that a room has another name: as that, or as leaving the one and joining the
/// other.
fn renamed(
    session: &mut Session,
    frame: &Frame,
    told: &Renamed<'_>,
    push: &mut dyn FnMut(&Bytes),
) -> Effect {
    let Renamed { event, name, reason } = *told;
    let topic = frame.event.topic;
    let room = session.rooms.iter_mut().find(|room| room.topic == topic);
    // Whoever has joined since knows it by this name.
    let Some(room) = room.filter(|room| room.name != *name) else { return Effect::None };
    let before = std::mem::replace(&mut room.name, name.clone());
    let framing = session.framing;
    if session.caps.has(Capability::ChannelRename) {
        let class = Class::of_message(session.caps);
        push(frame.encoded(class.framed(framing).encoding(), |raw| {
            framing.apply(encode::chat(event, raw.at_ms, name.as_str(), class))
        }));
        return Effect::None;
    }
    if before.folded() == name.folded() {
        // To such a client it is the same name.
        return Effect::None;
    }
    let mut out = Outbox::new();
    part::parted(session, &mut out, before.as_str(), reason, frame.event.at_ms);
    join::entered(session, &mut out, name.as_str(), frame.event.at_ms);
    push(&framing.apply(out.take()));
    Effect::Moved(topic)
}

/// How often a client is shown an event, and whether its lines are the answer of a command.
fn shown(
    session: &Session,
    memory: &mut Memory,
    event: &ChatEvent,
    topic: TopicId,
) -> (usize, bool) {
    let mut keeps = false;
    let times = match event {
        ChatEvent::Posted(message) => {
            let own = memory.take(topic, message.offset);
            keeps = own.as_ref().is_some_and(|own| own.echo == Echo::Answered);
            times_shown(session, own, message)
        }
        ChatEvent::Relayed { by, to, .. } => {
            let mine = session.me.person == Some(by.person);
            let to_me = to.as_ref().is_some_and(|to| session.me.person == Some(to.person));
            usize::from(!mine || to_me)
        }
        ChatEvent::Edited { about, .. }
        | ChatEvent::Redacted { about, .. }
        | ChatEvent::Reacted { about, .. }
        | ChatEvent::Unreacted { about, .. } => {
            let mine = session.me.person == Some(about.by.person);
            let shown = is_shown(session, event, about, mine);
            keeps = shown && mine && memory.expected.as_ref() == Some(&about.msgid);
            usize::from(shown && !keeps)
        }
        ChatEvent::Typing { by, .. } => usize::from(session.me.person != Some(by.person)),
        // The inviter has its answer, and the invited is told in its inbox.
        ChatEvent::Inviting { by, .. } => {
            let mine = session.me.person == Some(by.person);
            usize::from(!mine && session.caps.has(Capability::InviteNotify))
        }
        ChatEvent::Created { .. } => 0,
        _ => 1,
    };
    (times, keeps)
}

/// True when this client is shown what somebody did to a message.
fn is_shown(session: &Session, event: &ChatEvent, about: &About, mine: bool) -> bool {
    let echo = session.caps.has(Capability::EchoMessage);
    match event {
        ChatEvent::Redacted { .. } => session.caps.has(Capability::MessageRedaction),
        ChatEvent::Reacted { .. } | ChatEvent::Unreacted { .. } => !mine || echo,
        // Like a message: what was edited directly has the other person as its target.
        _ => !mine || echo || about.to.is_none() || session.caps.has(Capability::MessageEdit),
    }
}

/// How often a message is shown: an own one as its echo, and a message to oneself as both.
fn times_shown(session: &Session, own: Option<Own>, message: &Message) -> usize {
    let me = session.me.person;
    if me != Some(message.author.person) {
        return 1;
    }
    let echo = session.caps.has(Capability::EchoMessage);
    let to_me = message.to.as_ref().is_some_and(|to| me == Some(to.person));
    match own {
        Some(own) => usize::from(echo && own.echo == Echo::Delivered) + usize::from(to_me),
        // Said with another device: in a room everybody sees it; a direct one has the other
        // person as its target, which only clients that know echoes understand.
        None if message.to.is_some() && !to_me => usize::from(echo),
        None => 1,
    }
}

fn presence(
    session: &mut Session,
    memory: &mut Memory,
    frame: &Frame,
    event: &PresenceEvent,
    push: &mut dyn FnMut(&Bytes),
) -> Effect {
    let person = event.person();
    let mine = session.me.person == Some(PersonId(person));
    let room = session.room_of(frame.event.topic).map(|room| room.name.to_string());
    if room.is_none() && !mine {
        watched(session, memory, frame, event, push);
        return Effect::None;
    }
    let mut effect = Effect::None;
    let class = match event {
        PresenceEvent::Entered(_) => Class::of_join(session.caps),
        PresenceEvent::Left(who) if who.becomes.is_some() => Class::of_signing_in(session.caps),
        _ => Class::of_message(session.caps),
    };
    let seen = match event {
        PresenceEvent::Renamed(who) if mine => {
            let news = session.me.nick != who.new;
            if news {
                who.new.clone_into(&mut session.me.nick);
                effect = Effect::Renamed(who.new.clone());
            }
            news
        }
        PresenceEvent::Realname(who) if mine => {
            let news = session.me.realname != who.realname;
            who.realname.clone_into(&mut session.me.realname);
            news && session.caps.has(Capability::Setname)
        }
        PresenceEvent::Away(who) if mine => {
            let is_away = who.text.is_some();
            if session.me.away != is_away {
                // Another device has said so: the answer is the same for this one.
                session.me.away = is_away;
                let mut out = Outbox::new();
                away::done(session, &mut out, is_away);
                push(&session.framing.apply(out.take()));
            }
            false
        }
        PresenceEvent::Bot(who) if mine => {
            let news = session.me.bot != who.bot;
            session.me.bot = who.bot;
            effect = Effect::Bot(who.bot);
            news
        }
        // The own coming and going is answered by the command that did it.
        _ if mine => false,
        PresenceEvent::Left(who) if is_me(session, who.becomes.as_ref()) => false,
        // Whoever was told that a guest has signed in knows this person.
        PresenceEvent::Entered(who) => {
            who.was.is_none() || !session.caps.has(Capability::AccountNotify)
        }
        PresenceEvent::Left(who) if !who.quit => true,
        PresenceEvent::Away(_) if !session.caps.has(Capability::AwayNotify) => false,
        PresenceEvent::Realname(_) if !session.caps.has(Capability::Setname) => false,
        // Who wants to know asks with WHO and WHOIS; there is no line for it.
        PresenceEvent::Bot(_) => false,
        PresenceEvent::Online(_) | PresenceEvent::Offline(_) => false,
        PresenceEvent::Left(_)
        | PresenceEvent::Renamed(_)
        | PresenceEvent::Away(_)
        | PresenceEvent::Realname(_) => memory.first(frame.commit, person),
    };
    if !seen {
        return effect;
    }
    let name = room.as_deref().unwrap_or("*");
    let framing = session.framing;
    let bytes = frame.encoded(class.framed(framing).encoding(), |raw| {
        framing.apply(encode::presence(event, raw.at_ms, name, class))
    });
    if !bytes.is_empty() {
        push(bytes);
    }
    effect
}

fn is_me(session: &Session, becomes: Option<&Successor>) -> bool {
    becomes.is_some_and(|heir| session.me.person == Some(PersonId(heir.person)))
}

/// Shows what comes into the own inbox about somebody who is watched for.
fn watched(
    session: &Session,
    memory: &mut Memory,
    frame: &Frame,
    event: &PresenceEvent,
    push: &mut dyn FnMut(&Bytes),
) {
    let (nick, wanted) = match event {
        PresenceEvent::Online(who) | PresenceEvent::Offline(who) => {
            if session.watches(&who.nick) {
                let here = matches!(event, PresenceEvent::Online(_));
                let mut out = Outbox::new();
                monitor::sighted(session, &mut out, who, here);
                push(&session.framing.apply(out.take()));
            }
            return;
        }
        PresenceEvent::Away(who) => (&who.nick, Capability::AwayNotify),
        PresenceEvent::Realname(who) => (&who.nick, Capability::Setname),
        PresenceEvent::Entered(_)
        | PresenceEvent::Left(_)
        | PresenceEvent::Renamed(_)
        | PresenceEvent::Bot(_) => return,
    };
    let extended = session.caps.has(Capability::ExtendedMonitor) && session.caps.has(wanted);
    // Who shares a room was shown there.
    if extended && session.watches(nick) && memory.first(frame.commit, event.person()) {
        let class = Class::of_message(session.caps);
        let framing = session.framing;
        push(frame.encoded(class.framed(framing).encoding(), |raw| {
            framing.apply(encode::presence(event, raw.at_ms, "*", class))
        }));
    }
}
