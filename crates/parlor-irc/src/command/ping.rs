//! PING and PONG: is the other side still there.

use crate::numeric::Numeric;
use crate::session::{Next, Turn};

/// `PING <token>`.
pub fn handle_ping(turn: &mut Turn<'_>) -> Next {
    match turn.message.params.filled(0) {
        None => turn.reply(Numeric::NoOrigin, &[]),
        Some(token) => {
            let server = &turn.session.server.name;
            turn.out.line().source(server).command("PONG").word(server).text(token);
        }
    }
    Next::Done
}

/// `PONG`: any line shows life; this one has nothing else to say, and with a label gets its `ACK`.
pub fn handle_pong(_turn: &mut Turn<'_>) -> Next {
    Next::Done
}
