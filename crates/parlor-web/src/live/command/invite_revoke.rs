//! `invite.revoke`: nobody gets in with this invitation any more.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct RevokeInvitation {
    id: String,
}

pub(super) async fn run(seat: &Seat, params: RevokeInvitation) -> Result<Nothing, Problem> {
    let revoked = seat.app.link.revoke_invitation(&seat.actor(), &params.id).await;
    revoked.map_err(failure::command)?;
    Ok(Nothing {})
}
