//! Profiles: what people with an account say of themselves, for everybody who is signed in.
//!
//! A display name stands beside the nick, never in its place, so that nobody is taken for somebody
//! else. The avatar is the id of an image, whose content is not the hub's business: the app that
//! keeps images checks it in the transaction that sets it.

use parlor_topics::{Error, Snapshot, Tx, params};

use crate::{
    event::ProfileChanged,
    identity::PersonId,
    limits::{ABOUT_BYTES_MAX, DISPLAY_BYTES_MAX, PROFILES_AT_ONCE},
    link::Link,
    message::Ask,
    nick::is_hidden,
    refusal::ProfileRefusal,
};

/// What somebody says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// A name in clear words; empty if there is none.
    pub display: String,
    /// Some words about oneself; empty if there are none.
    pub about: String,
    /// The id of a picture.
    pub avatar: Option<String>,
}

/// What is to change of a profile; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Another display name; empty for none.
    pub display: Option<String>,
    /// Other words; empty for none.
    pub about: Option<String>,
    /// Another picture, or none.
    pub avatar: Option<Option<String>>,
}

impl ProfileChange {
    /// Makes what somebody typed into what is kept: without blanks around it, and on its lines.
    pub fn checked(self) -> Result<Self, ProfileRefusal> {
        let display = self.display.map(|typed| display(&typed)).transpose()?;
        let about = self.about.map(|typed| about(&typed)).transpose()?;
        Ok(Self { display, about, avatar: self.avatar })
    }
}

fn display(typed: &str) -> Result<String, ProfileRefusal> {
    let name = typed.trim();
    if name.len() > DISPLAY_BYTES_MAX {
        return Err(ProfileRefusal::DisplayTooLong { max: DISPLAY_BYTES_MAX });
    }
    if name.chars().any(|c| c.is_control() || hides(c)) {
        return Err(ProfileRefusal::Hidden);
    }
    Ok(name.to_owned())
}

fn about(typed: &str) -> Result<String, ProfileRefusal> {
    let text = typed.replace("\r\n", "\n");
    let text = text.trim();
    if text.len() > ABOUT_BYTES_MAX {
        return Err(ProfileRefusal::AboutTooLong { max: ABOUT_BYTES_MAX });
    }
    if text.chars().any(|c| c.is_control() && c != '\n' || hides(c)) {
        return Err(ProfileRefusal::Hidden);
    }
    Ok(text.to_owned())
}

/// Whether a character may not be in what people say of themselves. The joiners of emoji and of some
/// scripts may.
fn hides(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// Reads a profile; none for who has no account.
pub fn profile(snapshot: &Snapshot<'_>, person: PersonId) -> Result<Option<Profile>, Error> {
    let sql = "SELECT display, about, avatar FROM hub_account WHERE id = ?1";
    snapshot.query_one(sql, params![person.0], |row| {
        let avatar: String = row.get(2)?;
        let avatar = (!avatar.is_empty()).then_some(avatar);
        Ok(Profile { display: row.get(0)?, about: row.get(1)?, avatar })
    })
}

/// Changes the profile of an account. Returns what it was before; none if the account is gone.
pub fn set_profile(
    tx: &mut Tx<'_>,
    person: PersonId,
    change: &ProfileChange,
) -> Result<Option<Profile>, Error> {
    let Some(before) = profile(tx, person)? else { return Ok(None) };
    let display = change.display.as_ref().unwrap_or(&before.display);
    let about = change.about.as_ref().unwrap_or(&before.about);
    let avatar = change.avatar.as_ref().unwrap_or(&before.avatar).as_deref().unwrap_or_default();
    let sql = "UPDATE hub_account SET display = ?2, about = ?3, avatar = ?4 WHERE id = ?1";
    tx.execute(sql, params![person.0, display, about, avatar])?;
    Ok(Some(before))
}

/// Says whether an image is somebody's avatar.
pub fn is_avatar(snapshot: &Snapshot<'_>, owner: PersonId, file: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM hub_account WHERE id = ?1 AND avatar = ?2 AND avatar <> ''";
    Ok(snapshot.query_one(sql, params![owner.0, file], |_| Ok(()))?.is_some())
}

impl Link {
    /// Reads the profile of a person; none for guests.
    pub async fn profile(&self, person: PersonId) -> Result<Option<Profile>, crate::Error> {
        Ok(self.store.read(move |snapshot| profile(snapshot, person)).await?)
    }

    /// Finds the avatars of people, here or not, in one question: at most [`PROFILES_AT_ONCE`],
    /// the rest has none.
    pub async fn avatars(
        &self,
        mut people: Vec<PersonId>,
    ) -> Result<Vec<(PersonId, String)>, crate::Error> {
        people.retain(|person| !person.is_guest());
        people.sort_unstable();
        people.dedup();
        people.truncate(PROFILES_AT_ONCE);
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.read(move |snapshot| {
            let sql = "SELECT avatar FROM hub_account WHERE id = ?1 AND avatar <> ''";
            let mut found = Vec::new();
            for person in people {
                let avatar = snapshot.query_one(sql, params![person.0], |row| row.get(0))?;
                found.extend(avatar.map(|avatar| (person, avatar)));
            }
            Ok(found)
        });
        Ok(found.await?)
    }

    /// Tells that a profile has changed: the person's other devices, and the rooms that are told
    /// of such things.
    pub async fn tell_profile(&self, person: PersonId) -> Result<(), crate::Error> {
        let Some(Profile { display, avatar, .. }) = self.profile(person).await? else {
            return Ok(());
        };
        let changed = ProfileChanged { person: person.0, display, avatar };
        self.ask(|reply| Ask::SetProfile { changed, reply }).await
    }
}

#[cfg(test)]
mod tests;
