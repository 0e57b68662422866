//! `chat.unban`: lifts what a mask does in a room: a ban, a mute, or both.

use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, chat_ban};
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct LiftBan {
    k: TopicKey,
    mask: String,
    mute: Option<bool>,
}

pub(super) async fn run(seat: &Seat, params: LiftBan) -> Result<Nothing, Problem> {
    let mask = chat_ban::mask(&params.mask)?;
    let done = seat.app.chat.unban(seat.who(), params.k.into(), mask, params.mute).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
