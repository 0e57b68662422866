//! `sessions.end`: signs one of the account's devices out.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct EndSession {
    id: String,
}

pub(super) async fn run(seat: &Seat, params: EndSession) -> Result<Nothing, Problem> {
    let owner = seat.owner()?;
    let done = seat.app.link.end_session(owner.account.id, &params.id).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
