//! `POST /api/v1/signin`: name and password for a session cookie.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use serde::Deserialize;

use crate::api::me::Me;
use crate::failure;
use crate::limits;
use crate::site::App;
use crate::visitor;

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

pub(crate) async fn submit(app: Arc<App>, mut request: Request) -> Answer {
    let asked: Credentials = request.json(limits::JSON_BYTES_MAX).await?;
    let from = request.peer().ip();
    let signed_in = app.link.sign_in(asked.name.trim(), &asked.password, from).await;
    let who = signed_in.map_err(failure::command)?;
    let response = Response::json(StatusCode::OK, &Me::new(&who.account));
    visitor::sign_in(&app, &request, &who, response).await
}
