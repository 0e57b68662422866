//! AWAY: gone for a while, and back.

use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `AWAY [text]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let text = turn.text(0, limits::AWAY_BYTES_MAX);
    Next::Ask(Request::Away((!text.is_empty()).then_some(text)))
}

/// Confirms.
pub fn done(session: &Session, out: &mut Outbox, away: bool) {
    session.reply(out, if away { Numeric::NowAway } else { Numeric::UnAway }, &[]);
}
