//! Signing out: ends the session on the server, too.

use std::sync::Arc;

use parlor_http::{Answer, Request, Response};

use crate::site::App;
use crate::visitor;

pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    visitor::sign_out(&app, &request, Response::see_other("/signin")).await
}
