//! The start: the app for whoever is signed in, else the way to sign in.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, VARY};
use parlor_http::{Answer, Request, Response};
use serde::Serialize;

use crate::assets;
use crate::live;
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
    /// JSON that closes no script element; `null` when there is nothing to show yet.
    first: String,
}

/// The cookie in which the page remembers which conversation was open last. Read only as a hint.
const PLACE_COOKIE: &str = "parlor_place";

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let Some(visitor) = visitor::find(&app, &request).await? else {
        return Ok(Response::see_other("/signin"));
    };
    let first = live::first::look(&app, &visitor.account, request.cookie(PLACE_COOKIE)).await;
    let first = first.unwrap_or_else(|problem| {
        // The page does without: the connection brings the same a moment later.
        tracing::debug!(code = problem.code, "a page was written without its first messages");
        None
    });
    let preloads = app.assets.preloads();
    let page = AppPage {
        page: Page::new(&app),
        preloads: &preloads,
        version: &app.options.version,
        me: visitor.account.name.as_str(),
        admin: visitor.account.admin,
        first: embedded(&first),
    };
    Ok(small(render(StatusCode::OK, &page), &request))
}

/// The page compressed, for a browser that unpacks it: it carries messages and a list of modules.
/// It holds no secret, so what others write into rooms can't be used to guess one by its length.
fn small(page: Response, request: &Request) -> Response {
    let packed = assets::takes_gzip(request).then(|| assets::gzip_page(page.body())).flatten();
    let Some(packed) = packed else { return page };
    Response::with_body(page.status(), "text/html; charset=utf-8", packed)
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_ENCODING, "gzip")
        .header(VARY, "Accept-Encoding")
}

/// Data as JSON that may stand inside a script element.
fn embedded(data: &impl Serialize) -> String {
    serde_json::to_string(data)
        .map_or_else(|_| "null".to_owned(), |json| json.replace('<', "\\u003c"))
}
