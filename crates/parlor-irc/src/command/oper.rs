//! OPER, KILL and WALLOPS: those who keep order on the whole server.
//!
//! Who may is in the configuration. A wrong name costs what a wrong password costs, and too many of
//! either end the connection.

use std::sync::atomic::Ordering;

use parlor_hub::Badge;

use super::{mode, pass};
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `OPER <name> <password>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let server = turn.session.server.clone();
    if server.operators.is_empty() {
        turn.reply(Numeric::NoOperHost, &[]);
        return Next::Done;
    }
    let (name, password) = (turn.param(0).as_bytes(), turn.param(1).as_bytes());
    // Every entry is compared, so that the time says nothing about the names.
    let fits = server.operators.iter().fold(false, |fits, operator| {
        let name = pass::same(operator.name.as_bytes(), name);
        let password = pass::same(operator.password.as_bytes(), password);
        fits | (name & password)
    });
    if fits {
        return Next::Ask(Request::Oper);
    }
    tracing::warn!(name = turn.param(0), nick = turn.session.me.nick, "OPER was refused");
    turn.reply(Numeric::PasswdMismatch, &[]);
    turn.session.oper_failures += 1;
    if turn.session.oper_failures >= limits::OPER_ATTEMPTS_MAX {
        return Next::Close("Too many wrong passwords".to_owned());
    }
    Next::Done
}

/// `KILL <nick> [reason]`.
pub fn handle_kill(turn: &mut Turn<'_>) -> Next {
    if !turn.session.me.operator {
        turn.reply(Numeric::NoPrivileges, &[]);
        return Next::Done;
    }
    let (nick, reason) = (turn.param(0).to_owned(), turn.text(1, limits::REASON_BYTES_MAX));
    Next::Ask(Request::Kill { nick, reason })
}

/// `WALLOPS <text>`.
pub fn handle_wallops(turn: &mut Turn<'_>) -> Next {
    if !turn.session.me.operator {
        turn.reply(Numeric::NoPrivileges, &[]);
        return Next::Done;
    }
    match turn.message.params.filled(0) {
        Some(text) => Next::Ask(Request::Wallops(text.to_owned())),
        None => {
            turn.reply(Numeric::NeedMoreParams, &["WALLOPS"]);
            Next::Done
        }
    }
}

/// Tells a client that it is an operator now.
pub fn done(session: &mut Session, out: &mut Outbox, now_ms: u64) {
    if session.me.operator {
        session.reply(out, Numeric::YoureOper, &[]);
        return;
    }
    session.server.operators_here.fetch_add(1, Ordering::Relaxed);
    mode::badged(session, out, Badge::Operator, true, now_ms);
    session.reply(out, Numeric::YoureOper, &[]);
}

/// Counts a client no more that is an operator no more, or gone.
pub fn over(session: &mut Session) {
    if std::mem::take(&mut session.me.operator) {
        session.server.operators_here.fetch_sub(1, Ordering::Relaxed);
    }
}
