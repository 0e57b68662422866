//! PASS: the connection password, or `account:password` for clients without SASL.
//!
//! A server with a connection password wants it from everybody. A PASS that is not that password
//! and holds a colon signs in to an account; a client may send both, each with a PASS of its own.

use crate::sasl::Credentials;
use crate::session::{Next, Turn};

/// `PASS <password>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let given = turn.param(0).to_owned();
    let wanted = turn.session.server.password.clone();
    let Some(registration) = &mut turn.session.registration else { return Next::Done };
    if wanted.is_some_and(|wanted| same(wanted.as_bytes(), given.as_bytes())) {
        registration.password_ok = true;
        registration.password_wrong = false;
        return Next::Done;
    }
    match given.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            registration.credentials = Some(Credentials::new(name, password));
        }
        _ => registration.password_wrong = turn.session.server.password.is_some(),
    }
    Next::Done
}

/// Compares in a time that says nothing about where the difference is.
pub(super) fn same(wanted: &[u8], given: &[u8]) -> bool {
    let difference = wanted.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
    wanted.len() == given.len() && difference == 0
}
