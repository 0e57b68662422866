//! KICK: throwing somebody out of a room.

use crate::limits;
use crate::session::{Next, Request, Turn};

/// `KICK <room> <nick> [reason]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let room = turn.param(0).to_owned();
    // TARGMAX says one; what follows a comma is left out.
    let nick = turn.param(1).split(',').next().unwrap_or("").to_owned();
    let mut reason = turn.text(2, limits::REASON_BYTES_MAX);
    if reason.is_empty() {
        turn.session.me.nick.clone_into(&mut reason);
    }
    Next::Ask(Request::Kick { room, nick, reason })
}
