//! `invite.create`: makes an invitation link, to the server or to a room of it.

use parlor_http::Problem;
use parlor_hub::Role;
use serde::{Deserialize, Serialize};

use crate::invitation::{self, Door, MadeInvitation};
use crate::live::message::{RoleName, TopicKey};
use crate::live::seat::Seat;

/// For how many people and how many days; to which room, and as what there.
#[derive(Debug, Deserialize)]
pub(crate) struct NewInvitation {
    #[serde(default = "one")]
    pub(crate) uses: u32,
    #[serde(default = "week")]
    pub(crate) days: u32,
    pub(crate) k: Option<TopicKey>,
    pub(crate) role: Option<RoleName>,
}

impl NewInvitation {
    /// The role in the room; plain membership if none is named.
    pub(crate) fn role(&self) -> Role {
        self.role.map_or(Role::Member, Into::into)
    }
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
    let actor = seat.actor();
    let door = match params.k {
        None => Door::Server(&actor),
        Some(k) => Door::Room(seat.who(), k.into(), params.role()),
    };
    let NewInvitation { uses, days, .. } = params;
    let made = invitation::make(&seat.app, &seat.base_url, door, uses, days).await?;
    Ok(made.into())
}

fn one() -> u32 {
    1
}

fn week() -> u32 {
    7
}
