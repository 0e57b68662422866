//! `people`: who is online; or, by name, who can be written to.

use parlor_http::Problem;
use parlor_hub::{Present, Profile};
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::limits;
use crate::live::message::file::avatar_url;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ListPeople {
    /// A nick, or the name of an account, which need not be online.
    nick: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct People {
    people: Vec<PersonView>,
    total: usize,
}

#[derive(Serialize)]
struct PersonView {
    person: u64,
    nick: String,
    account: Option<String>,
    away: Option<String>,
    online: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bot: bool,
    #[serde(flatten)]
    words: Option<Words>,
}

/// What the one person that was asked for says of itself.
#[derive(Serialize)]
struct Words {
    #[serde(skip_serializing_if = "String::is_empty")]
    display: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    about: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pronouns: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    homepage: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    color: String,
}

impl From<&Present> for PersonView {
    fn from(present: &Present) -> Self {
        Self {
            person: present.person.0,
            nick: present.nick.to_string(),
            account: present.account.as_ref().map(ToString::to_string),
            away: present.away.clone(),
            online: present.connected,
            avatar: present.avatar.as_deref().map(avatar_url),
            bot: present.bot,
            words: None,
        }
    }
}

pub(super) async fn run(seat: &Seat, params: ListPeople) -> Result<People, Problem> {
    let link = &seat.app.link;
    if let Some(nick) = params.nick {
        let people: Vec<PersonView> = named(seat, nick.trim()).await?.into_iter().collect();
        return Ok(People { total: people.len(), people });
    }
    let everyone = link.everyone(limits::PEOPLE_MAX).await;
    let online = link.online().await;
    let people: Vec<_> = everyone.iter().map(|present| PersonView::from(&**present)).collect();
    let total = online.people + online.guests + online.residents;
    let total = total.max(people.len());
    Ok(People { people, total })
}

async fn named(seat: &Seat, nick: &str) -> Result<Option<PersonView>, Problem> {
    let link = &seat.app.link;
    let Some(found) = link.addressee(nick).await.map_err(failure::hub)? else { return Ok(None) };
    let person = found.person;
    let mut view = match found.present {
        Some(present) => PersonView::from(&*present),
        None => PersonView {
            person: found.person.0,
            nick: found.nick.to_string(),
            account: Some(found.nick.to_string()),
            away: None,
            online: false,
            avatar: None,
            bot: false,
            words: None,
        },
    };
    if let Some(profile) = link.profile(person).await.map_err(failure::hub)? {
        let Profile { display, about, avatar, pronouns, status, homepage, color } = profile;
        view.avatar = avatar.as_deref().map(avatar_url);
        view.words = Some(Words { display, about, pronouns, status, homepage, color });
    }
    Ok(Some(view))
}
