//! `invite.list`: the invitations that still work: all of them for administrators, their own for
//! others.

use parlor_chat::RoomName;
use parlor_http::Problem;
use parlor_hub::ListedInvitation;
use serde::Serialize;

use crate::failure;
use crate::live::message::RoleName;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<RoleName>,
}

impl From<(ListedInvitation, Option<RoomName>)> for InvitationView {
    fn from((listed, room): (ListedInvitation, Option<RoomName>)) -> Self {
        let ListedInvitation { id, invitation } = listed;
        Self {
            id,
            by: invitation.by.to_string(),
            uses_left: invitation.uses_left,
            expires: invitation.expires_at_ms,
            room: room.map(|name| name.to_string()),
            role: invitation.to.map(|to| to.role.into()),
        }
    }
}

pub(super) async fn run(seat: &Seat) -> Result<Invitations, Problem> {
    let listed = seat.app.chat.invitations(seat.who()).await.map_err(failure::command)?;
    Ok(Invitations { invitations: listed.into_iter().map(InvitationView::from).collect() })
}
