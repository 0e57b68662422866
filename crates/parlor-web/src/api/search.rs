//! `GET /api/v1/search`: finds messages that the account may read.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use parlor_hub::credit::COMMAND;

use crate::api::number;
use crate::live::command::Place;
use crate::live::command::chat_search;
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn find(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let place = Place::new(number(&request, "k")?, number(&request, "person")?);
    let query = request.query("query").unwrap_or_default();
    let search =
        chat_search::search(query, place, request.query("before"), number(&request, "limit")?)?;
    let present = Presence::request(&app, &visitor.account, COMMAND).await?;
    let found = chat_search::find(&app.chat, present.who(), search).await?;
    Ok(Response::json(StatusCode::OK, &found))
}
