//! How far somebody has read: kept for accounts, remembered by the session for guests.

use parlor_chat::{Refusal, Scope};
use parlor_hub::Failure;

use super::history::scope;
use crate::command::chathistory;
use crate::command::markread::{self, Fault};
use crate::connection::Connection;

/// Moves a marker, if a time is given, and shows what it is then.
pub(super) async fn mark(at: &mut Connection, target: &str, at_ms: Option<u64>) {
    let marked = match scope(at, target).await {
        Ok(scope) => match at_ms {
            None => known(at, scope).await,
            Some(at_ms) => set(at, scope, at_ms).await,
        },
        Err(chathistory::Fault::Store) => Err(Fault::Store),
        Err(_) => Err(Fault::Invalid),
    };
    match marked {
        Ok(at_ms) => markread::shown(&at.session, &mut at.out, target, at_ms),
        Err(fault) => markread::failed(&at.session, &mut at.out, fault, target),
    }
}

/// The marker of a conversation, which the caller shows.
pub(super) async fn known(at: &mut Connection, scope: Scope) -> Result<Option<u64>, Fault> {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &mut at.attachment else { return Err(Fault::Invalid) };
    if attachment.who.account.is_none() {
        return Ok(attachment.marks.get(scope));
    }
    let mark = chat.mark(&attachment.who, scope).await.map_err(fault)?;
    if let Some(mark) = mark {
        attachment.marks.told(scope, mark.at_ms);
    }
    Ok(mark.map(|mark| mark.at_ms))
}

async fn set(at: &mut Connection, scope: Scope, at_ms: u64) -> Result<Option<u64>, Fault> {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &mut at.attachment else { return Err(Fault::Invalid) };
    let who = attachment.who.clone();
    if let Some(read) = chat.last_until(&who, scope, at_ms).await.map_err(fault)? {
        if who.account.is_none() {
            attachment.marks.raise(scope, read.at_ms);
        } else {
            let (topic, direct) = match scope {
                Scope::Room(topic) => (topic, None),
                Scope::Direct(person) => (who.inbox, Some(person)),
            };
            chat.mark_read(&who, topic, direct, read.offset).await.map_err(fault)?;
        }
    }
    known(at, scope).await
}

/// Tells a client how far its person has read, unless it knows: it may have said so itself.
pub(in crate::connection) async fn tell(at: &mut Connection, scope: Scope) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let before = attachment.marks.get(scope);
    let name = match scope {
        Scope::Room(topic) => at.session.room_of(topic).map(|room| room.name.to_string()),
        Scope::Direct(person) => chat.name_of(&attachment.who, person).await.ok().flatten(),
    };
    let Some(name) = name else { return };
    if let Ok(Some(at_ms)) = known(at, scope).await
        && before != Some(at_ms)
    {
        markread::shown(&at.session, &mut at.out, &name, Some(at_ms));
    }
}

fn fault(failure: Failure<Refusal>) -> Fault {
    match failure {
        Failure::Refused(_) => Fault::Invalid,
        Failure::Unavailable(_) | Failure::Unknown | Failure::Fatal => Fault::Store,
    }
}
