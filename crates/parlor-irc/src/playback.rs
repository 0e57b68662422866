//! What was said before a client joined.
//!
//! Only clients that can tell old from new get it, that is those with server-time: a client without
//! it would show yesterday's words as if somebody had just said them, and a bot would answer them.
//! With batch the lines come in a `chathistory` batch. The subscription starts behind the last line
//! shown here, so nothing comes twice.

use parlor_chat::Message;

use crate::capability::Capability;
use crate::encode::{self, Class};
use crate::outbox::Outbox;
use crate::session::Session;

/// True when this client is shown history.
pub fn wanted(session: &Session) -> bool {
    session.caps.has(Capability::ServerTime)
}

/// Shows messages, oldest first. `target` names the conversation: a room, or the other's nick.
pub fn shown(session: &mut Session, out: &mut Outbox, target: &str, messages: &[Message]) {
    if messages.is_empty() {
        return;
    }
    let class = Class::of_message(session.caps);
    let batch = session.caps.has(Capability::Batch).then(|| session.next_batch());
    let server = session.server.clone();
    if let Some(batch) = &batch {
        let line = out.line().source(&server.name).command("BATCH");
        line.word(&format!("+{batch}")).word("chathistory").word(target).end();
    }
    for message in messages {
        let shown_to = message.to.as_ref().map_or(target, |to| to.nick.as_str());
        encode::posted(out, message, shown_to, class, batch.as_deref());
    }
    if let Some(batch) = &batch {
        let line = out.line().source(&server.name).command("BATCH");
        line.word(&format!("-{batch}")).end();
    }
}
