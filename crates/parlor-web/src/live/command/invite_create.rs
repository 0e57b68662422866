//! `invite.create`: makes an invitation link.

use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use crate::invitation::{self, MadeInvitation};
use crate::live::seat::Seat;

/// For how many people and how many days.
#[derive(Debug, Deserialize)]
pub(crate) struct NewInvitation {
    #[serde(default = "one")]
    pub(crate) uses: u32,
    #[serde(default = "week")]
    pub(crate) days: u32,
}

/// The link, and the link as an SVG picture where other devices can use it.
#[derive(Serialize)]
pub(crate) struct InvitationAnswer {
    url: String,
    qr: Option<String>,
}

impl From<MadeInvitation> for InvitationAnswer {
    fn from(made: MadeInvitation) -> Self {
        Self { url: made.url, qr: made.qr }
    }
}

pub(super) async fn run(seat: &Seat, params: NewInvitation) -> Result<InvitationAnswer, Problem> {
    let NewInvitation { uses, days } = params;
    let made = invitation::make(&seat.app, &seat.base_url, &seat.actor(), uses, days).await?;
    Ok(made.into())
}

fn one() -> u32 {
    1
}

fn week() -> u32 {
    7
}
