//! What is done to messages that were said: reactions, edits, redactions.

use parlor_chat::Edit;
use parlor_hub::Failure;

use super::history::scope;
use crate::command::chathistory;
use crate::command::redact::{self, Fault};
use crate::connection::Connection;
use crate::session::Amendment;

pub(super) async fn amend(at: &mut Connection, target: &str, msgid: String, what: Amendment) {
    // What everybody is shown is also the answer, if the client wants one with a label.
    let labelled = at.session.label.is_some();
    at.memory.expect(labelled.then(|| msgid.clone()));
    let done = run(at, target, &msgid, &what).await;
    if labelled {
        at.settled = false;
        at.settle().await;
        if let Some(lines) = at.memory.kept() {
            at.out.extend(&lines);
        }
    }
    at.memory.expect(None);
    if let Err(fault) = done {
        redact::failed(&at.session, &mut at.out, &what, (target, &msgid), &fault);
    }
}

async fn run(at: &Connection, target: &str, msgid: &str, what: &Amendment) -> Result<(), Fault> {
    let scope = scope(at, target).await.map_err(|fault| match fault {
        chathistory::Fault::Store => Fault::Store,
        _ => Fault::Target,
    })?;
    let Some(attachment) = &at.attachment else { return Err(Fault::Target) };
    let (chat, who, id) = (&at.shared.chat, &attachment.who, msgid.to_owned());
    let done = match what {
        Amendment::React(emoji) => chat.react(who, scope, id, emoji.clone()).await,
        Amendment::Unreact(emoji) => chat.unreact(who, scope, id, emoji.clone()).await,
        Amendment::Redact(reason) => chat.redact(who, scope, id, reason.clone()).await,
        Amendment::Edit(text) => {
            let edit = Edit { msgid: id, text: text.clone(), key: None };
            chat.edit(who, scope, edit).await.map(drop)
        }
    };
    done.map_err(|failure| match failure {
        Failure::Refused(refusal) => Fault::Refused(refusal),
        Failure::Unavailable(_) | Failure::Unknown | Failure::Fatal => Fault::Store,
    })
}
