//! LUSERS: how many people are here.

use std::sync::atomic::Ordering;

use parlor_hub::Online;

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `LUSERS`.
pub fn handle(_turn: &mut Turn<'_>) -> Next {
    Next::Ask(Request::Lusers)
}

/// Shows the counts.
pub fn shown(session: &Session, out: &mut Outbox, online: &Online) {
    let all = online.people + online.guests;
    let (people, max) = (all.to_string(), online.max.max(all).to_string());
    let clients = online.sessions;
    let rooms = online.rooms.to_string();
    let all = format!("There are {people} users and 0 invisible on 1 servers");
    session.reply_text(out, Numeric::LUserClient, &[], &all);
    let operators = session.server.operators_here.load(Ordering::Relaxed).to_string();
    session.reply(out, Numeric::LUserOp, &[&operators]);
    session.reply(out, Numeric::LUserUnknown, &["0"]);
    session.reply(out, Numeric::LUserChannels, &[&rooms]);
    let me = format!("I have {clients} clients and 0 servers");
    session.reply_text(out, Numeric::LUserMe, &[], &me);
    let local = format!("Current local users {people}, max {max}");
    session.reply_text(out, Numeric::LocalUsers, &[&people, &max], &local);
    let global = format!("Current global users {people}, max {max}");
    session.reply_text(out, Numeric::GlobalUsers, &[&people, &max], &global);
}
