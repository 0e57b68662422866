//! Events as lines, once for each class of clients.
//!
//! Clients that negotiated the same things about a kind of line get the same bytes, and those are
//! made once a frame: the number of the class is the frame's encoding slot. A slot's meaning may
//! differ between kinds of event, because a frame has only one kind. Invariants: a class without a
//! capability has nothing of it in its lines; a text that does not fit into one line becomes
//! several, and none of it is lost.

mod about;
mod order;

use bytes::Bytes;
use parlor_chat::{Author, ChatEvent, Message, MessageKind};
use parlor_hub::event::{Departure, PresenceEvent};
use parlor_topics::Encoding;

use crate::capability::{Capabilities, Capability};
use crate::limits;
use crate::message::cut;
use crate::outbox::{Line, Outbox};
use crate::timestamp;
use crate::wire::Framing;

/// What a group of clients sees alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class(u8);

/// When a message was edited last, on messages of the past.
const EDITED_TAG: &str = "parlor.local/edited";

const TIME: u8 = 1;
const TAGS: u8 = 2;
const ACCOUNT: u8 = 4;
/// Texts of several lines as one message; only for those.
const MULTILINE: u8 = 8;
/// Edits have no several lines, so there the bit stands for knowing edits.
const EDITS: u8 = MULTILINE;
/// Lines framed as text messages.
const TEXT: u8 = 16;
/// Lines framed as binary messages.
const BINARY: u8 = 32;
/// In JOIN, which has no message id, the second bit stands for the extended form.
const EXTENDED: u8 = TAGS;
/// Where somebody signs in there are no several lines, so there the bit stands for knowing of it,
const SIGNING_IN: u8 = MULTILINE;
/// and the second one for knowing of its other host.
const HOSTS: u8 = TAGS;

impl Class {
    /// The class for messages and everything else that may have an id.
    pub fn of_message(caps: Capabilities) -> Self {
        Self::common(caps) | bit(caps, Capability::MessageTags, TAGS)
    }

    /// The class for this message: as for any, and whether several lines are one message.
    pub fn of_text(caps: Capabilities, message: &Message) -> Self {
        let class = Self::of_message(caps);
        // Asked for every message and client: the capabilities first, which need no look at the text.
        let several = caps.has(Capability::Batch) && caps.has(Capability::Multiline);
        if several && is_long(message) { class | Self(MULTILINE) } else { class }
    }

    /// The class for an edit: as for any, and whether edits are known.
    pub fn of_edit(caps: Capabilities) -> Self {
        Self::of_message(caps) | bit(caps, Capability::MessageEdit, EDITS)
    }

    /// The class for JOIN.
    pub fn of_join(caps: Capabilities) -> Self {
        Self::common(caps) | bit(caps, Capability::ExtendedJoin, EXTENDED)
    }

    /// The class for a guest's going on as an account, and whether it is seen as that.
    pub fn of_signing_in(caps: Capabilities) -> Self {
        let class = Self::common(caps);
        if caps.has(Capability::AccountNotify) {
            return class | Self(SIGNING_IN) | bit(caps, Capability::ChgHost, HOSTS);
        }
        class
    }

    fn common(caps: Capabilities) -> Self {
        bit(caps, Capability::ServerTime, TIME) | bit(caps, Capability::AccountTag, ACCOUNT)
    }

    /// The same class where lines are framed.
    #[must_use]
    pub fn framed(self, framing: Framing) -> Self {
        self | Self(match framing {
            Framing::Stream => 0,
            Framing::Text(_) => TEXT,
            Framing::Binary(_) => BINARY,
        })
    }

    /// The frame's slot for this class: from 1 on, below [`parlor_topics::ENCODINGS`].
    pub fn encoding(self) -> Encoding {
        Encoding(1 + self.0)
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

impl std::ops::BitOr for Class {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

fn bit(caps: Capabilities, capability: Capability, bit: u8) -> Class {
    Class(if caps.has(capability) { bit } else { 0 })
}

/// An event of chat as it is shown in a room, or to the owner of an inbox; empty when this client
/// has no use for it. `target` is the room's name, or the nick of the inbox's owner.
pub fn chat(event: &ChatEvent, at_ms: u64, target: &str, class: Class) -> Bytes {
    let mut out = Outbox::new();
    match event {
        // What was taken back has nothing to show.
        ChatEvent::Posted(message) if message.redacted => {}
        ChatEvent::Posted(message) => {
            let target = message.to.as_ref().map_or(target, |to| to.nick.as_str());
            posted(&mut out, message, target, class, None);
        }
        ChatEvent::Invited { by, name, .. } => {
            let line = from(&mut out, by, at_ms, class).command("INVITE").word(target);
            line.word(name.as_str()).end();
        }
        ChatEvent::Inviting { by, nick, .. } => {
            let line = from(&mut out, by, at_ms, class).command("INVITE");
            line.words(&[nick, target]).end();
        }
        ChatEvent::Relayed { by, to, text } => {
            let target = to.as_ref().map_or(target, |to| to.nick.as_str());
            relayed(&mut out, by, at_ms, target, text, class);
        }
        ChatEvent::Edited { about, text } => {
            about::edited(&mut out, about, text, at_ms, target, class);
        }
        ChatEvent::Redacted { about, reason } => {
            about::redacted(&mut out, about, reason, at_ms, target, class);
        }
        ChatEvent::Reacted { about, emoji } => {
            about::reacted(&mut out, about, ("+draft/react", emoji), at_ms, target, class);
        }
        ChatEvent::Unreacted { about, emoji } => {
            about::reacted(&mut out, about, ("+draft/unreact", emoji), at_ms, target, class);
        }
        ChatEvent::Typing { by, state } => {
            about::typing(&mut out, by, *state, at_ms, target, class);
        }
        event => order::shown(&mut out, event, at_ms, target, class),
    }
    out.take()
}

/// A message as lines: one for each line of its text, more where one would be too long. Only the
/// first has the id.
pub fn posted(
    out: &mut Outbox,
    message: &Message,
    target: &str,
    class: Class,
    batch: Option<&str>,
) {
    if class.has(MULTILINE) && is_long(message) {
        return multiline(out, message, target, class, batch);
    }
    let author = &message.author;
    let command = command_of(message.kind);
    let (before, after) = match message.kind {
        MessageKind::Action => ("\u{1}ACTION ", "\u{1}"),
        MessageKind::Text | MessageKind::Notice => ("", ""),
    };
    let room = room_for_text(author, command, target).saturating_sub(before.len() + after.len());
    let mut first = true;
    for piece in lines_of(&message.text).flat_map(|line| pieces(line, room.max(1))) {
        let mut line = out.line();
        if let Some(batch) = batch {
            line = line.tag("batch", batch);
        }
        line = time_tag(line, message.at_ms, class);
        if first && class.has(TAGS) {
            line = line.tag("msgid", &message.msgid);
        }
        line = author_tags(line, author, class);
        if first {
            line = client_tags(line, message, class);
        }
        first = false;
        let line = line.person(&author.nick, &author.user, &author.host);
        line.command(command).word(target).text_between(before, piece, after);
    }
}

/// The same as one message of several lines. Blank ones stay; what is too long for one line goes
/// on in the next.
fn multiline(out: &mut Outbox, message: &Message, target: &str, class: Class, batch: Option<&str>) {
    let author = &message.author;
    let command = command_of(message.kind);
    // Its lines follow each other at once, so the place in the topic is a name for it.
    let name = format!("m{}", message.offset);
    let mut line = out.line();
    if let Some(batch) = batch {
        line = line.tag("batch", batch);
    }
    line = time_tag(line, message.at_ms, class);
    if class.has(TAGS) {
        line = line.tag("msgid", &message.msgid);
    }
    line = author_tags(line, author, class);
    line = client_tags(line, message, class);
    let line = line.person(&author.nick, &author.user, &author.host).command("BATCH");
    line.word(&format!("+{name}")).words(&["draft/multiline", target]).end();
    let room = room_for_text(author, command, target).max(1);
    for text in message.text.split('\n') {
        let text = text.trim_end_matches('\r');
        let mut first = true;
        for piece in pieces(text, room).chain(text.is_empty().then_some("")) {
            let mut line = out.line().tag("batch", &name);
            if !first {
                line = line.tag("draft/multiline-concat", "");
            }
            first = false;
            let line = line.person(&author.nick, &author.user, &author.host);
            line.command(command).word(target).text(piece);
        }
    }
    out.line().command("BATCH").word(&format!("-{name}")).end();
}

/// What is known of a message beyond its text, behind the tags of the server.
fn client_tags<'a>(mut line: Line<'a>, message: &Message, class: Class) -> Line<'a> {
    if !class.has(TAGS) {
        return line;
    }
    if let Some(edited_ms) = message.edited_ms {
        line = line.tag(EDITED_TAG, &timestamp::iso(edited_ms));
    }
    match &message.reply {
        Some(reply) => about::reply_tags(line, &reply.msgid),
        None => line,
    }
}

/// True when a message may need more than one line, and its lines can be one message.
fn is_long(message: &Message) -> bool {
    // So short a text fits beside the longest names.
    const SHORT: usize = limits::LINE_BYTES_MAX / 2;
    message.kind != MessageKind::Action
        && (message.text.len() > SHORT || message.text.contains('\n'))
}

fn command_of(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Notice => "NOTICE",
        MessageKind::Text | MessageKind::Action => "PRIVMSG",
    }
}

/// What of a line `:nick!user@host COMMAND target :text` is left for the text.
fn room_for_text(author: &Author, command: &str, target: &str) -> usize {
    let prefix = author.nick.len() + author.user.len() + author.host.len() + 4;
    let words = command.len() + target.len() + 3 + 2;
    limits::LINE_BYTES_MAX.saturating_sub(prefix + words)
}

/// What a presence event looks like in a room.
pub fn presence(event: &PresenceEvent, at_ms: u64, room: &str, class: Class) -> Bytes {
    let mut out = Outbox::new();
    let account = match event {
        PresenceEvent::Entered(who) => &who.account,
        PresenceEvent::Left(who) => &who.account,
        PresenceEvent::Renamed(who) => &who.account,
        PresenceEvent::Away(who) => &who.account,
        PresenceEvent::Realname(who) => &who.account,
        PresenceEvent::Bot(who) => &who.account,
        // Watching for somebody is answered with numerics, which name the client.
        PresenceEvent::Online(_) | PresenceEvent::Offline(_) => return Bytes::new(),
    };
    let mut line = account_tag(time_tag(out.line(), at_ms, class), account.as_deref(), class);
    match event {
        PresenceEvent::Entered(who) => {
            line = line.person(&who.nick, &who.user, &who.host).command("JOIN").word(room);
            if class.has(EXTENDED) {
                line.word(who.account.as_deref().unwrap_or("*")).text(&who.realname);
            } else {
                line.end();
            }
        }
        PresenceEvent::Left(Departure { becomes: Some(heir), nick, user, host, .. })
            if class.has(SIGNING_IN) =>
        {
            line = line.person(nick, user, host);
            if class.has(HOSTS) && (user, host) != (&heir.user, &heir.host) {
                line.command("CHGHOST").words(&[&heir.user, &heir.host]).end();
                line = time_tag(out.line(), at_ms, class).person(nick, &heir.user, &heir.host);
            }
            line.command("ACCOUNT").word(&heir.account).end();
        }
        PresenceEvent::Left(who) => {
            line = line.person(&who.nick, &who.user, &who.host);
            match (who.quit, who.reason.is_empty()) {
                (true, _) => line.command("QUIT").text(&who.reason),
                (false, true) => line.command("PART").word(room).end(),
                (false, false) => line.command("PART").word(room).text(&who.reason),
            }
        }
        PresenceEvent::Renamed(who) => {
            line.person(&who.old, &who.user, &who.host).command("NICK").text(&who.new);
        }
        PresenceEvent::Away(who) => {
            line = line.person(&who.nick, &who.user, &who.host).command("AWAY");
            match &who.text {
                Some(text) => line.text(text),
                None => line.end(),
            }
        }
        PresenceEvent::Realname(who) => {
            let line = line.person(&who.nick, &who.user, &who.host).command("SETNAME");
            line.text(&who.realname);
        }
        PresenceEvent::Bot(who) => {
            let line = line.person(&who.nick, &who.user, &who.host).command("MODE");
            line.word(&who.nick).word(if who.bot { "+B" } else { "-B" }).end();
        }
        PresenceEvent::Online(_) | PresenceEvent::Offline(_) => line.end(),
    }
    out.take()
}

/// What is passed on without being kept: `COMMAND` and a space, then the text.
fn relayed(out: &mut Outbox, by: &Author, at_ms: u64, target: &str, text: &str, class: Class) {
    let Some((command, text)) = text.split_once(' ') else { return };
    match command {
        "PRIVMSG" | "NOTICE" => {
            from(out, by, at_ms, class).command(command).word(target).text(text);
        }
        // To operators, sent by one of them.
        "WALLOPS" => from(out, by, at_ms, class).command(command).text(text),
        _ => {}
    }
}

fn from<'a>(out: &'a mut Outbox, by: &Author, at_ms: u64, class: Class) -> Line<'a> {
    let line = author_tags(time_tag(out.line(), at_ms, class), by, class);
    line.person(&by.nick, &by.user, &by.host)
}

fn time_tag(line: Line<'_>, at_ms: u64, class: Class) -> Line<'_> {
    if class.has(TIME) { line.tag("time", &timestamp::iso(at_ms)) } else { line }
}

/// What is known of who did something, beyond its prefix.
fn author_tags<'a>(line: Line<'a>, author: &Author, class: Class) -> Line<'a> {
    let line = account_tag(line, author.account.as_deref(), class);
    if author.bot && class.has(TAGS) { line.tag("bot", "") } else { line }
}

fn account_tag<'a>(line: Line<'a>, account: Option<&str>, class: Class) -> Line<'a> {
    match account {
        Some(account) if class.has(ACCOUNT) => line.tag("account", account),
        _ => line,
    }
}

/// The lines of a text. Blank lines have no form in plain IRC and are left out.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|line| !line.is_empty())
}

/// Cuts a line into pieces that fit: after the last space that fits, or else at a character's edge.
fn pieces(line: &str, bytes_max: usize) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, tail) = rest.split_at(piece_len(rest, bytes_max));
        rest = tail;
        Some(piece)
    })
}

fn piece_len(text: &str, bytes_max: usize) -> usize {
    let whole = cut(text, bytes_max).len();
    if whole == text.len() {
        return whole;
    }
    // A character wider than the room would stop everything; it goes out alone.
    let whole = if whole == 0 { text.chars().next().map_or(1, char::len_utf8) } else { whole };
    match text[..whole].rfind(' ') {
        Some(space) if space > whole / 2 => space + 1,
        _ => whole,
    }
}

#[cfg(test)]
mod tests;
