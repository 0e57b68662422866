//! `chat.history`: a page of what was said in a room or with a person, oldest first.

use parlor_chat::{HistoryPage, Page};
use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::failure;
use crate::limits;
use crate::live::message::{MessageView, position};
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ReadHistory {
    #[serde(flatten)]
    place: Place,
    before: Option<u64>,
    after: Option<u64>,
    limit: Option<u64>,
}

/// A page, and the position the topic had then.
#[derive(Serialize)]
pub(crate) struct HistoryAnswer {
    messages: Vec<MessageView>,
    more: bool,
    pos: String,
}

impl HistoryAnswer {
    pub(crate) fn new(page: HistoryPage) -> Self {
        Self {
            messages: page.messages.into_iter().map(MessageView::from).collect(),
            more: page.more,
            pos: position(page.position),
        }
    }
}

pub(super) async fn run(seat: &Seat, params: ReadHistory) -> Result<HistoryAnswer, Problem> {
    let scope = params.place.scope()?;
    let page = page(params.before, params.after, params.limit);
    let history = seat.app.chat.history(seat.who(), scope, page).await;
    Ok(HistoryAnswer::new(history.map_err(failure::command)?))
}

/// The page a client asks for; `before` wins over `after`.
pub(crate) fn page(before: Option<u64>, after: Option<u64>, limit: Option<u64>) -> Page {
    let most = parlor_chat::limits::PAGE_MAX;
    let limit = limit.map_or(limits::PAGE_DEFAULT, |limit| {
        usize::try_from(limit).unwrap_or(most).clamp(1, most)
    });
    match (before, after) {
        (Some(offset), _) => Page::before(offset, limit),
        (None, Some(offset)) => Page::after(offset, limit),
        (None, None) => Page::latest(limit),
    }
}
