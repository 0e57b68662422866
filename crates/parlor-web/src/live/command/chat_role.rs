//! `chat.role`: gives somebody a role in a room; `none` takes it away.

use parlor_http::Problem;
use parlor_hub::PersonId;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::{RoleName, TopicKey};
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetRole {
    k: TopicKey,
    person: u64,
    role: RoleName,
}

pub(super) async fn run(seat: &Seat, params: SetRole) -> Result<Nothing, Problem> {
    let chat = &seat.app.chat;
    let done = chat
        .set_role(seat.who(), params.k.into(), PersonId(params.person), params.role.into())
        .await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
