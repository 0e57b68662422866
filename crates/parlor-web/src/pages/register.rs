//! Making an account without an invitation, where registration is open.

use std::sync::Arc;

use http::StatusCode;
use parlor_http::{Answer, Problem, Request};
use parlor_hub::{AccountRefusal, Registration};

use crate::failure::{self, Explained as _};
use crate::pages::invite::{InvitePage, Offer, Way, make_account};
use crate::pages::{Page, render};
use crate::site::App;
use crate::visitor;

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    need_open(&app)?;
    let visitor = visitor::find(&app, &request).await?;
    let page = InvitePage {
        page: Page::new(&app),
        problem: None,
        name: "",
        offer: Offer::OPEN,
        signed_in_as: visitor.as_ref().map(|visitor| visitor.account.name.as_str()),
        action: "/register",
    };
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    need_open(&app)?;
    make_account(&app, request, &Way { offer: Offer::OPEN, token: None, action: "/register" }).await
}

fn need_open(app: &App) -> Result<(), Problem> {
    let refusal = match app.link.options().registration {
        Registration::Open => return Ok(()),
        Registration::Invite => AccountRefusal::InvitationNeeded,
        Registration::Closed => AccountRefusal::RegistrationClosed,
    };
    let (status, code) = refusal.kind();
    Err(Problem::new(status, code, failure::sentence(&refusal)))
}
