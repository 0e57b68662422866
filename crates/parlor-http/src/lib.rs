//! HTTP/1.1 and WebSocket over any connection of the engine.
//!
//! A [`Site`] is a router, a state for its handlers and a guard; [`service`] serves it on every
//! I/O model. hyper parses requests and writes responses; waiting, closing, upgrading and every
//! bound around it are ours, because hyper's own need a runtime.
//!
//! Nothing here knows what Parlor is: pages, accounts and the live protocol are `parlor-web`'s.

mod connection;
mod router;
mod request;
mod response;
mod problem;
mod body;
mod cookie;
mod guard;
mod security;
mod urlencoded;
pub mod ws;
pub mod limits;
mod io;
pub mod fuzz;
#[cfg(test)]
mod tests;

pub use connection::{Site, Timeouts, service};
pub use cookie::SetCookie;
pub use guard::{Guard, Origin};
pub use problem::Problem;
pub use request::{Form, Request};
pub use response::{Response, is_local_path};
pub use router::{Answer, Router};
pub use security::CONTENT_POLICY;
pub use urlencoded::{percent_decode, percent_encode};
