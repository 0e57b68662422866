//! `POST /api/v1/signout`: ends the session of the cookie.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};

use crate::site::App;
use crate::visitor;

pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    visitor::sign_out(&app, &request, Response::empty(StatusCode::NO_CONTENT)).await
}
