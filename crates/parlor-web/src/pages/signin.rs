//! Signing in with name and password.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_http::{Answer, Problem, Request, Response, is_local_path};
use parlor_hub::Registration;

use crate::failure;
use crate::limits;
use crate::pages::{Page, render, render_problem};
use crate::site::App;
use crate::visitor;

#[derive(Template)]
#[template(path = "signin.html")]
struct SigninPage<'a> {
    page: Page<'a>,
    problem: Option<&'a str>,
    name: &'a str,
    next: &'a str,
    open: bool,
    set_up: bool,
}

impl<'a> SigninPage<'a> {
    fn new(app: &'a App, set_up: bool, next: &'a str) -> Self {
        let open = app.link.options().registration == Registration::Open;
        Self { page: Page::new(app), problem: None, name: "", next, open, set_up }
    }
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let next = destination(request.query("next"));
    if visitor::find(&app, &request).await?.is_some() {
        return Ok(Response::see_other(&next));
    }
    let page = SigninPage::new(&app, app.is_set_up().await?, &next);
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, mut request: Request) -> Answer {
    let form = request.form(limits::FORM_BYTES_MAX).await?;
    let next = destination(Some(form.field("next")));
    let name = form.field("name");
    let name = name.trim();
    let signed_in = app.link.sign_in(name, &form.field("password"), request.peer().ip()).await;
    let begun = match signed_in.map_err(failure::command) {
        Ok(who) => visitor::sign_in(&app, &request, &who, Response::see_other(&next)).await,
        Err(problem) => Err(problem),
    };
    match begun {
        Ok(response) => Ok(response),
        Err(problem) => again(&app, &problem, name, &next).await,
    }
}

async fn again(app: &App, problem: &Problem, name: &str, next: &str) -> Answer {
    let set_up = app.is_set_up().await?;
    let page =
        SigninPage { problem: Some(&problem.text), name, ..SigninPage::new(app, set_up, next) };
    Ok(render_problem(problem, &page))
}

/// Where to go after signing in: a path of this server, nothing else.
fn destination(wish: Option<String>) -> String {
    wish.filter(|path| is_local_path(path) && path.len() <= limits::NEXT_BYTES_MAX)
        .unwrap_or_else(|| "/".to_owned())
}
