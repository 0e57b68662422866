//! MOTD: the message of the day.

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Session, Turn};

/// `MOTD [server]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let wanted = turn.message.params.filled(0).unwrap_or("*");
    if !crate::mask::fits(wanted, &turn.session.server.name) {
        turn.reply(Numeric::NoSuchServer, &[wanted]);
        return Next::Done;
    }
    shown(turn.session, turn.out);
    Next::Done
}

/// Shows it, or that there is none.
pub fn shown(session: &Session, out: &mut Outbox) {
    let server = &session.server;
    if server.motd.is_empty() {
        session.reply(out, Numeric::NoMotd, &[]);
        return;
    }
    let title = format!("- {} Message of the day - ", server.name);
    session.reply_text(out, Numeric::MotdStart, &[], &title);
    for line in &server.motd {
        session.reply_text(out, Numeric::Motd, &[], &format!("- {line}"));
    }
    session.reply(out, Numeric::EndOfMotd, &[]);
}
