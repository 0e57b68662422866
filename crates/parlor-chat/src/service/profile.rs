//! Profiles: the hub's rows and chat's images, changed in one transaction.

use parlor_hub::{Attached, Error, Failure, PersonId, ProfileChange, set_profile};

use super::{Chat, own::needs_account, refused};
use crate::{limits::AVATAR_BYTES_MAX, refusal::Refusal, tables::files};

impl Chat {
    /// Changes what an account says of itself, and tells its other devices and its rooms. An avatar
    /// is an image of its own that is on no message; the one before it is removed.
    pub async fn set_profile(
        &self,
        who: &Attached,
        change: ProfileChange,
    ) -> Result<(), Failure<Refusal>> {
        needs_account(who)?;
        let person = who.person;
        let change = change.checked().map_err(|why| Failure::Refused(Refusal::Profile(why)))?;
        let written = self.store.write(move |tx| {
            let mut dropped = Vec::new();
            if let Some(avatar) = &change.avatar {
                if let Some(id) = avatar
                    && let Some(row) = files::by_id(tx, id)?
                    && row.file.bytes > AVATAR_BYTES_MAX as u64
                {
                    return Err(refused(Refusal::FileTooLong { max: AVATAR_BYTES_MAX }));
                }
                let worn = files::wear(tx, person, avatar.as_deref())?;
                dropped = worn.ok_or_else(|| refused(Refusal::NoSuchFile))?;
            }
            match set_profile(tx, person, &change)? {
                Some(parts) => Ok((dropped, parts)),
                None => Err(refused(Refusal::Gone)),
            }
        });
        let (dropped, parts) = written.await?.value;
        self.clear_contents(dropped).await;
        Ok(self.link.tell_profile(person, parts).await?)
    }

    /// Finds the avatars of people, as the hub does, for what chat shows of them.
    pub async fn avatars(&self, people: Vec<PersonId>) -> Result<Vec<(PersonId, String)>, Error> {
        self.link.avatars(people).await
    }
}
