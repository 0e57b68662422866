//! The hub on a real store, from outside.

mod world;
mod accounts;
mod sessions;
mod guests;
mod presence;
