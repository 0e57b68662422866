//! `chat.typing`: says that one is writing, or no longer.

use parlor_chat::TypingState;
use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::message::TypingName;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct Typing {
    #[serde(flatten)]
    place: Place,
    state: TypingName,
}

pub(super) async fn run(seat: &Seat, params: Typing) -> Result<Nothing, Problem> {
    let (scope, state) = (params.place.scope()?, TypingState::from(params.state));
    let told = seat.app.chat.typing(seat.who(), scope, state).await;
    told.map_err(failure::command)?;
    Ok(Nothing {})
}
