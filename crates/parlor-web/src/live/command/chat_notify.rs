//! `chat.notify`: what one wants to be told of in a room or a conversation.

use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::message::own::LevelName;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetNotify {
    #[serde(flatten)]
    place: Place,
    level: LevelName,
}

pub(super) async fn run(seat: &Seat, params: SetNotify) -> Result<Nothing, Problem> {
    let (scope, level) = (params.place.scope()?, params.level.into());
    let set = seat.app.chat.set_notify(seat.who(), scope, level).await;
    set.map_err(failure::command)?;
    Ok(Nothing {})
}
