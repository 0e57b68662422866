//! Another name for a room: its topic stays, and with it who is there, what was said, roles and bans.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use parlor_hub::{Attached, Failure, Verb};
use parlor_topics::{Abort, TopicId, Tx};

use super::{Chat, append, moderation::deed, refused, rights_of, topic_name};
use crate::{
    event::ChatEvent,
    limits::RENAME_INTERVAL_MS,
    message::Author,
    refusal::Refusal,
    room::RoomName,
    rules::{self, Namesakes},
    tables,
};

/// When rooms were renamed that can't be renamed again yet; the others are forgotten.
#[derive(Default)]
pub(super) struct Renames(Mutex<HashMap<TopicId, u64>>);

/// What is to be called how, and why.
struct Renaming {
    room: TopicId,
    name: RoomName,
    reason: String,
}

impl Chat {
    /// Gives a room another name, under which it is found from now on; the old one is free. The
    /// lobby keeps its name, and a room keeps a new one for
    /// [`RENAME_INTERVAL_MS`](crate::limits::RENAME_INTERVAL_MS).
    pub async fn rename_room(
        &self,
        who: &Attached,
        room: TopicId,
        name: &RoomName,
        reason: &str,
    ) -> Result<(), Failure<Refusal>> {
        let reason = rules::reason(reason).map_err(Failure::Refused)?;
        self.ready().await?;
        let wanted = Renaming { room, name: name.clone(), reason };
        let lobby = self.shared.options.lobby.clone();
        let (who, renames) = (who.clone(), Arc::clone(&self.shared.renames));
        let last = Arc::clone(&renames);
        let renamed = self.store.write(move |tx| rename(tx, &who, &wanted, lobby.as_ref(), &last));
        if renamed.await?.value {
            renames.note(room, self.store.now_ms());
        }
        Ok(())
    }
}

/// Renames a room; says whether that was a change.
fn rename(
    tx: &mut Tx<'_>,
    who: &Attached,
    wanted: &Renaming,
    lobby: Option<&RoomName>,
    renames: &Renames,
) -> Result<bool, Abort<Refusal>> {
    let Renaming { room, name, reason } = wanted;
    let room = *room;
    let rights = rights_of(tx, who, room)?;
    rules::permit(&who.actor(), Verb::Configure, &rights).map_err(refused)?;
    let before = tables::name_of(tx, room)?.ok_or(refused(Refusal::NoSuchRoom))?;
    if before == *name {
        return Ok(false);
    }
    if lobby.is_some_and(|lobby| lobby.folded() == before.folded()) {
        return Err(refused(Refusal::LobbyKeepsName));
    }
    let moves = before.folded() != name.folded();
    let others = Namesakes {
        same: moves && tables::exists(tx, &name.folded())?,
        alike: tables::looks::taken(tx, name, Some(room))?,
    };
    rules::room_name(name, others).map_err(refused)?;
    rules::rename_again(renames.last(room), tx.now_ms()).map_err(refused)?;
    tables::rename_room(tx, room, name)?;
    if moves {
        tx.rename_topic(room, &topic_name(name))?;
    }
    let about = format!("{before} to {name}");
    parlor_hub::note(tx, room, who, &deed("rename", about, reason))?;
    let (by, name, reason) = (Author::of(who), name.clone(), reason.clone());
    append(tx, room, &ChatEvent::Renamed { by, before, name, reason })?;
    Ok(true)
}

impl Renames {
    fn last(&self, room: TopicId) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&room).copied()
    }

    fn note(&self, room: TopicId, now_ms: u64) {
        let mut renames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        renames.retain(|_, renamed_ms| now_ms.saturating_sub(*renamed_ms) < RENAME_INTERVAL_MS);
        renames.insert(room, now_ms);
    }
}
