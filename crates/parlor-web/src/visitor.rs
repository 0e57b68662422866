//! Who is asking: the session cookie, its account, and the way in and out.

use http::StatusCode;
use http::header::USER_AGENT;
use parlor_http::{Problem, Request, Response, SetCookie};
use parlor_hub::Account;

use crate::failure;
use crate::limits;
use crate::site::App;

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "parlor";

/// Somebody with a valid session.
pub(crate) struct Visitor {
    pub(crate) account: Account,
    pub(crate) token: String,
}

/// Who sent the request, if they are signed in.
pub(crate) async fn find(app: &App, request: &Request) -> Result<Option<Visitor>, Problem> {
    let Some(token) = request.cookie(COOKIE).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let token = token.to_owned();
    let account = app.link.session(&token).await.map_err(failure::hub)?;
    Ok(account.map(|account| Visitor { account, token }))
}

/// Who sent the request; a program that is not signed in is told so.
pub(crate) async fn need(app: &App, request: &Request) -> Result<Visitor, Problem> {
    find(app, request).await?.ok_or_else(|| {
        Problem::new(StatusCode::UNAUTHORIZED, "signed_out", "You are not signed in.")
    })
}

/// Begins a session for `account` in the browser that sent `request`, and ends the one before.
pub(crate) async fn sign_in(
    app: &App,
    request: &Request,
    account: &Account,
    response: Response,
) -> Result<Response, Problem> {
    let agent = request.header(&USER_AGENT).unwrap_or("a browser");
    let label = &agent[..agent.floor_char_boundary(limits::LABEL_BYTES_MAX)];
    let value = app.link.create_session(account.id, label).await.map_err(failure::hub)?;
    if let Some(old) = request.cookie(COOKIE).filter(|token| !token.is_empty()) {
        app.link.revoke_session(old).await.map_err(failure::hub)?;
    }
    let cookie =
        SetCookie { name: COOKIE, value, max_age_s: limits::COOKIE_AGE_S, secure: app.secure };
    Ok(response.cookie(&cookie))
}

/// Ends the session of the browser that sent `request`.
pub(crate) async fn sign_out(
    app: &App,
    request: &Request,
    response: Response,
) -> Result<Response, Problem> {
    if let Some(token) = request.cookie(COOKIE).filter(|token| !token.is_empty()) {
        app.link.revoke_session(token).await.map_err(failure::hub)?;
    }
    Ok(response.cookie(&SetCookie::removal(COOKIE, app.secure)))
}
