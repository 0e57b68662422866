//! The first account, by the one-time link the server printed.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_http::{Answer, Request, Response};
use parlor_hub::SignedIn;

use crate::failure;
use crate::limits;
use crate::pages::{Page, render, render_problem};
use crate::site::App;
use crate::visitor;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage<'a> {
    page: Page<'a>,
    problem: Option<&'a str>,
    name: &'a str,
    token: &'a str,
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let token = request.param("token");
    app.link.check_setup_token(token).await.map_err(failure::command)?;
    let token = &parlor_http::percent_encode(token);
    let page = SetupPage { page: Page::new(&app), problem: None, name: "", token };
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, mut request: Request) -> Answer {
    let form = request.form(limits::FORM_BYTES_MAX).await?;
    let name = form.field("name");
    let name = name.trim();
    let token = request.param("token");
    match app.link.set_up(token, name, &form.field("password")).await.map_err(failure::command) {
        Ok(account) => {
            let who = SignedIn::registered(account);
            visitor::sign_in(&app, &request, &who, Response::see_other("/")).await
        }
        // These two are about the link, so showing the form again would help nobody.
        Err(problem) if matches!(problem.code, "already_set_up" | "wrong_setup_token") => {
            Err(problem)
        }
        Err(problem) => {
            let token = &parlor_http::percent_encode(token);
            let page =
                SetupPage { page: Page::new(&app), problem: Some(&problem.text), name, token };
            Ok(render_problem(&problem, &page))
        }
    }
}
