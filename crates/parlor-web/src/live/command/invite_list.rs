//! `invite.list`: the invitations that still work, for administrators.

use parlor_http::Problem;
use parlor_hub::ListedInvitation;
use serde::Serialize;

use crate::failure;
use crate::live::seat::Seat;

#[derive(Serialize)]
pub(crate) struct Invitations {
    invitations: Vec<InvitationView>,
}

#[derive(Serialize)]
struct InvitationView {
    id: String,
    by: String,
    uses_left: u32,
    expires: u64,
}

impl From<ListedInvitation> for InvitationView {
    fn from(ListedInvitation { id, invitation }: ListedInvitation) -> Self {
        Self {
            id,
            by: invitation.by.to_string(),
            uses_left: invitation.uses_left,
            expires: invitation.expires_at_ms,
        }
    }
}

pub(super) async fn run(seat: &Seat) -> Result<Invitations, Problem> {
    let listed = seat.app.link.invitations(&seat.actor()).await.map_err(failure::command)?;
    Ok(Invitations { invitations: listed.into_iter().map(InvitationView::from).collect() })
}
