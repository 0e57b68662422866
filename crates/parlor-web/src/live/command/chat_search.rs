//! `chat.search`: finds messages that the asker may read.

use parlor_chat::{Chat, Search, SearchPage};
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::{Deserialize, Serialize};

use super::{Place, bad_params};
use crate::failure;
use crate::limits;
use crate::live::message::MessageView;
use crate::live::message::avatars::Avatars;

#[derive(Debug, Deserialize)]
pub(crate) struct SearchMessages {
    #[serde(flatten)]
    place: Place,
    query: String,
    before: Option<String>,
    limit: Option<u64>,
}

/// A page of what was found, and from where to go on.
#[derive(Serialize)]
pub(crate) struct SearchAnswer {
    hits: Vec<HitView>,
    next: Option<String>,
    #[serde(skip_serializing_if = "Avatars::is_empty")]
    avatars: Avatars,
}

#[derive(Serialize)]
struct HitView {
    message: MessageView,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
}

impl SearchAnswer {
    fn new(page: SearchPage, avatars: Avatars) -> Self {
        let hits = page.hits.into_iter();
        let hits = hits.map(|hit| HitView {
            message: hit.message.into(),
            room: hit.room.map(|name| name.to_string()),
        });
        // A cursor has more digits than a number of JSON keeps.
        let next = page.next.map(|cursor| cursor.to_string());
        Self { hits: hits.collect(), next, avatars }
    }
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: SearchMessages,
) -> Result<SearchAnswer, Problem> {
    find(chat, who, search(params.query, params.place, params.before, params.limit)?).await
}

/// Finds a page.
pub(crate) async fn find(
    chat: &Chat,
    who: &Attached,
    search: Search,
) -> Result<SearchAnswer, Problem> {
    let found = chat.search(who, search).await.map_err(failure::command)?;
    let authors = found.hits.iter().map(|hit| hit.message.author.person);
    let avatars = Avatars::of(chat, authors).await?;
    Ok(SearchAnswer::new(found, avatars))
}

/// What a client searches for.
pub(crate) fn search(
    query: String,
    place: Place,
    before: Option<String>,
    limit: Option<u64>,
) -> Result<Search, Problem> {
    let scope = if place.is_given() { Some(place.scope()?) } else { None };
    let before = before.map(|cursor| cursor.parse().map_err(bad_params)).transpose()?;
    let limit = limit
        .map_or(limits::SEARCH_PAGE_DEFAULT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Search { query, scope, before, limit })
}
