//! `password.change`: gives the account another password; its other sessions end.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::seat::Seat;

#[derive(Deserialize)]
pub(crate) struct ChangePassword {
    old: String,
    new: String,
}

/// Passwords are shown to nobody, not even in a log of commands.
impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangePassword")
    }
}

pub(super) async fn run(seat: &Seat, params: ChangePassword) -> Result<Nothing, Problem> {
    let owner = seat.owner()?;
    let ChangePassword { old, new } = params;
    let link = &seat.app.link;
    let done = link.change_password(&owner.account, &old, &new, owner.from, &owner.session).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
