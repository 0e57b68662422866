//! `chat.react`: reacts to a message with an emoji.

use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::seat::Seat;

/// Which message, and how.
#[derive(Debug, Deserialize)]
pub(crate) struct Reacting {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) msgid: String,
    pub(crate) emoji: String,
}

pub(super) async fn run(seat: &Seat, params: Reacting) -> Result<Nothing, Problem> {
    let Reacting { place, msgid, emoji } = params;
    let reacted = seat.app.chat.react(seat.who(), place.scope()?, msgid, emoji).await;
    reacted.map_err(failure::command)?;
    Ok(Nothing {})
}
