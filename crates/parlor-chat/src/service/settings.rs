//! The settings of a room: slow mode, the lock, how long messages are kept, what it is for.

use parlor_hub::{Attached, Failure, Settings, Verb, set_settings};
use parlor_topics::TopicId;

use super::{Chat, append, moderation::deed, refused, rights_of};
use crate::{
    event::ChatEvent,
    message::Author,
    refusal::Refusal,
    rules,
    settings::{Keep, RoomSettings, SettingChange},
    tables::{self, order},
};

impl Chat {
    /// Changes settings of a room. Returns those it has then.
    pub async fn set_settings(
        &self,
        who: &Attached,
        room: TopicId,
        mut change: SettingChange,
    ) -> Result<RoomSettings, Failure<Refusal>> {
        change.check().map_err(|why| Failure::Refused(Refusal::Setting(why)))?;
        if let Some(text) = &mut change.description {
            *text = rules::description(text).map_err(Failure::Refused)?;
        }
        let who = who.clone();
        let changed = self.store.write(move |tx| {
            let rights = rights_of(tx, &who, room)?;
            let permit = rules::permit(&who.actor(), Verb::Configure, &rights).map_err(refused)?;
            let sight = tables::by_topic(tx, &who.actor(), room)?;
            let before = sight.ok_or(refused(Refusal::NoSuchRoom))?.room.settings;
            let Some(settings) = change.applied(&before) else { return Ok(before) };
            order::set_settings(tx, room, &settings)?;
            if settings.locked != before.locked {
                let locked = settings.locked;
                set_settings(tx, &permit, Settings { locked, ..rights.settings })?;
            }
            for (what, value) in told(&before, &settings) {
                parlor_hub::note(tx, room, &who, &deed(what, value, ""))?;
            }
            let by = Author::of(&who);
            let after = settings.clone();
            append(tx, room, &ChatEvent::SettingsChanged { by, before, settings })?;
            Ok(after)
        });
        Ok(changed.await?.value)
    }
}

/// Says what was changed, for the record.
fn told(before: &RoomSettings, after: &RoomSettings) -> Vec<(&'static str, String)> {
    let mut told = Vec::new();
    if before.keep != after.keep {
        let value = match after.keep {
            Keep::Forever => "forever".to_owned(),
            Keep::Days(days) => format!("{days} days"),
            Keep::Nothing => "nothing".to_owned(),
        };
        told.push(("retention", value));
    }
    if before.slow_s != after.slow_s {
        told.push(("slow", format!("{} s", after.slow_s)));
    }
    if before.locked != after.locked {
        told.push((if after.locked { "lock" } else { "unlock" }, String::new()));
    }
    if before.description != after.description {
        told.push(("description", String::new()));
    }
    told
}
