//! `chat.subject`: says what a room is about.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetSubject {
    k: TopicKey,
    subject: String,
}

pub(super) async fn run(seat: &Seat, params: SetSubject) -> Result<Nothing, Problem> {
    let chat = &seat.app.chat;
    let done = chat.set_subject(seat.who(), params.k.into(), params.subject).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
