//! WEBIRC: a gateway says whose connection it hands on, before anything else.
//!
//! Only believed from addresses that the operator trusts, with the password that goes with them.

use std::net::IpAddr;

use super::pass;
use crate::session::{Next, Turn};

/// `WEBIRC <password> <gateway> <hostname> <ip> [:<options>]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let wanted = turn.session.server.gateway_password.clone();
    let given = turn.param(0).as_bytes();
    let believed =
        turn.session.gateway && wanted.is_some_and(|wanted| pass::same(wanted.as_bytes(), given));
    // Some gateways put a colon before an IPv6 address, or a zero.
    let ip: Option<IpAddr> = turn.param(3).trim_start_matches(':').parse().ok();
    match ip.filter(|_| believed) {
        Some(ip) => {
            turn.session.reported = Some(ip.to_canonical());
            turn.session.gateway = false;
            Next::Done
        }
        None => {
            tracing::warn!(gateway = turn.param(1), "WEBIRC was refused");
            Next::Close("WEBIRC is not taken from here".to_owned())
        }
    }
}
