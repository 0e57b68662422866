//! The start: the app for whoever is signed in, else the way to sign in.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_http::{Answer, Request, Response};

use crate::pages::{Page, render};
use crate::site::App;
use crate::visitor;

#[derive(Template)]
#[template(path = "app.html")]
struct AppPage<'a> {
    page: Page<'a>,
    preloads: &'a [String],
    version: &'a str,
    me: &'a str,
    admin: bool,
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let Some(visitor) = visitor::find(&app, &request).await? else {
        return Ok(Response::see_other("/signin"));
    };
    let preloads = app.assets.preloads();
    let page = AppPage {
        page: Page::new(&app),
        preloads: &preloads,
        version: &app.options.version,
        me: visitor.account.name.as_str(),
        admin: visitor.account.admin,
    };
    Ok(render(StatusCode::OK, &page))
}
