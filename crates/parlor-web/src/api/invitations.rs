//! `POST /api/v1/invitations`: a new invitation link.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use parlor_hub::credit::COMMAND;

use crate::invitation::{self, Door};
use crate::limits;
use crate::live::command::invite_create::{InvitationAnswer, NewInvitation};
use crate::live::presence::{self, Presence};
use crate::pages::invitations::actor;
use crate::site::App;
use crate::visitor;

pub(crate) async fn create(app: Arc<App>, mut request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let wish: NewInvitation = request.json(limits::JSON_BYTES_MAX).await?;
    let base = app.base_url(&request);
    let by = actor(&visitor.account);
    let made = match wish.k {
        None => {
            presence::charge(&app, &visitor.account, COMMAND).await?;
            invitation::make(&app, &base, Door::Server(&by), wish.uses, wish.days).await?
        }
        Some(k) => {
            let present = Presence::request(&app, &visitor.account, COMMAND).await?;
            let door = Door::Room(present.who(), k.into(), wish.role());
            invitation::make(&app, &base, door, wish.uses, wish.days).await?
        }
    };
    Ok(Response::json(StatusCode::CREATED, &InvitationAnswer::from(made)))
}
