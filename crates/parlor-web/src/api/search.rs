//! `GET /api/v1/search`: finds messages that the account may read.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Problem, Request, Response};

use crate::live::command::Place;
use crate::live::command::chat_search;
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn find(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let number = |name| match request.query(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| Problem::bad_request(format!("{name} has to be a number."))),
    };
    let place = Place::new(number("k")?, number("person")?);
    let query = request.query("query").unwrap_or_default();
    let search = chat_search::search(query, place, request.query("before"), number("limit")?)?;
    let present = Presence::visit(&app.link, &visitor.account, "api").await?;
    let found = chat_search::find(&app.chat, present.who(), search).await?;
    Ok(Response::json(StatusCode::OK, &found))
}
