//! A client before it is a person: what it has given so far, and when that is enough.
//!
//! Why apart: all of this is gone once the client is registered, and an idle client carries none of
//! it. The commands of this phase (CAP, PASS, NICK, USER) fill it in, in any order; after each,
//! [`Session::next_of_registration`] says whether it is complete.

use parlor_hub::Nick;

use super::{Next, Request, Session};
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::sasl::Credentials;

/// What is known of a client before it is registered.
#[derive(Debug, Default)]
pub struct Registration {
    /// The nick it wants.
    pub nick: Option<Nick>,
    /// What USER gave.
    pub user: Option<UserLine>,
    /// The server password was right.
    pub password_ok: bool,
    /// A password was given and was wrong.
    pub password_wrong: bool,
    /// An account and password given with PASS, tried when registration completes.
    pub credentials: Option<Credentials>,
    /// CAP LS or REQ was seen and CAP END was not.
    pub negotiating: bool,
    /// CAP was used at all: a program, not a person at a terminal.
    pub used_cap: bool,
    /// Away already, and why.
    pub away: Option<String>,
}

/// What USER gave.
#[derive(Debug, Clone)]
pub struct UserLine {
    /// The user name.
    pub user: String,
    /// The real name.
    pub realname: String,
}

impl Session {
    /// Asks for registration when everything needed is there.
    pub fn next_of_registration(&self, out: &mut Outbox) -> Next {
        let Some(registration) = &self.registration else { return Next::Done };
        let complete = registration.nick.is_some() && registration.user.is_some();
        if !complete || registration.negotiating || self.sasl.is_some() {
            return Next::Done;
        }
        let wanted = self.server.password.is_some();
        if (wanted && !registration.password_ok) || registration.password_wrong {
            self.reply(out, Numeric::PasswdMismatch, &[]);
            return Next::Close("Wrong or missing connection password (PASS)".to_owned());
        }
        if let Some(credentials) = &registration.credentials {
            let credentials = credentials.clone();
            return Next::Ask(Request::SignIn { credentials, by_pass: true });
        }
        Next::Ask(Request::Attach)
    }
}
