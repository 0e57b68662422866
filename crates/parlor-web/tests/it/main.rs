//! The web side as browsers see it: a real server on a real port, a client that sends bytes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod house;
mod browser;
mod tab;
mod pages;
mod security;
mod files;
mod api;
mod credentials;
mod order;
mod images;
mod live;
mod resume;
mod slow;
