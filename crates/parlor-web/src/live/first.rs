//! What a page shows before it is connected: what `hello` would answer, and the messages of the
//! conversation that was open last. It travels inside the page, so that the first words are there
//! with the first response; the connection then resumes from it.

use parlor_chat::{Overview, Scope};
use parlor_http::Problem;
use parlor_hub::{Account, PersonId};
use parlor_topics::TopicId;
use serde::Serialize;

use crate::failure;
use crate::limits;
use crate::live::command::chat_history::{self, HistoryAnswer, Span};
use crate::live::command::hello::{self, Welcome};
use crate::live::presence::Presence;
use crate::site::App;

/// The data inside the page.
#[derive(Serialize)]
pub(crate) struct First {
    welcome: Welcome,
    conversation: String,
    page: HistoryAnswer,
}

/// Looks up what `account` sees first; `place` is the conversation that was open last, as the page
/// names it. Nothing for whoever is in no room yet: `hello` will take them to the lobby.
///
/// # Errors
///
/// Those of the hub and the store.
pub(crate) async fn look(
    app: &App,
    account: &Account,
    place: Option<&str>,
) -> Result<Option<First>, Problem> {
    let present = Presence::visit(app, account, "page").await?;
    let overview = app.chat.overview(present.who()).await.map_err(failure::hub)?;
    let Some(scope) = open(&overview, place) else { return Ok(None) };
    let limit = Some(limits::FIRST_MESSAGES);
    let page = chat_history::read(&app.chat, present.who(), scope, Span::default(), limit).await?;
    let conversation = match scope {
        Scope::Room(TopicId(k)) => format!("room:{k}"),
        Scope::Direct(PersonId(person)) => format!("person:{person}"),
    };
    let avatars = hello::avatars(app, present.who(), &overview).await?;
    let welcome = Welcome::preview(app, account, present.who(), overview, &avatars);
    Ok(Some(First { welcome, conversation, page }))
}

/// The conversation that was open last, if it is still there; else the oldest room, which is where
/// newcomers land.
fn open(overview: &Overview, place: Option<&str>) -> Option<Scope> {
    let named = place.and_then(|place| match place.split_once(':')? {
        ("room", k) => {
            let room = TopicId(k.parse().ok()?);
            overview
                .rooms
                .iter()
                .any(|listed| listed.room.topic == room)
                .then_some(Scope::Room(room))
        }
        ("person", person) => {
            let person = PersonId(person.parse().ok()?);
            overview
                .direct
                .iter()
                .any(|direct| direct.person == person)
                .then_some(Scope::Direct(person))
        }
        _ => None,
    });
    let oldest = || overview.rooms.iter().map(|listed| listed.room.topic).min_by_key(|k| k.0);
    named.or_else(|| oldest().map(Scope::Room))
}
