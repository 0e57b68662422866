//! `GET` and `POST /api/v1/rooms/{k}/messages`: reading a room's history, posting to it.

use std::sync::Arc;

use http::StatusCode;
use parlor_chat::{Scope, Target};
use parlor_http::{Answer, Problem, Request, Response};
use parlor_hub::credit::COMMAND;
use parlor_topics::TopicId;

use crate::api::number;
use crate::failure;
use crate::limits;
use crate::live::command::LITTLE;
use crate::live::command::chat_history::{self, Around, Span};
use crate::live::command::chat_post::{NewPost, PostAnswer};
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor;

pub(crate) async fn list(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let room = room(&request)?;
    let around = request.query("around").map(|text| match text.parse() {
        Ok(offset) => Around::Place(offset),
        Err(_) => Around::Msgid(text),
    });
    let span =
        Span { before: number(&request, "before")?, after: number(&request, "after")?, around };
    let limit = number(&request, "limit")?;
    let present = Presence::request(&app, &visitor.account, LITTLE).await?;
    let scope = Scope::Room(room);
    let history = chat_history::read(&app.chat, present.who(), scope, span, limit).await?;
    Ok(Response::json(StatusCode::OK, &history))
}

pub(crate) async fn post(app: Arc<App>, mut request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    let room = room(&request)?;
    let message: NewPost = request.json(limits::JSON_BYTES_MAX).await?;
    let present = Presence::request(&app, &visitor.account, COMMAND).await?;
    let posted = app.chat.post(present.who(), Target::Room(room), message.into()).await;
    let posted = posted.map_err(failure::command)?;
    Ok(Response::json(StatusCode::CREATED, &PostAnswer::new(posted)))
}

fn room(request: &Request) -> Result<TopicId, Problem> {
    let k = request.param("k").parse();
    k.map(TopicId).map_err(|_| Problem::not_found("There is no such room."))
}
