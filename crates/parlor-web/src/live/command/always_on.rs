//! `always_on`: whether one stays in one's rooms while no device of the account is connected.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetAlwaysOn {
    on: bool,
}

pub(super) async fn run(seat: &Seat, params: SetAlwaysOn) -> Result<Nothing, Problem> {
    let Some(account) = &seat.who().account else { return Ok(Nothing {}) };
    seat.app.link.set_always_on(account.id, params.on).await.map_err(failure::hub)?;
    Ok(Nothing {})
}
