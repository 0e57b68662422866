//! The HTTP side on real sockets: what clients see, on every model.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod running;
mod requests;
mod limits;
mod upgrades;
