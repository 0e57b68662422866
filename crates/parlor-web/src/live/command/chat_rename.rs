//! `chat.rename`: gives a room another name; everything else of it stays.

use parlor_chat::RoomName;
use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, bad_params};
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct RenameRoom {
    k: TopicKey,
    name: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn run(seat: &Seat, params: RenameRoom) -> Result<Nothing, Problem> {
    let RenameRoom { k, name, reason } = params;
    let name = RoomName::new(name.trim()).map_err(bad_params)?;
    let done = seat.app.chat.rename_room(seat.who(), k.into(), &name, &reason).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
