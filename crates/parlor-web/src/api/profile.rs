//! `POST /api/v1/profile`: the command `profile.set` for programs without a live connection.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use parlor_hub::credit::COMMAND;

use crate::limits;
use crate::live::command::profile_set::{self, SetProfile};
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn submit(app: Arc<App>, mut request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let change: SetProfile = request.json(limits::JSON_BYTES_MAX).await?;
    let present = Presence::request(&app, &visitor.account, COMMAND).await?;
    let done = profile_set::run(&app.chat, present.who(), change).await?;
    Ok(Response::json(StatusCode::OK, &done))
}
