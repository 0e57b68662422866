//! `sessions.list`: what the account is signed in with.

use parlor_http::Problem;
use serde::Serialize;

use crate::failure;
use crate::live::seat::Seat;

#[derive(Serialize)]
pub(crate) struct Sessions {
    sessions: Vec<SessionView>,
}

#[derive(Serialize)]
struct SessionView {
    id: String,
    kind: &'static str,
    device: String,
    address: String,
    created: u64,
    last: u64,
    current: bool,
}

pub(super) async fn run(seat: &Seat) -> Result<Sessions, Problem> {
    let owner = seat.owner()?;
    let listed = seat.app.link.sessions(owner.account.id).await.map_err(failure::hub)?;
    let sessions = listed.into_iter().map(|session| SessionView {
        current: session.id == owner.session,
        id: session.id,
        kind: session.kind,
        device: session.device,
        address: session.address,
        created: session.created_ms,
        last: session.last_ms,
    });
    Ok(Sessions { sessions: sessions.collect() })
}
