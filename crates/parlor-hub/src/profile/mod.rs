//! Profiles: what people with an account say of themselves, for everybody who is signed in.
//!
//! A display name stands beside the nick, never in its place, so that nobody is taken for somebody
//! else. The avatar is the id of an image, whose content is not the hub's business: the app that
//! keeps images checks it in the transaction that sets it.

use parlor_topics::{Error, Snapshot, Tx, params};

use crate::{
    event::{ProfileChanged, ProfilePart},
    identity::PersonId,
    limits::{
        ABOUT_BYTES_MAX, DISPLAY_BYTES_MAX, HOMEPAGE_BYTES_MAX, PROFILES_AT_ONCE,
        PRONOUNS_BYTES_MAX, STATUS_BYTES_MAX,
    },
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
    /// How it wants to be spoken of; empty if it does not say.
    pub pronouns: String,
    /// What it is up to; empty if it does not say.
    pub status: String,
    /// The address of a page of its own, with `http://` or `https://`; empty if there is none.
    pub homepage: String,
    /// A color, as `#3366cc`; empty if there is none.
    pub color: String,
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
    /// Other pronouns; empty for none.
    pub pronouns: Option<String>,
    /// Another status; empty for none.
    pub status: Option<String>,
    /// Another homepage; empty for none.
    pub homepage: Option<String>,
    /// Another color, also without its `#`; empty for none.
    pub color: Option<String>,
}

impl ProfileChange {
    /// The change after which somebody says nothing of itself.
    pub fn clearing() -> Self {
        let nothing = || Some(String::new());
        Self {
            display: nothing(),
            about: nothing(),
            avatar: Some(None),
            pronouns: nothing(),
            status: nothing(),
            homepage: nothing(),
            color: nothing(),
        }
    }

    /// Makes what somebody typed into what is kept: without blanks around it, and on its lines.
    pub fn checked(self) -> Result<Self, ProfileRefusal> {
        let display = self.display.map(|typed| display(&typed)).transpose()?;
        let about = self.about.map(|typed| about(&typed)).transpose()?;
        let line = |typed: Option<String>, what, max| {
            typed.map(|typed| line(&typed, ProfileRefusal::TooLong { what, max }, max)).transpose()
        };
        let pronouns = line(self.pronouns, "pronouns", PRONOUNS_BYTES_MAX)?;
        let status = line(self.status, "a status", STATUS_BYTES_MAX)?;
        let homepage = line(self.homepage, "a homepage", HOMEPAGE_BYTES_MAX)?;
        if homepage.as_ref().is_some_and(|address| !address.is_empty() && !is_page(address)) {
            return Err(ProfileRefusal::NoHomepage);
        }
        let color = self.color.map(|typed| color(&typed)).transpose()?;
        Ok(Self { display, about, avatar: self.avatar, pronouns, status, homepage, color })
    }
}

fn display(typed: &str) -> Result<String, ProfileRefusal> {
    line(typed, ProfileRefusal::DisplayTooLong { max: DISPLAY_BYTES_MAX }, DISPLAY_BYTES_MAX)
}

/// What stands on one line that shows what it is.
fn line(typed: &str, too_long: ProfileRefusal, max: usize) -> Result<String, ProfileRefusal> {
    let text = typed.trim();
    if text.len() > max {
        return Err(too_long);
    }
    if text.chars().any(|c| c.is_control() || hides(c)) {
        return Err(ProfileRefusal::Hidden);
    }
    Ok(text.to_owned())
}

/// Whether an address leads to a page, and shows on whose server. Nothing that runs in the page that
/// shows it, and no name before an `@` that looks like a host.
fn is_page(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`');
    host.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && host.bytes().all(in_host)
        && !rest.contains(odd)
}

fn color(typed: &str) -> Result<String, ProfileRefusal> {
    let typed = typed.trim();
    let digits = typed.strip_prefix('#').unwrap_or(typed);
    match digits.len() {
        0 if typed.is_empty() => Ok(String::new()),
        6 if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(format!("#{}", digits.to_ascii_lowercase()))
        }
        _ => Err(ProfileRefusal::NoColor),
    }
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
    let sql = "SELECT display, about, avatar, pronouns, status, homepage, color \
               FROM hub_account WHERE id = ?1";
    snapshot.query_one(sql, params![person.0], |row| {
        let avatar: String = row.get(2)?;
        let avatar = (!avatar.is_empty()).then_some(avatar);
        Ok(Profile {
            display: row.get(0)?,
            about: row.get(1)?,
            avatar,
            pronouns: row.get(3)?,
            status: row.get(4)?,
            homepage: row.get(5)?,
            color: row.get(6)?,
        })
    })
}

/// Changes the profile of an account. Returns what of it is different now; none if the account is gone.
pub fn set_profile(
    tx: &mut Tx<'_>,
    person: PersonId,
    change: &ProfileChange,
) -> Result<Option<Vec<ProfilePart>>, Error> {
    let Some(before) = profile(tx, person)? else { return Ok(None) };
    let avatar = change.avatar.as_ref().unwrap_or(&before.avatar).as_deref().unwrap_or_default();
    let mut parts = Vec::new();
    if avatar != before.avatar.as_deref().unwrap_or_default() {
        parts.push(ProfilePart::Avatar);
    }
    let [display, about, pronouns, status, homepage, color] = [
        (ProfilePart::Display, &change.display, &before.display),
        (ProfilePart::About, &change.about, &before.about),
        (ProfilePart::Pronouns, &change.pronouns, &before.pronouns),
        (ProfilePart::Status, &change.status, &before.status),
        (ProfilePart::Homepage, &change.homepage, &before.homepage),
        (ProfilePart::Color, &change.color, &before.color),
    ]
    .map(|(part, change, before)| {
        let after = change.as_ref().unwrap_or(before);
        parts.extend((after != before).then_some(part));
        after
    });
    let sql = "UPDATE hub_account SET display = ?2, about = ?3, avatar = ?4, pronouns = ?5, \
               status = ?6, homepage = ?7, color = ?8 WHERE id = ?1";
    let all = params![person.0, display, about, avatar, pronouns, status, homepage, color];
    tx.execute(sql, all)?;
    Ok(Some(parts))
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
    /// of such things. `parts` is what is different; if nothing is, there is nothing to tell.
    pub async fn tell_profile(
        &self,
        person: PersonId,
        parts: Vec<ProfilePart>,
    ) -> Result<(), crate::Error> {
        if parts.is_empty() {
            return Ok(());
        }
        let Some(Profile { display, avatar, .. }) = self.profile(person).await? else {
            return Ok(());
        };
        let changed = ProfileChanged { person: person.0, display, avatar, parts };
        self.ask(|reply| Ask::SetProfile { changed, reply }).await
    }
}

#[cfg(test)]
mod tests;
