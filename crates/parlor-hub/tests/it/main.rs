//! The hub on a real store, from outside.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod world;
mod accounts;
mod sessions;
mod credentials;
mod authority;
mod guests;
mod presence;
mod residents;
