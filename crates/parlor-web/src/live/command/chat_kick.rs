//! `chat.kick`: throws somebody out of a room.

use parlor_http::Problem;
use parlor_hub::PersonId;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct KickPerson {
    k: TopicKey,
    person: u64,
    #[serde(default)]
    reason: String,
}

pub(super) async fn run(seat: &Seat, params: KickPerson) -> Result<Nothing, Problem> {
    let chat = &seat.app.chat;
    let done = chat.kick(seat.who(), params.k.into(), PersonId(params.person), params.reason).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
