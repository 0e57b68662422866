//! MARKREAD: how far somebody has read, the same on all of its devices and on the page.

use crate::capability::Capability;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};
use crate::timestamp;

/// Why a marker is neither shown nor moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No target.
    Missing,
    /// Not a time, or not a place where the client can read.
    Invalid,
    /// The store does not answer.
    Store,
}

/// `MARKREAD <target> [timestamp=<time>]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if !turn.session.caps.has(Capability::ReadMarker) {
        let text = "MARKREAD needs the capability draft/read-marker";
        turn.reply_text(Numeric::UnknownCommand, &["MARKREAD"], text);
        return Next::Done;
    }
    let params = &turn.message.params;
    let Some(target) = params.filled(0) else {
        failed(turn.session, turn.out, Fault::Missing, "");
        return Next::Done;
    };
    let at_ms = match params.get(1) {
        None => None,
        Some(text) => match text.strip_prefix("timestamp=").and_then(timestamp::from_iso) {
            Some(at_ms) => Some(at_ms),
            None => {
                failed(turn.session, turn.out, Fault::Invalid, text);
                return Next::Done;
            }
        },
    };
    Next::Ask(Request::Mark { target: target.to_owned(), at_ms })
}

/// Says why a marker is neither shown nor moved.
pub fn failed(session: &Session, out: &mut Outbox, fault: Fault, context: &str) {
    let line = out.line().source(&session.server.name).command("FAIL").word("MARKREAD");
    match fault {
        Fault::Missing => line.word("NEED_MORE_PARAMS").text("Missing parameters"),
        Fault::Invalid => line.word("INVALID_PARAMS").word(context).text("Invalid parameters"),
        Fault::Store => {
            let text = "The read marker cannot be kept or shown now, try again";
            line.word("INTERNAL_ERROR").word(context).text(text);
        }
    }
}

/// Shows a marker, or that there is none.
pub fn shown(session: &Session, out: &mut Outbox, target: &str, at_ms: Option<u64>) {
    let line = out.line().source(&session.server.name).command("MARKREAD").word(target);
    match at_ms {
        Some(at_ms) => line.word(&format!("timestamp={}", timestamp::iso(at_ms))).end(),
        None => line.word("*").end(),
    }
}
