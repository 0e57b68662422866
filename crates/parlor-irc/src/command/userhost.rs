//! USERHOST and ISON: the short questions of old clients.

use parlor_hub::Present;

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// Nicks of one USERHOST; the rest is left out, as always.
const USERHOST_MAX: usize = 5;

/// Nicks of one ISON; the rest is left out.
const ISON_MAX: usize = 32;

/// `USERHOST <nick>{ <nick>}`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let nicks = turn.message.params.iter().take(USERHOST_MAX).map(str::to_owned).collect();
    Next::Ask(Request::UserHost(nicks))
}

/// `ISON <nick>{ <nick>}`.
pub fn handle_ison(turn: &mut Turn<'_>) -> Next {
    let words = turn.message.params.iter().flat_map(|param| param.split(' '));
    let nicks = words.filter(|nick| !nick.is_empty()).take(ISON_MAX).map(str::to_owned).collect();
    Next::Ask(Request::IsOn(nicks))
}

/// Answers USERHOST with those who are here.
pub fn shown<'a>(session: &Session, out: &mut Outbox, people: impl Iterator<Item = &'a Present>) {
    let replies: Vec<String> = people
        .map(|present| {
            let here = if present.away.is_some() { '-' } else { '+' };
            format!("{}={here}{}@{}", present.nick, present.user, present.host)
        })
        .collect();
    session.reply_text(out, Numeric::UserHost, &[], &replies.join(" "));
}

/// Answers ISON with those who are here.
pub fn here(session: &Session, out: &mut Outbox, nicks: &[String]) {
    session.reply_text(out, Numeric::IsOn, &[], &nicks.join(" "));
}
