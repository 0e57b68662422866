//! The site: every address of the web side, and what its handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use parlor_chat::Chat;
use parlor_engine::Service;
use parlor_http::{Answer, Guard, Origin, Problem, Request, Router, Site};
use parlor_hub::Link;
use parlor_topics::Store;

use crate::assets::{self, Assets};
use crate::failure;
use crate::live::resume::Weights;
use crate::options::{Socket, Web, WebOptions};
use crate::{api, health, live, pages};

/// What every handler is given.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) link: Link,
    pub(crate) chat: Chat,
    pub(crate) irc: Option<Socket>,
    pub(crate) options: WebOptions,
    pub(crate) assets: Assets,
    /// Whether browsers reach us over https, so that cookies may insist on it.
    pub(crate) secure: bool,
    pub(crate) guard: Guard,
    /// For those who come back.
    pub(crate) weights: Weights,
    /// Known once true: an account exists.
    set_up: AtomicBool,
}

impl App {
    /// Whether the first account has been made.
    pub(crate) async fn is_set_up(&self) -> Result<bool, Problem> {
        if self.set_up.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let accounts = self.link.accounts().await.map_err(failure::hub)?;
        self.set_up.store(!accounts.is_empty(), Ordering::Relaxed);
        Ok(!accounts.is_empty())
    }

    /// The address at which the sender of `request` can be told to find this server.
    ///
    /// A scheme or name a proxy claims is not trusted; the `Host` has passed the guard.
    pub(crate) fn base_url(&self, request: &Request) -> String {
        if let Some(public) = &self.options.public_url {
            return public.trim_end_matches('/').to_owned();
        }
        let host = request.header(&http::header::HOST).unwrap_or("localhost");
        format!("http://{host}")
    }
}

/// Serves the web side on every connection of a listener.
#[must_use]
pub fn service(web: Web) -> Service {
    let Web { store, link, chat, irc, options } = web;
    let public = options.public_url.as_deref();
    if public.is_some_and(|url| Origin::parse(url).is_none()) {
        tracing::warn!(public_url = public, "not an http or https address; it is ignored");
    }
    let secure = public.and_then(Origin::parse).is_some_and(|origin| origin.secure);
    let guard = Guard::new(&options.hosts, public);
    let assets = Assets::new(options.assets_dir.clone());
    let timeouts = options.timeouts;
    let app = Arc::new(App {
        store,
        link,
        chat,
        irc,
        options,
        assets,
        secure,
        guard: guard.clone(),
        weights: Weights::default(),
        set_up: AtomicBool::new(false),
    });
    parlor_http::service(Site {
        state: app,
        router: router(),
        guard,
        timeouts,
        problem_page: pages::error::show,
    })
}

/// `GET /irc`: IRC over WebSocket, for clients that are no page of ours.
async fn open_irc(app: Arc<App>, request: Request) -> Answer {
    match &app.irc {
        Some(socket) => socket.open(&app.guard, &request),
        None => Err(Problem::not_found("IRC is not spoken here.")),
    }
}

fn router() -> Router<Arc<App>> {
    Router::new()
        .get("/", pages::home::show)
        .get("/signin", pages::signin::show)
        .post("/signin", pages::signin::submit)
        .post("/signout", pages::signout::submit)
        .get("/setup/{token}", pages::setup::show)
        .post("/setup/{token}", pages::setup::submit)
        .get("/invite/{token}", pages::invite::show)
        .post("/invite/{token}", pages::invite::submit)
        .get("/register", pages::register::show)
        .post("/register", pages::register::submit)
        .get("/invitations", pages::invitations::show)
        .post("/invitations", pages::invitations::submit)
        .get("/api/v1/live", live::open)
        .get("/irc", open_irc)
        .post("/api/v1/signin", api::signin::submit)
        .post("/api/v1/signout", api::signout::submit)
        .get("/api/v1/me", api::me::show)
        .post("/api/v1/profile", api::profile::submit)
        .get("/api/v1/rooms", api::rooms::list)
        .post("/api/v1/rooms", api::rooms::join)
        .get("/api/v1/rooms/{k}/messages", api::messages::list)
        .post("/api/v1/rooms/{k}/messages", api::messages::post)
        .post("/api/v1/files", api::files::submit)
        .get("/files/{id}/{name}", api::files::show)
        .post("/api/v1/upload", api::filehost::submit)
        .route(Method::OPTIONS, "/api/v1/upload", api::filehost::describe)
        .get("/api/v1/search", api::search::find)
        .post("/api/v1/chat/{command}", api::chat::run)
        .post("/api/v1/invitations", api::invitations::create)
        .get("/livez", health::live)
        .get("/readyz", health::ready)
        .get("/favicon.ico", assets::favicon)
        .get("/_/{version}/{*path}", assets::show)
}
