//! Parlor in the browser: pages that work without scripts, the JSON API, the live connection and
//! the files of the page itself.
//!
//! - `pages/`: one file per page action, server-rendered.
//! - `api/`: the JSON mirror of what the live connection can do, for programs.
//! - `live/`: one WebSocket per tab, `docs/protocol.md` in code; `live/command/` has one file per
//!   command.
//! - `assets/`: the page's files, embedded, under a path that changes when they change.
//!
//! Everything here translates: accounts are the hub's, rooms and messages are chat's. No page and
//! no command decides what somebody may do.

mod site;
mod options;
mod visitor;
mod failure;
mod invitation;
mod assets;
mod health;
mod pages;
mod api;
pub mod live;
pub mod limits;
pub mod fuzz;

pub use options::{Socket, Web, WebOptions};
pub use site::service;
