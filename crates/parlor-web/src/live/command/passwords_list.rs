//! `passwords.list`: the account's app passwords, without the passwords.

use parlor_http::Problem;
use parlor_hub::AppPassword;
use serde::Serialize;

use crate::failure;
use crate::live::seat::Seat;

#[derive(Serialize)]
pub(crate) struct Passwords {
    passwords: Vec<PasswordView>,
}

#[derive(Serialize)]
struct PasswordView {
    id: u64,
    name: String,
    created: u64,
    last: Option<u64>,
}

pub(super) async fn run(seat: &Seat) -> Result<Passwords, Problem> {
    let account = seat.owner()?.account.id;
    let listed = seat.app.link.app_passwords(account).await.map_err(failure::hub)?;
    let passwords = listed.into_iter().map(|AppPassword { id, name, created_ms, used_ms }| {
        PasswordView { id, name, created: created_ms, last: used_ms }
    });
    Ok(Passwords { passwords: passwords.collect() })
}
