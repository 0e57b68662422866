//! `chat.modes`: sets switches of a room; those left out stay.

use parlor_chat::ModeChange;
use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetModes {
    k: TopicKey,
    invited_only: Option<bool>,
    moderated: Option<bool>,
    subject_locked: Option<bool>,
}

pub(super) async fn run(seat: &Seat, params: SetModes) -> Result<Nothing, Problem> {
    let change = ModeChange {
        invited_only: params.invited_only,
        moderated: params.moderated,
        subject_locked: params.subject_locked,
    };
    let chat = &seat.app.chat;
    let done = chat.set_modes(seat.who(), params.k.into(), change).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
