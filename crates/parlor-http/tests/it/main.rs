//! The HTTP side on real sockets: what clients see, on every model.

mod running;
mod requests;
mod limits;
mod upgrades;
