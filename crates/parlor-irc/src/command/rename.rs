//! RENAME: another name for a room, which is the same room.

use parlor_chat::{Refusal, RoomName};

use crate::limits;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `RENAME <room> <name> [reason]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let (room, wanted) = (turn.param(0).to_owned(), turn.param(1).to_owned());
    let reason = turn.text(2, limits::REASON_BYTES_MAX);
    match RoomName::new(&wanted) {
        Ok(name) => Next::Ask(Request::RenameRoom { room, name, reason }),
        Err(why) => {
            let why = why.to_string();
            failed(turn.session, turn.out, "CANNOT_RENAME", [&room, &wanted], &why);
            Next::Done
        }
    }
}

/// Says why a room does not get this name, if that is the reason; else says no.
pub fn refused(session: &Session, out: &mut Outbox, names: [&str; 2], refusal: &Refusal) -> bool {
    let code = match refusal {
        Refusal::NameTaken => "CHANNEL_NAME_IN_USE",
        Refusal::NameLooksTaken
        | Refusal::HiddenLetters
        | Refusal::LobbyKeepsName
        | Refusal::RenamedJustNow { .. } => "CANNOT_RENAME",
        _ => return false,
    };
    failed(session, out, code, names, &refusal.to_string());
    true
}

fn failed(session: &Session, out: &mut Outbox, code: &str, names: [&str; 2], text: &str) {
    let line = out.line().source(&session.server.name).command("FAIL");
    line.words(&["RENAME", code]).words(&names).text(text);
}
