//! TOPIC: what a room is about.

use parlor_chat::Room;

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `TOPIC <room> [subject]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let room = turn.param(0).to_owned();
    Next::Ask(match turn.message.params.get(1) {
        None => Request::Subject { room },
        Some(subject) => Request::SetSubject { room, subject: subject.to_owned() },
    })
}

/// Shows a room's subject, or that it has none.
pub fn shown(session: &Session, out: &mut Outbox, room: &Room) {
    let name = room.name.as_str();
    if room.subject.is_empty() {
        session.reply(out, Numeric::NoTopic, &[name]);
        return;
    }
    session.reply_text(out, Numeric::Topic, &[name], &room.subject);
    let seconds = (room.subject_at_ms / 1000).to_string();
    session.reply_bare(out, Numeric::TopicWhoTime, &[name, &room.subject_by, &seconds]);
}
