//! `chat.history`: a page of what was said in a room or with a person, oldest first.

use parlor_chat::{Chat, HistoryPage, Moment, Page, Refusal, Scope};
use parlor_http::Problem;
use parlor_hub::{Attached, Failure};
use serde::{Deserialize, Serialize};

use super::Place;
use crate::failure;
use crate::limits;
use crate::live::message::avatars::Avatars;
use crate::live::message::{MessageView, position};

#[derive(Debug, Deserialize)]
pub(crate) struct ReadHistory {
    #[serde(flatten)]
    place: Place,
    before: Option<u64>,
    after: Option<u64>,
    around: Option<Around>,
    limit: Option<u64>,
}

/// A message by its place, or by its id.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Around {
    Place(u64),
    Msgid(String),
}

/// A page, and the position the topic had then.
#[derive(Serialize)]
pub(crate) struct HistoryAnswer {
    messages: Vec<MessageView>,
    more: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_after: bool,
    pos: String,
    #[serde(skip_serializing_if = "Avatars::is_empty")]
    avatars: Avatars,
}

impl HistoryAnswer {
    fn new(page: HistoryPage, avatars: Avatars) -> Self {
        Self {
            messages: page.messages.into_iter().map(MessageView::from).collect(),
            more: page.more,
            more_after: page.more_after,
            pos: position(page.position),
            avatars,
        }
    }
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: ReadHistory,
) -> Result<HistoryAnswer, Problem> {
    let scope = params.place.scope()?;
    let span = Span { before: params.before, after: params.after, around: params.around };
    read(chat, who, scope, span, params.limit).await
}

/// Which messages a client asks for: `around` wins over `before`, and that over `after`.
#[derive(Debug, Default)]
pub(crate) struct Span {
    pub(crate) before: Option<u64>,
    pub(crate) after: Option<u64>,
    pub(crate) around: Option<Around>,
}

/// Reads the page.
pub(crate) async fn read(
    chat: &Chat,
    who: &Attached,
    scope: Scope,
    span: Span,
    limit: Option<u64>,
) -> Result<HistoryAnswer, Problem> {
    let most = parlor_chat::limits::PAGE_MAX;
    let limit = limit.map_or(limits::PAGE_DEFAULT, |limit| {
        usize::try_from(limit).unwrap_or(most).clamp(1, most)
    });
    let page = match span {
        Span { around: Some(Around::Place(offset)), .. } => Page::around(offset, limit),
        Span { around: Some(Around::Msgid(msgid)), .. } => {
            let found = chat.locate(who, scope, Moment::Msgid(msgid)).await;
            let gone = || failure::command(Failure::Refused(Refusal::NoSuchMessage));
            Page::around(found.map_err(failure::command)?.ok_or_else(gone)?, limit)
        }
        Span { before: Some(offset), .. } => Page::before(offset, limit),
        Span { after: Some(offset), .. } => Page::after(offset, limit),
        Span { .. } => Page::latest(limit),
    };
    let history = chat.history(who, scope, page).await.map_err(failure::command)?;
    let authors = history.messages.iter().map(|message| message.author.person);
    let avatars = Avatars::of(chat, authors).await?;
    Ok(HistoryAnswer::new(history, avatars))
}
