//! INVITE: asking somebody into a room.

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `INVITE <nick> <room>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let (Some(nick), Some(room)) = (turn.message.params.filled(0), turn.message.params.filled(1))
    else {
        turn.reply(Numeric::NeedMoreParams, &["INVITE"]);
        return Next::Done;
    };
    Next::Ask(Request::Invite { nick: nick.to_owned(), room: room.to_owned() })
}

/// Shows that the invitation is on its way.
pub fn invited(session: &Session, out: &mut Outbox, nick: &str, room: &str) {
    session.reply_bare(out, Numeric::Inviting, &[nick, room]);
}
