//! `GET` and `POST /api/v1/rooms`: the rooms one may know of; putting one on the own list.

use std::sync::Arc;

use http::StatusCode;
use parlor_chat::Refusal;
use parlor_http::{Answer, Request, Response};
use parlor_hub::Failure;
use parlor_hub::credit::COMMAND;

use crate::failure;
use crate::limits;
use crate::live::command::LITTLE;
use crate::live::command::chat_join::{JoinAnswer, JoinRoom};
use crate::live::command::chat_rooms::Rooms;
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn list(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let present = Presence::request(&app, &visitor.account, LITTLE).await?;
    let rooms = app.chat.rooms(present.who()).await.map_err(failure::hub)?;
    Ok(Response::json(StatusCode::OK, &Rooms::new(rooms)))
}

pub(crate) async fn join(app: Arc<App>, mut request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let wish: JoinRoom = request.json(limits::JSON_BYTES_MAX).await?;
    let name = wish.name()?;
    let present = Presence::request(&app, &visitor.account, COMMAND).await?;
    let enlisted = app.chat.enlist(present.who(), &name).await.map_err(failure::command)?;
    let overview = app.chat.overview(present.who()).await.map_err(failure::hub)?;
    let mut rooms = overview.rooms.iter();
    // It is missing only if it was left, or lost, in this very moment.
    let listed = rooms
        .find(|listed| listed.room.topic == enlisted.room.topic)
        .ok_or_else(|| failure::command(Failure::Refused(Refusal::NotAMember)))?;
    let status = if enlisted.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Response::json(status, &JoinAnswer::of_list(listed, enlisted.created)))
}
