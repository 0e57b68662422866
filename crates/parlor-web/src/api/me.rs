//! `GET /api/v1/me`: whose session the cookie is.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use parlor_hub::Account;
use serde::Serialize;

use crate::site::App;
use crate::visitor;

/// The account somebody is signed in to.
#[derive(Serialize)]
pub(crate) struct Me<'a> {
    person: u64,
    name: &'a str,
    admin: bool,
}

impl<'a> Me<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { person: account.id.0, name: account.name.as_str(), admin: account.admin }
    }
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let visitor = visitor::need(&app, &request).await?;
    Ok(Response::json(StatusCode::OK, &Me::new(&visitor.account)))
}
