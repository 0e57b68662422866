//! For whoever watches the server: is the process alive, can it serve.

use std::sync::Arc;

use http::StatusCode;
use parlor_engine::time;
use parlor_http::{Answer, Request, Response};
use parlor_topics::Error;

use crate::limits;
use crate::site::App;

/// 200 as long as the process answers at all.
pub(crate) async fn live(_: Arc<App>, _: Request) -> Answer {
    Ok(Response::text(StatusCode::OK, "alive\n"))
}

/// 200 while the store answers; 503 tells a load balancer to look elsewhere.
pub(crate) async fn ready(app: Arc<App>, _: Request) -> Answer {
    let read = app.store.read(|_| Ok::<(), Error>(()));
    match time::timeout(limits::READY_WAIT, read).await {
        Ok(Ok(())) => Ok(Response::text(StatusCode::OK, "ready\n")),
        _ => Ok(Response::text(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")),
    }
}
