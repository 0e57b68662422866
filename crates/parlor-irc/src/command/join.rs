//! JOIN: entering rooms.

use parlor_chat::Room;

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{JoinedRoom, Next, Request, Session, Turn};

/// `JOIN <room>{,<room>} [keys]`, or `JOIN 0` to leave all.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if turn.param(0) == "0" {
        return Next::Ask(Request::PartAll);
    }
    match turn.targets(0, limits::JOIN_TARGETS_MAX) {
        Some(rooms) if rooms.is_empty() => {
            turn.reply(Numeric::NeedMoreParams, &["JOIN"]);
            Next::Done
        }
        Some(rooms) => Next::Ask(Request::Join(rooms)),
        None => Next::Done,
    }
}

/// Shows a client that it has joined, and what the room is about; the names follow.
pub fn joined(session: &mut Session, out: &mut Outbox, room: &Room, at_ms: u64) {
    entered(session, out, room.name.as_str(), at_ms);
    session.rooms.push(JoinedRoom { topic: room.topic, name: room.name.clone() });
    if !room.subject.is_empty() {
        super::topic::shown(session, out, room);
    }
}

/// The line that shows a client its own coming.
pub fn entered(session: &Session, out: &mut Outbox, room: &str, at_ms: u64) {
    let line = session.own_line(out, at_ms).command("JOIN").word(room);
    if session.caps.has(Capability::ExtendedJoin) {
        let account = session.me.account.as_deref().unwrap_or("*");
        line.word(account).text(&session.me.realname);
    } else {
        line.end();
    }
}
