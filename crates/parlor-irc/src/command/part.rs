//! PART: leaving rooms.

use crate::limits;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `PART <room>{,<room>} [reason]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let reason = turn.text(1, limits::REASON_BYTES_MAX);
    match turn.targets(0, limits::JOIN_TARGETS_MAX) {
        Some(rooms) => Next::Ask(Request::Part { rooms, reason }),
        None => Next::Done,
    }
}

/// Shows a client that it has left.
pub fn parted(session: &Session, out: &mut Outbox, room: &str, reason: &str, at_ms: u64) {
    let line = session.own_line(out, at_ms).command("PART").word(room);
    if reason.is_empty() { line.end() } else { line.text(reason) }
}
