//! `passwords.create`: makes a password for one program. It is shown this once.

use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct NewPassword {
    name: String,
}

#[derive(Serialize)]
pub(crate) struct MadePassword {
    id: u64,
    password: String,
}

pub(super) async fn run(seat: &Seat, params: NewPassword) -> Result<MadePassword, Problem> {
    let account = seat.owner()?.account.id;
    let made = seat.app.link.create_app_password(account, &params.name).await;
    let (made, password) = made.map_err(failure::command)?;
    Ok(MadePassword { id: made.id, password })
}
