//! AUTHENTICATE: signing in with SASL, before registration or after, and again.

use parlor_hub::SignInRefusal;

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::sasl::{self, Exchange, MECHANISMS, Mechanism, Progress};
use crate::session::{MEMBER_HOST, Next, Request, Session, Turn};

/// `AUTHENTICATE <mechanism|base64|+|*>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let word = turn.param(0).to_owned();
    if word == "*" {
        turn.session.sasl = None;
        turn.reply(Numeric::SaslAborted, &[]);
        return Next::Done;
    }
    let Some(exchange) = &mut turn.session.sasl else {
        begin(turn, &word);
        return Next::Done;
    };
    match exchange.feed(&word) {
        Progress::More => Next::Done,
        Progress::Complete(credentials) => {
            turn.session.sasl = None;
            Next::Ask(Request::SignIn { credentials, by_pass: false })
        }
        Progress::Response(text, 0) => Next::Ask(Request::ScramFirst(text)),
        Progress::Response(text, 1) => Next::Ask(Request::ScramFinal(text)),
        Progress::Response(..) => {
            turn.session.sasl = None;
            Next::Ask(Request::ScramDone)
        }
        Progress::LineTooLong => {
            turn.session.sasl = None;
            turn.reply(Numeric::SaslTooLong, &[]);
            Next::Done
        }
        Progress::Malformed => {
            turn.session.sasl = None;
            turn.reply(Numeric::SaslFail, &[]);
            Next::Done
        }
    }
}

fn begin(turn: &mut Turn<'_>, mechanism: &str) {
    let Some(mechanism) = Mechanism::find(mechanism) else {
        turn.reply(Numeric::SaslMechs, &[MECHANISMS]);
        turn.reply(Numeric::SaslFail, &[]);
        return;
    };
    turn.session.sasl = Some(Box::new(Exchange::new(mechanism)));
    // Without a source: some old clients understand no other form.
    turn.out.line().command("AUTHENTICATE").word("+").end();
}

/// Sends the server's part of an exchange.
pub fn challenge(out: &mut Outbox, text: &str) {
    for chunk in sasl::chunks(text) {
        out.line().command("AUTHENTICATE").word(&chunk).end();
    }
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
    if session.is_registered() && session.caps.has(Capability::AccountNotify) {
        let line = out.line().person(&session.me.nick, &session.me.user, &session.me.host);
        line.command("ACCOUNT").word(account).end();
    }
    if let Some(registration) = &mut session.registration {
        registration.credentials = None;
    }
    if !by_pass {
        session.reply(out, Numeric::SaslSuccess, &[]);
    }
    session.next_of_registration(out)
}

/// Answers a sign-in of a client that is signed in to another account.
pub fn somebody_else(session: &Session, out: &mut Outbox) {
    let text = "SASL authentication failed: connect anew to be somebody else";
    session.reply_text(out, Numeric::SaslFail, &[], text);
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
    session.sasl = None;
    if by_pass {
        session.reply_text(out, Numeric::PasswdMismatch, &[], "Wrong account name or password");
        return Next::Close("Wrong account name or password (PASS name:password)".to_owned());
    }
    session.reply_text(out, Numeric::SaslFail, &[], &text);
    session.failures += 1;
    if session.failures >= limits::SIGN_IN_ATTEMPTS_MAX {
        return Next::Close("Too many failed sign-ins".to_owned());
    }
    session.next_of_registration(out)
}
