//! `passwords.remove`: takes a program's password away; its connections end.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct RemovePassword {
    id: u64,
}

pub(super) async fn run(seat: &Seat, params: RemovePassword) -> Result<Nothing, Problem> {
    let account = seat.owner()?.account.id;
    let done = seat.app.link.remove_app_password(account, params.id).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
