//! AWAY: gone for a while, and back. `AWAY *` is said by a program that nobody looks at.

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// What others read of somebody whose program gave no reason.
pub const NO_REASON: &str = "Nobody is at this client";

/// `AWAY [text]`; before registration for clients that know `draft/pre-away`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let text = match turn.text(0, limits::AWAY_BYTES_MAX).as_str() {
        "" => None,
        "*" if turn.session.caps.has(Capability::PreAway) => Some(NO_REASON.to_owned()),
        text => Some(text.to_owned()),
    };
    let early = turn.session.caps.has(Capability::PreAway);
    match &mut turn.session.registration {
        None => Next::Ask(Request::Away(text)),
        Some(registration) if early => {
            let away = text.is_some();
            registration.away = text;
            done(turn.session, turn.out, away);
            Next::Done
        }
        Some(_) => {
            turn.reply(Numeric::NotRegistered, &[]);
            Next::Done
        }
    }
}

/// Confirms.
pub fn done(session: &Session, out: &mut Outbox, away: bool) {
    session.reply(out, if away { Numeric::NowAway } else { Numeric::UnAway }, &[]);
}
