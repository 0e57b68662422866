//! Removes the rooms that nobody would miss: nothing was said in them, they are on nobody's list, and
//! nobody is there.
//!
//! Rooms of guests go like this, and it is done at the start and now and then while the server runs:
//! whoever goes through names without end would otherwise leave so many rooms behind that nobody could
//! make another.

use std::sync::atomic::Ordering;

use parlor_hub::dissolve;
use parlor_topics::Tx;

use super::Chat;
use crate::{
    limits::{ROOMS_BEFORE_SWEEP, ROOMS_BY_GUESTS_MAX, ROOMS_SWEEP_MS},
    refusal::Refusal,
    room::{Room, RoomName},
    tables,
};

/// Rooms removed in one transaction.
const SWEPT_AT_ONCE: usize = 256;

impl Chat {
    /// Looks for such rooms when many have been made since the last time.
    pub(super) async fn sweep_rooms(&self) -> Result<(), parlor_hub::Error> {
        let shared = &self.shared;
        let rooms = shared.rooms.load(Ordering::Relaxed);
        let swept = shared.rooms_swept.load(Ordering::Relaxed);
        if rooms < swept.saturating_add(ROOMS_BEFORE_SWEEP).min(ROOMS_BY_GUESTS_MAX) {
            return Ok(());
        }
        let (now_ms, last_ms) =
            (self.store.now_ms(), shared.rooms_swept_ms.load(Ordering::Relaxed));
        let mine = now_ms.abs_diff(last_ms) >= ROOMS_SWEEP_MS
            && shared
                .rooms_swept_ms
                .compare_exchange(last_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !mine {
            return Ok(());
        }
        // Who has just made one may be about to enter it.
        let before_ms = now_ms.saturating_sub(ROOMS_SWEEP_MS);
        let mut pointless = self.store.read(tables::pointless_rooms).await?;
        let all = pointless.len();
        pointless.retain(|room| room.created_at_ms < before_ms);
        let young = (all - pointless.len()) as u64;
        let topics = pointless.iter().map(|room| room.topic).collect();
        let present = self.link.counts(topics).await;
        let mut present = present.into_iter();
        pointless.retain(|_| present.next() == Some(0));
        let mut removed = 0;
        for some in pointless.chunks(SWEPT_AT_ONCE) {
            let (some, lobby) = (some.to_vec(), shared.options.lobby.clone());
            let swept = self
                .store
                .write::<_, Refusal>(move |tx| Ok(remove_pointless(tx, lobby.as_ref(), &some)?));
            // What could not be removed now is there the next time.
            let Ok(swept) = swept.await else { break };
            removed += swept.value;
            shared.rooms.fetch_sub(swept.value, Ordering::Relaxed);
        }
        // The young ones count as made since.
        let rooms = shared.rooms.load(Ordering::Relaxed);
        shared.rooms_swept.store(rooms.saturating_sub(young), Ordering::Relaxed);
        tracing::info!(removed, "rooms that nobody would miss were removed");
        Ok(())
    }
}

/// Removes those among some rooms that nobody would miss, but the lobby; returns how many.
pub(super) fn remove_pointless(
    tx: &mut Tx<'_>,
    lobby: Option<&RoomName>,
    rooms: &[Room],
) -> Result<u64, parlor_topics::Error> {
    let mut removed = 0;
    for Room { topic, name, .. } in rooms {
        let is_lobby = lobby.is_some_and(|lobby| lobby.folded() == name.folded());
        if is_lobby || !tables::is_pointless(tx, *topic)? {
            continue;
        }
        tables::delete_room(tx, *topic)?;
        dissolve(tx, *topic)?;
        tx.delete_topic(*topic)?;
        removed += 1;
    }
    Ok(removed)
}
