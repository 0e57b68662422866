//! Who is asking: the session cookie or a program's own password, its account, and the way in and
//! out.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use http::header::{AUTHORIZATION, USER_AGENT};
use parlor_http::{Problem, Request, Response, SetCookie};
use parlor_hub::{Account, SignedIn, session_fingerprint};

use crate::failure;
use crate::limits;
use crate::site::App;

/// The name of the session cookie.
pub(crate) const COOKIE: &str = "parlor";

/// One word for that nobody is signed in.
pub(crate) const SIGNED_OUT: &str = "signed_out";

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) account: Account,
    /// By which its live connections are ended.
    pub(crate) session: String,
    /// Whether it came with an app password, which does not open the account's own doors.
    pub(crate) by_app: bool,
    /// How many sessions had ended before this one was looked for.
    pub(crate) endings: u64,
    pub(crate) from: Option<IpAddr>,
}

/// Whose browser sent the request, if they are signed in.
pub(crate) async fn find(app: &App, request: &Request) -> Result<Option<Visitor>, Problem> {
    let Some(token) = request.cookie(COOKIE).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let session = session_fingerprint(token);
    let endings = app.link.endings();
    let account = app.link.session(token).await.map_err(failure::hub)?;
    let from = request.peer().ip();
    Ok(account.map(|account| Visitor { account, session, by_app: false, endings, from }))
}

/// Who sent the request: a program with an app password, or a browser with a session. Who is not
/// signed in is told so.
pub(crate) async fn need(app: &App, request: &Request) -> Result<Visitor, Problem> {
    let found = match request.header(&AUTHORIZATION) {
        Some(credentials) => by_app_password(app, request, credentials).await?,
        None => find(app, request).await?,
    };
    found.ok_or_else(signed_out)
}

/// Whoever asks is not signed in, or not any more.
pub(crate) fn signed_out() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, SIGNED_OUT, "You are not signed in.")
}

/// Whose app password a program has sent, as `Bearer` or, with the account's name, as `Basic`.
async fn by_app_password(
    app: &App,
    request: &Request,
    credentials: &str,
) -> Result<Option<Visitor>, Problem> {
    let Some((scheme, given)) = credentials.split_once(' ') else { return Ok(None) };
    let (name, password) = match scheme {
        _ if scheme.eq_ignore_ascii_case("bearer") => (None, given.trim().to_owned()),
        _ if scheme.eq_ignore_ascii_case("basic") => {
            let Some((name, password)) = basic(credentials) else { return Ok(None) };
            (Some(name), password)
        }
        _ => return Ok(None),
    };
    let endings = app.link.endings();
    let found = app.link.app_password(&password).await.map_err(failure::hub)?;
    let found = found.filter(|found| name.is_none_or(|name| found.account.name.same(&name)));
    let from = request.peer().ip();
    Ok(found.map(|SignedIn { account, credential }| Visitor {
        account,
        session: credential.name().unwrap_or_default(),
        by_app: true,
        endings,
        from,
    }))
}

/// Whose password a program has sent: as `Basic` the account's or an app password, as `Bearer` an
/// app password. Nothing else counts.
pub(crate) async fn need_password(app: &App, request: &Request) -> Result<Account, Problem> {
    let credentials = request.header(&AUTHORIZATION).ok_or_else(signed_out)?;
    if let Some((name, password)) = basic(credentials) {
        let from = request.peer().ip();
        let found = app.link.authenticate(&name, &password, from).await;
        return found.map(|found| found.account).map_err(failure::command);
    }
    let found = by_app_password(app, request, credentials).await?;
    found.map(|visitor| visitor.account).ok_or_else(signed_out)
}

/// The name and the password in `Basic` credentials.
fn basic(credentials: &str) -> Option<(String, String)> {
    let (scheme, given) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(given.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Begins a session for `who` in the browser that sent `request`, and ends the one before.
pub(crate) async fn sign_in(
    app: &App,
    request: &Request,
    who: &SignedIn,
    response: Response,
) -> Result<Response, Problem> {
    let agent = request.header(&USER_AGENT).unwrap_or("a browser");
    let label = &agent[..agent.floor_char_boundary(limits::LABEL_BYTES_MAX)];
    let value =
        app.link.create_session(who, label, request.peer().ip()).await.map_err(failure::command)?;
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
