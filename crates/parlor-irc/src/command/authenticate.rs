//! AUTHENTICATE: signing in with SASL, before registration.

use parlor_hub::SignInRefusal;

use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::sasl::{Exchange, MECHANISMS, Progress};
use crate::session::{MEMBER_HOST, Next, Request, Session, Turn};

/// `AUTHENTICATE <mechanism|base64|+|*>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let word = turn.param(0).to_owned();
    let Some(registration) = &mut turn.session.registration else {
        if turn.session.me.account.is_some() {
            turn.reply(Numeric::SaslAlready, &[]);
        } else {
            let text = "SASL authentication failed: a guest signs in by connecting anew";
            turn.reply_text(Numeric::SaslFail, &[], text);
        }
        return Next::Done;
    };
    if word == "*" {
        registration.sasl = None;
        turn.reply(Numeric::SaslAborted, &[]);
        return Next::Done;
    }
    let Some(exchange) = &mut registration.sasl else {
        begin(turn, &word);
        return Next::Done;
    };
    match exchange.feed(&word) {
        Progress::More => Next::Done,
        Progress::Complete(credentials) => {
            registration.sasl = None;
            Next::Ask(Request::SignIn { credentials, by_pass: false })
        }
        Progress::LineTooLong => {
            registration.sasl = None;
            turn.reply(Numeric::SaslTooLong, &[]);
            Next::Done
        }
        Progress::Malformed => {
            registration.sasl = None;
            turn.reply(Numeric::SaslFail, &[]);
            Next::Done
        }
    }
}

fn begin(turn: &mut Turn<'_>, mechanism: &str) {
    if !mechanism.eq_ignore_ascii_case(MECHANISMS) {
        turn.reply(Numeric::SaslMechs, &[MECHANISMS]);
        turn.reply(Numeric::SaslFail, &[]);
        return;
    }
    if let Some(registration) = &mut turn.session.registration {
        registration.sasl = Some(Exchange::default());
    }
    // Without a source: some old clients understand no other form.
    turn.out.line().command("AUTHENTICATE").word("+").end();
}

/// Answers a sign-in that succeeded, and goes on with registration.
pub fn signed_in(session: &mut Session, out: &mut Outbox, account: &str, by_pass: bool) -> Next {
    session.me.account = Some(account.to_owned());
    MEMBER_HOST.clone_into(&mut session.me.host);
    let user = match &session.registration {
        Some(registration) => {
            registration.user.as_ref().map_or("*", |line| line.user.as_str()).to_owned()
        }
        None => session.me.user.clone(),
    };
    let mask = format!("{}!{user}@{}", session.face(), session.me.host);
    let text = format!("You are now logged in as {account}");
    session.reply_text(out, Numeric::LoggedIn, &[&mask, account], &text);
    if let Some(registration) = &mut session.registration {
        registration.credentials = None;
    }
    if !by_pass {
        session.reply(out, Numeric::SaslSuccess, &[]);
    }
    session.next_of_registration(out)
}

/// Answers a sign-in that failed; too many failures end the connection.
pub fn refused(
    session: &mut Session,
    out: &mut Outbox,
    refusal: Option<&SignInRefusal>,
    by_pass: bool,
) -> Next {
    let text = match refusal {
        None => "SASL authentication failed: accounts cannot be read now".to_owned(),
        Some(SignInRefusal::Wrong) => "SASL authentication failed".to_owned(),
        Some(other) => format!("SASL authentication failed: {other}"),
    };
    if by_pass {
        session.reply_text(out, Numeric::PasswdMismatch, &[], "Wrong account name or password");
        return Next::Close("Wrong account name or password (PASS name:password)".to_owned());
    }
    session.reply_text(out, Numeric::SaslFail, &[], &text);
    let Some(registration) = &mut session.registration else { return Next::Done };
    registration.failures += 1;
    if registration.failures >= limits::SIGN_IN_ATTEMPTS_MAX {
        return Next::Close("Too many failed sign-ins".to_owned());
    }
    session.next_of_registration(out)
}
