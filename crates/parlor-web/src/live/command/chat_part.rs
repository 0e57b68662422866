//! `chat.part`: leaves a room, also in the list of rooms.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct PartRoom {
    k: TopicKey,
    #[serde(default)]
    reason: String,
}

pub(super) async fn run(seat: &mut Seat, params: PartRoom) -> Result<Nothing, Problem> {
    let room = params.k.into();
    let left = seat.app.chat.part(seat.who(), room, &params.reason).await;
    left.map_err(failure::command)?;
    seat.unfollow(room);
    Ok(Nothing {})
}
