//! REDACT and EDITMSG: taking a message back, and giving it another text.

use parlor_chat::Refusal;

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Amendment, Next, Request, Session, Turn};

/// Why nothing is done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The client has no messages there.
    Target,
    /// Chat says no.
    Refused(Refusal),
    /// The store does not answer.
    Store,
}

/// `REDACT <target> <msgid> [<reason>]`.
pub fn handle_redact(turn: &mut Turn<'_>) -> Next {
    if !knows(turn, Capability::MessageRedaction, "REDACT", "draft/message-redaction") {
        return Next::Done;
    }
    let reason = turn.text(2, limits::REASON_BYTES_MAX);
    amend(turn, Amendment::Redact(reason))
}

/// `EDITMSG <target> <msgid> <text>`.
pub fn handle_edit(turn: &mut Turn<'_>) -> Next {
    if !knows(turn, Capability::MessageEdit, "EDITMSG", "parlor.local/message-edit") {
        return Next::Done;
    }
    let Some(text) = turn.message.params.filled(2).map(str::to_owned) else {
        turn.reply(Numeric::NoTextToSend, &[]);
        return Next::Done;
    };
    amend(turn, Amendment::Edit(text))
}

fn knows(turn: &mut Turn<'_>, capability: Capability, command: &str, name: &str) -> bool {
    let knows = turn.session.caps.has(capability);
    if !knows {
        let text = format!("{command} needs the capability {name}");
        turn.reply_text(Numeric::UnknownCommand, &[command], &text);
    }
    knows
}

fn amend(turn: &Turn<'_>, what: Amendment) -> Next {
    let (target, msgid) = (turn.param(0).to_owned(), turn.param(1).to_owned());
    Next::Ask(Request::Amend { target, msgid, what })
}

/// Says why nothing was done.
pub fn failed(
    session: &Session,
    out: &mut Outbox,
    what: &Amendment,
    (target, msgid): (&str, &str),
    fault: &Fault,
) {
    let said = match fault {
        Fault::Target => "You have no messages there".to_owned(),
        Fault::Refused(refusal) => refusal.to_string(),
        Fault::Store => "Not possible now; nothing was done, try again".to_owned(),
    };
    let code = match (fault, what) {
        (Fault::Target, _) => "INVALID_TARGET",
        (Fault::Refused(Refusal::NoSuchMessage), _) => "UNKNOWN_MSGID",
        (Fault::Store, _) => "TEMPORARILY_UNAVAILABLE",
        (Fault::Refused(Refusal::Denied(_) | Refusal::NotTheAuthor), Amendment::Redact(_)) => {
            "REDACT_FORBIDDEN"
        }
        (Fault::Refused(Refusal::Denied(_) | Refusal::NotTheAuthor), Amendment::Edit(_)) => {
            "EDIT_FORBIDDEN"
        }
        (Fault::Refused(_), Amendment::Redact(_)) => "CANNOT_REDACT",
        (Fault::Refused(_), Amendment::Edit(_)) => "CANNOT_EDIT",
        (Fault::Refused(_), Amendment::React(_) | Amendment::Unreact(_)) => "CANNOT_REACT",
    };
    let line = out.line().source(&session.server.name).command("FAIL");
    let line = line.words(&[what.command(), code, target]);
    let line = if *fault == Fault::Target { line } else { line.word(msgid) };
    line.text(&said);
}
