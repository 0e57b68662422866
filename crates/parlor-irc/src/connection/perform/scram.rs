//! Signing in by SCRAM-SHA-256: the client proves to know the password without sending it, and the
//! server proves it back.

use parlor_hub::{Failure, SignInRefusal, SignedIn};

use super::switch;
use crate::command::authenticate;
use crate::connection::{Connection, Scram};
use crate::session::Next;

pub(super) async fn begin(at: &mut Connection, text: &str) -> Next {
    let from = at.session.reported.or(at.from);
    match at.shared.link.scram_begin(text, from).await {
        Ok(exchange) => {
            authenticate::challenge(&mut at.out, exchange.server_first());
            exchange.device().clone_into(&mut at.session.device);
            at.scram = Some(Scram::Begun(Box::new(exchange)));
            Next::Done
        }
        Err(failure) => refused(at, &failure),
    }
}

pub(super) async fn prove(at: &mut Connection, text: &str) -> Next {
    let Some(Scram::Begun(exchange)) = at.scram.take() else {
        return refused(at, &Failure::Refused(SignInRefusal::Wrong));
    };
    match at.shared.link.scram_finish(*exchange, text).await {
        Ok((signed_in, proof)) => {
            authenticate::challenge(&mut at.out, &proof);
            at.scram = Some(Scram::Proved(Box::new(signed_in)));
            Next::Done
        }
        Err(failure) => refused(at, &failure),
    }
}

pub(super) async fn done(at: &mut Connection) -> Next {
    match at.scram.take() {
        Some(Scram::Proved(signed_in)) => {
            let SignedIn { account, credential } = *signed_in;
            switch::signed_in(at, account, credential, false).await
        }
        _ => refused(at, &Failure::Refused(SignInRefusal::Wrong)),
    }
}

fn refused(at: &mut Connection, failure: &Failure<SignInRefusal>) -> Next {
    at.scram = None;
    let refusal = match failure {
        Failure::Refused(refusal) => Some(refusal),
        _ => None,
    };
    tracing::info!("a sign-in by SCRAM was refused");
    authenticate::refused(&mut at.session, &mut at.out, refusal, false)
}
