//! NAMES: who is in a room.

use parlor_hub::{Present, Role};

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `NAMES [<room>{,<room>}]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    match turn.targets(0, limits::ROOM_TARGETS_MAX) {
        Some(rooms) if rooms.is_empty() => {
            turn.reply(Numeric::EndOfNames, &["*"]);
            Next::Done
        }
        Some(rooms) => Next::Ask(Request::Names(rooms)),
        None => Next::Done,
    }
}

/// The prefix of a role.
pub fn prefix(role: Role) -> &'static str {
    match role {
        Role::None | Role::Member => "",
        Role::Voice => "+",
        Role::Moderator | Role::Owner => "@",
    }
}

/// One name as this client wants it.
pub fn name(session: &Session, present: &Present, role: Role) -> String {
    let prefix = prefix(role);
    if session.caps.has(Capability::UserhostInNames) {
        return format!("{prefix}{}!{}@{}", present.nick, present.user, present.host);
    }
    format!("{prefix}{}", present.nick)
}

/// Writes names, in as many lines as they take.
pub fn shown<'a>(
    session: &Session,
    out: &mut Outbox,
    room: &str,
    names: impl Iterator<Item = std::borrow::Cow<'a, str>>,
) {
    let before = session.server.name.len() + session.face().len() + room.len() + 16;
    let most = limits::LINE_BYTES_MAX.saturating_sub(before);
    let mut line = String::new();
    for name in names {
        if !line.is_empty() && line.len() + 1 + name.len() > most {
            session.reply_text(out, Numeric::NamReply, &["=", room], &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&name);
    }
    if !line.is_empty() {
        session.reply_text(out, Numeric::NamReply, &["=", room], &line);
    }
}

/// Writes the end of the list.
pub fn end(session: &Session, out: &mut Outbox, room: &str) {
    session.reply(out, Numeric::EndOfNames, &[room]);
}
