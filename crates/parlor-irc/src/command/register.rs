//! REGISTER and VERIFY: making an account from within the client, before registration or after.
//!
//! Where the server asks for an invitation, it stands in the place of the e-mail address, which
//! nobody is asked for here; so there is nothing to verify either.

use parlor_hub::{AccountRefusal, Failure};

use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `REGISTER <account|*> <invitation|*> <password>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let face = turn.session.face().to_owned();
    if let Some(account) = turn.session.me.account.clone() {
        fail(turn, "ALREADY_AUTHENTICATED", &account, "You are signed in already");
        return Next::Done;
    }
    if face == "*" {
        fail(turn, "NEED_NICK", "*", "Send NICK first");
        return Next::Done;
    }
    let closed = match &turn.session.registration {
        Some(registration) => turn.session.server.password.is_some() && !registration.password_ok,
        None => false,
    };
    if closed {
        // The way to an account is no way round the password of the server.
        turn.reply(Numeric::PasswdMismatch, &[]);
        return Next::Done;
    }
    let name = match turn.param(0) {
        "*" => face,
        name => name.to_owned(),
    };
    let invitation = match turn.param(1) {
        "*" | "" => None,
        token => Some(token.to_owned()),
    };
    let password = turn.param(2).to_owned();
    Next::Ask(Request::Register { name, invitation, password })
}

/// `VERIFY <account> <code>`.
pub fn handle_verify(turn: &mut Turn<'_>) -> Next {
    let account = turn.param(0).to_owned();
    let line = turn.out.line().source(&turn.session.server.name).command("FAIL");
    line.words(&["VERIFY", "INVALID_CODE", &account]).text("There is nothing to verify here");
    Next::Done
}

fn fail(turn: &mut Turn<'_>, code: &str, account: &str, text: &str) {
    let line = turn.out.line().source(&turn.session.server.name).command("FAIL");
    line.words(&["REGISTER", code, account]).text(text);
}

/// Shows that the account is made.
pub fn done(session: &Session, out: &mut Outbox, account: &str) {
    let line = out.line().source(&session.server.name).command("REGISTER");
    line.words(&["SUCCESS", account]).text("Account created; you are signed in");
}

/// Says why no account was made; too many failures end the connection.
pub fn refused(
    session: &mut Session,
    out: &mut Outbox,
    account: &str,
    failure: &Failure<AccountRefusal>,
) -> Next {
    let code = match failure {
        Failure::Refused(AccountRefusal::NameTaken) => "ACCOUNT_EXISTS",
        Failure::Refused(AccountRefusal::Name(_)) => "BAD_ACCOUNT_NAME",
        Failure::Refused(AccountRefusal::PasswordTooShort { .. }) => "WEAK_PASSWORD",
        Failure::Refused(AccountRefusal::PasswordTooLong { .. }) => "UNACCEPTABLE_PASSWORD",
        Failure::Refused(AccountRefusal::InvitationNeeded | AccountRefusal::Invitation(_)) => {
            "INVITATION_NEEDED"
        }
        Failure::Refused(AccountRefusal::RegistrationClosed) => "REGISTRATION_CLOSED",
        _ => "TEMPORARILY_UNAVAILABLE",
    };
    let text = match failure {
        Failure::Refused(AccountRefusal::InvitationNeeded) => {
            "An invitation is needed here: REGISTER <account> <invitation> <password>".to_owned()
        }
        Failure::Refused(refusal) => refusal.to_string(),
        _ => "Not possible now; try again".to_owned(),
    };
    let line = out.line().source(&session.server.name).command("FAIL");
    line.words(&["REGISTER", code, account]).text(&text);
    session.failures += 1;
    if session.failures >= limits::SIGN_IN_ATTEMPTS_MAX {
        return Next::Close("Too many failed sign-ins".to_owned());
    }
    Next::Done
}
