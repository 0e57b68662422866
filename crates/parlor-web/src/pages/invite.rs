//! An invitation: who invites, and the form that makes the account.
//!
//! Looking at it does not use it up, since messengers look at every link to show a preview.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_http::{Answer, Problem, Request, Response, percent_encode};

use crate::failure;
use crate::limits;
use crate::pages::{Page, render, render_problem};
use crate::site::App;
use crate::visitor;

#[derive(Template)]
#[template(path = "invite.html")]
pub(super) struct InvitePage<'a> {
    pub(super) page: Page<'a>,
    pub(super) problem: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) by: Option<&'a str>,
    pub(super) signed_in_as: Option<&'a str>,
    pub(super) action: &'a str,
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let token = request.param("token");
    let invitation = app.link.invitation(token).await.map_err(failure::command)?;
    let visitor = visitor::find(&app, &request).await?;
    let page = InvitePage {
        page: Page::new(&app),
        problem: None,
        name: "",
        by: Some(invitation.by.as_str()),
        signed_in_as: visitor.as_ref().map(|visitor| visitor.account.name.as_str()),
        action: &format!("/invite/{}", percent_encode(token)),
    };
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    let token = request.param("token").to_owned();
    let invitation = app.link.invitation(&token).await.map_err(failure::command)?;
    let way = Way {
        by: Some(invitation.by.as_str()),
        token: Some(&token),
        action: &format!("/invite/{}", percent_encode(&token)),
    };
    make_account(&app, request, &way).await
}

/// By what an account is made: an invitation, or nothing where registration is open.
pub(super) struct Way<'a> {
    pub(super) by: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    pub(super) action: &'a str,
}

/// Makes the account the form asks for and signs its owner in.
pub(super) async fn make_account(app: &App, mut request: Request, way: &Way<'_>) -> Answer {
    let form = request.form(limits::FORM_BYTES_MAX).await?;
    let name = form.field("name");
    let name = name.trim();
    let from = request.peer().ip();
    let made = app.link.register(name, &form.field("password"), way.token, from).await;
    match made.map_err(failure::command) {
        Ok(account) => visitor::sign_in(app, &request, &account, Response::see_other("/")).await,
        Err(problem) => Ok(again(app, &problem, name, way)),
    }
}

fn again(app: &App, problem: &Problem, name: &str, way: &Way<'_>) -> Response {
    let page = InvitePage {
        page: Page::new(app),
        problem: Some(&problem.text),
        name,
        by: way.by,
        signed_in_as: None,
        action: way.action,
    };
    render_problem(problem, &page)
}
