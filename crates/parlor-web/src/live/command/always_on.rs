//! `always_on`: whether one stays in one's rooms while no device of the account is connected.
//! Another device may have switched it since `hello`, so that one can also ask.

use parlor_chat::Refusal;
use parlor_http::Problem;
use parlor_hub::Failure;
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct AlwaysOn {
    on: Option<bool>,
}

#[derive(Serialize)]
pub(crate) struct AlwaysOnAnswer {
    on: bool,
}

pub(super) async fn run(seat: &Seat, params: AlwaysOn) -> Result<AlwaysOnAnswer, Problem> {
    let Some(account) = &seat.who().account else {
        return Err(failure::command(Failure::Refused(Refusal::NeedsAccount)));
    };
    let link = &seat.app.link;
    let on = match params.on {
        Some(on) => link.set_always_on(account.id, on).await.map(|()| on),
        None => link.always_on(account.id).await,
    };
    Ok(AlwaysOnAnswer { on: on.map_err(failure::hub)? })
}
