//! `chat.draft`: keeps what one has begun to write for all devices of the account.

use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct KeepDraft {
    #[serde(flatten)]
    place: Place,
    text: String,
}

pub(super) async fn run(seat: &Seat, params: KeepDraft) -> Result<Nothing, Problem> {
    let kept = seat.app.chat.set_draft(seat.who(), params.place.scope()?, params.text).await;
    kept.map_err(failure::command)?;
    Ok(Nothing {})
}
