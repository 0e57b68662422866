//! `GET /api/v1/rooms`: the rooms one may know of.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};

use crate::failure;
use crate::live::command::chat_rooms::Rooms;
use crate::pages::invitations::actor;
use crate::site::App;
use crate::visitor;

pub(crate) async fn list(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let rooms = app.chat.rooms(&actor(&visitor.account)).await.map_err(failure::hub)?;
    Ok(Response::json(StatusCode::OK, &Rooms::new(rooms)))
}
