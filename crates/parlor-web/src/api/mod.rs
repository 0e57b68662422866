//! The JSON API: what programs can do without a live connection. The shapes are those of the live
//! protocol; `docs/protocol.md` describes both.

pub(crate) mod signin;
pub(crate) mod signout;
pub(crate) mod me;
pub(crate) mod profile;
pub(crate) mod rooms;
pub(crate) mod messages;
pub(crate) mod files;
pub(crate) mod filehost;
pub(crate) mod search;
pub(crate) mod chat;
pub(crate) mod invitations;
