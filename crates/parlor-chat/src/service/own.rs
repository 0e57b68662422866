//! What an account keeps on the server for itself, so that all its devices have it.

use parlor_hub::{Attached, Failure};
use parlor_topics::TopicId;

use super::{Chat, history::readable, refused};
use crate::{
    event::ChatEvent,
    limits::DRAFTS_MAX,
    message::Scope,
    own::{NotifyLevel, QuietHours},
    refusal::Refusal,
    rules,
    tables::own,
};

impl Chat {
    /// Keeps what the asker has begun to write in a place; an empty text forgets it. The account's
    /// other devices are told.
    pub async fn set_draft(
        &self,
        who: &Attached,
        scope: Scope,
        text: String,
    ) -> Result<(), Failure<Refusal>> {
        rules::draft(&text).map_err(Failure::Refused)?;
        needs_account(who)?;
        let (asker, kept) = (who.clone(), text.clone());
        let done = self.store.write(move |tx| {
            let stretch = readable(tx, &asker, scope)?.map_err(refused)?;
            if own::count_other_drafts(tx, asker.person, stretch)? >= DRAFTS_MAX {
                return Err(refused(Refusal::TooMany { max: DRAFTS_MAX }));
            }
            Ok(own::set_draft(tx, asker.person, stretch, &kept)?)
        });
        done.await?;
        self.tell_devices(who, Some(scope), &ChatEvent::Draft { scope, text });
        Ok(())
    }

    /// Keeps what the asker wants to be told of in a place.
    pub async fn set_notify(
        &self,
        who: &Attached,
        scope: Scope,
        level: NotifyLevel,
    ) -> Result<(), Failure<Refusal>> {
        needs_account(who)?;
        let asker = who.clone();
        let done = self.store.write(move |tx| {
            let stretch = readable(tx, &asker, scope)?.map_err(refused)?;
            Ok(own::set_notify(tx, asker.person, stretch, level)?)
        });
        done.await?;
        self.tell_devices(who, Some(scope), &ChatEvent::Notify { scope, level });
        Ok(())
    }

    /// Keeps when the asker wants quiet.
    pub async fn set_quiet_hours(
        &self,
        who: &Attached,
        quiet: Option<QuietHours>,
    ) -> Result<(), Failure<Refusal>> {
        rules::quiet_hours(quiet).map_err(Failure::Refused)?;
        needs_account(who)?;
        let person = who.person;
        let done =
            self.store.write::<_, Refusal>(move |tx| Ok(own::set_quiet_hours(tx, person, quiet)?));
        done.await?;
        self.tell_devices(who, None, &ChatEvent::QuietHours { quiet });
        Ok(())
    }

    /// Tells all devices of the asker something about a place that is on no disk.
    pub(super) fn tell_devices(&self, who: &Attached, scope: Option<Scope>, event: &ChatEvent) {
        // Rooms and people are numbered apart; the highest bit keeps their keys apart, too.
        let key = match scope {
            Some(Scope::Room(TopicId(room))) => room,
            Some(Scope::Direct(person)) => person.0 | 1 << 63,
            None => 0,
        };
        self.announce(&[who.inbox], who.person, Some(key), event);
    }
}

/// Refuses what only accounts can do.
pub(super) fn needs_account(who: &Attached) -> Result<(), Failure<Refusal>> {
    match who.account {
        Some(_) => Ok(()),
        None => Err(Failure::Refused(Refusal::NeedsAccount)),
    }
}
