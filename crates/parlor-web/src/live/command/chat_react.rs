//! `chat.react`: reacts to a message with an emoji.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;

/// Which message, and how.
#[derive(Debug, Deserialize)]
pub(crate) struct Reacting {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) msgid: String,
    pub(crate) emoji: String,
}

pub(crate) async fn run(chat: &Chat, who: &Attached, params: Reacting) -> Result<Nothing, Problem> {
    let Reacting { place, msgid, emoji } = params;
    let reacted = chat.react(who, place.scope()?, msgid, emoji).await;
    reacted.map_err(failure::command)?;
    Ok(Nothing {})
}
