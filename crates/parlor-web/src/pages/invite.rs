//! An invitation: who invites, and to which room; the form that makes the account, or, for who has
//! one, the button that leads into the room.
//!
//! Looking at it does not use it up, since messengers look at every link to show a preview.

use std::sync::Arc;

use askama::Template;
use http::StatusCode;
use parlor_chat::RoomInvitation;
use parlor_http::{Answer, Problem, Request, Response, percent_encode};
use parlor_hub::{Registration, Role, SignedIn};

use crate::failure;
use crate::limits;
use crate::live::presence::Presence;
use crate::pages::{Page, render, render_problem};
use crate::site::App;
use crate::visitor::{self, Visitor};

#[derive(Template)]
#[template(path = "invite.html")]
pub(super) struct InvitePage<'a> {
    pub(super) page: Page<'a>,
    pub(super) problem: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) offer: Offer<'a>,
    pub(super) signed_in_as: Option<&'a str>,
    pub(super) action: &'a str,
}

/// What an invitation offers, in words.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    /// Who invites; nobody where registration is open.
    pub(super) by: Option<&'a str>,
    /// The room it leads to.
    pub(super) room: Option<&'a str>,
    /// As what, if as more than a member: "a moderator".
    pub(super) role: Option<&'a str>,
    /// Whether an account can be made by it.
    pub(super) makes_account: bool,
}

impl<'a> Offer<'a> {
    /// The way in where registration is open.
    pub(super) const OPEN: Self = Self { by: None, room: None, role: None, makes_account: true };

    fn of(app: &App, found: &'a RoomInvitation) -> Self {
        let RoomInvitation { invitation, room } = found;
        let makes_account = match app.link.options().registration {
            Registration::Open => true,
            Registration::Invite => invitation.makes_accounts,
            Registration::Closed => false,
        };
        let role = invitation.to.and_then(|to| match to.role {
            Role::None | Role::Member => None,
            Role::Voice => Some("somebody with a voice"),
            Role::Moderator => Some("a moderator"),
            Role::Owner => Some("an owner"),
        });
        let room = room.as_ref().map(|name| name.as_str());
        Self { by: Some(invitation.by.as_str()), room, role, makes_account }
    }
}

pub(crate) async fn show(app: Arc<App>, request: Request) -> Answer {
    let token = request.param("token");
    let found = app.chat.invitation(token).await.map_err(failure::command)?;
    let visitor = visitor::find(&app, &request).await?;
    let page = InvitePage {
        page: Page::new(&app),
        problem: None,
        name: "",
        offer: Offer::of(&app, &found),
        signed_in_as: visitor.as_ref().map(|visitor| visitor.account.name.as_str()),
        action: &format!("/invite/{}", percent_encode(token)),
    };
    Ok(render(StatusCode::OK, &page))
}

pub(crate) async fn submit(app: Arc<App>, request: Request) -> Answer {
    let token = request.param("token").to_owned();
    let found = app.chat.invitation(&token).await.map_err(failure::command)?;
    if let Some(visitor) = visitor::find(&app, &request).await?
        && found.room.is_some()
    {
        return enter(&app, &visitor, &token).await;
    }
    let way = Way {
        offer: Offer::of(&app, &found),
        token: Some(&token),
        action: &format!("/invite/{}", percent_encode(&token)),
    };
    make_account(&app, request, &way).await
}

/// Lets an account into the room; its pages that are open follow.
async fn enter(app: &App, visitor: &Visitor, token: &str) -> Answer {
    let present = Presence::visit(app, &visitor.account, "page").await?;
    app.chat.accept_invitation(present.who(), token).await.map_err(failure::command)?;
    Ok(Response::see_other("/"))
}

/// By what an account is made: an invitation, or nothing where registration is open.
pub(super) struct Way<'a> {
    pub(super) offer: Offer<'a>,
    pub(super) token: Option<&'a str>,
    pub(super) action: &'a str,
}

/// Makes the account the form asks for and signs its owner in.
pub(super) async fn make_account(app: &App, mut request: Request, way: &Way<'_>) -> Answer {
    let form = request.form(limits::FORM_BYTES_MAX).await?;
    let name = form.field("name");
    let name = name.trim();
    let from = request.peer().ip();
    let made = app.chat.register(name, &form.field("password"), way.token, from).await;
    match made.map_err(failure::command) {
        Ok(account) => {
            let who = SignedIn::registered(account);
            visitor::sign_in(app, &request, &who, Response::see_other("/")).await
        }
        Err(problem) => Ok(again(app, &problem, name, way)),
    }
}

fn again(app: &App, problem: &Problem, name: &str, way: &Way<'_>) -> Response {
    let page = InvitePage {
        page: Page::new(app),
        problem: Some(&problem.text),
        name,
        offer: way.offer,
        signed_in_as: None,
        action: way.action,
    };
    render_problem(problem, &page)
}
