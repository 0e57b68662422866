//! SETNAME: another real name while connected.

use crate::capability::Capability;
use crate::limits;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `SETNAME <realname>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let realname = super::user::real_name(turn.param(0));
    if realname.is_empty() || realname.len() > limits::REALNAME_BYTES_MAX {
        let text = format!("A real name has 1 to {} bytes", limits::REALNAME_BYTES_MAX);
        turn.out.standard(&turn.session.server.name, "FAIL", "SETNAME", "INVALID_REALNAME", &text);
        return Next::Done;
    }
    Next::Ask(Request::SetRealname(realname))
}

/// Shows a client its own new real name.
pub fn done(session: &mut Session, out: &mut Outbox, realname: &str, now_ms: u64) {
    realname.clone_into(&mut session.me.realname);
    if session.caps.has(Capability::Setname) {
        session.own_line(out, now_ms).command("SETNAME").text(realname);
    }
}
