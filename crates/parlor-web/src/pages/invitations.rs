//! Inviting people: makes a link and shows it as a picture for phones.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_http::{Answer, Problem, Request, Response};
use parlor_hub::{Account, AccountId, Actor};

use crate::invitation::{self, Door, MadeInvitation};
use crate::limits;
use crate::pages::{Page, render, render_problem};
use crate::site::App;
use crate::visitor;

#[derive(Template)]
#[template(path = "invitations.html")]
struct InvitationsPage<'a> {
    page: Page<'a>,
    problem: Option<&'a str>,
    made: Option<Shown>,
}

struct Shown {
    url: String,
    qr: Option<String>,
    terms: String,
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    if visitor::find(&app, &request).await?.is_none() {
        return Ok(Response::see_other("/signin?next=/invitations"));
    }
    let page = InvitationsPage { page: Page::new(&app), problem: None, made: None };
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, mut request: Request) -> Answer {
    let Some(visitor) = visitor::find(&app, &request).await? else {
        return Ok(Response::see_other("/signin?next=/invitations"));
    };
    let form = request.form(limits::FORM_BYTES_MAX).await?;
    let (uses, days) = (form.field("uses").parse(), form.field("days").parse());
    let made = match (uses, days) {
        (Ok(uses), Ok(days)) => {
            let base = app.base_url(&request);
            let by = actor(&visitor.account);
            let made = invitation::make(&app, &base, Door::Server(&by), uses, days).await;
            made.map(|made| shown(made, uses, days))
        }
        _ => Err(Problem::bad_request("Both have to be numbers.")),
    };
    let page = Page::new(&app);
    match made {
        Ok(made) => {
            let page = InvitationsPage { page, problem: None, made: Some(made) };
            Ok(render(StatusCode::OK, &page))
        }
        Err(problem) => {
            let page = InvitationsPage { page, problem: Some(&problem.text), made: None };
            Ok(render_problem(&problem, &page))
        }
    }
}

/// An account as somebody who asks for something outside any live session.
pub(crate) fn actor(account: &Account) -> Actor {
    let AccountId(id) = account.id;
    Actor { person: parlor_hub::PersonId(id), account: Some(account.id), admin: account.admin }
}

fn shown(made: MadeInvitation, uses: u32, days: u32) -> Shown {
    let people = if uses == 1 { "one person".to_owned() } else { format!("{uses} people") };
    let time = if days == 1 { "one day".to_owned() } else { format!("{days} days") };
    Shown {
        url: made.url,
        qr: made.qr.as_deref().map(invitation::data_url),
        terms: format!("Good for {people}, for {time}."),
    }
}
