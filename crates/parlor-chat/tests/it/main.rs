//! Chat on a real store and hub, from outside.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod world;
mod rooms;
mod naming;
mod secrecy;
mod authority;
mod moderation;
mod bans;
mod invitations;
mod files;
mod order;
mod posting;
mod amending;
mod history;
mod overview;
mod own;
mod replay;
mod restart;
mod residents;
mod retention;
mod search;
