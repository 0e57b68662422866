//! WHOIS: everything about one person that others may know.

use parlor_hub::Present;

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `WHOIS [<server>] <nick>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let nick = match turn.message.params.filled(1) {
        Some(nick) => nick,
        None => turn.param(0),
    };
    let nick = nick.split(',').next().unwrap_or("").to_owned();
    if nick.is_empty() {
        turn.reply(Numeric::NoNicknameGiven, &[]);
        return Next::Done;
    }
    Next::Ask(Request::Whois(nick))
}

/// `WHOWAS <nick>`: nothing is kept about people who have left.
pub fn handle_whowas(turn: &mut Turn<'_>) -> Next {
    let nick = turn.param(0).to_owned();
    if nick.is_empty() {
        turn.reply(Numeric::NoNicknameGiven, &[]);
        return Next::Done;
    }
    turn.reply(Numeric::WasNoSuchNick, &[&nick]);
    turn.reply(Numeric::EndOfWhoWas, &[&nick]);
    Next::Done
}

/// Shows a person; `rooms` are names with the person's prefix.
pub fn shown(
    session: &Session,
    out: &mut Outbox,
    present: &Present,
    rooms: &[String],
    now_ms: u64,
) {
    let nick = present.nick.as_str();
    let user = [nick, &present.user, &present.host, "*"];
    session.reply_text(out, Numeric::WhoisUser, &user, &present.realname);
    for rooms in rooms.chunks(5) {
        session.reply_text(out, Numeric::WhoisChannels, &[nick], &rooms.join(" "));
    }
    let server = &session.server;
    session.reply_text(out, Numeric::WhoisServer, &[nick, &server.name], &server.description);
    if let Some(account) = &present.account {
        let text = "is logged in as";
        session.reply_text(out, Numeric::WhoisAccount, &[nick, account.as_str()], text);
    }
    if present.operator {
        session.reply(out, Numeric::WhoisOperator, &[nick]);
    }
    if present.bot {
        session.reply(out, Numeric::WhoisBot, &[nick]);
    }
    if let Some(text) = &present.away {
        session.reply_text(out, Numeric::Away, &[nick], text);
    }
    let idle = (now_ms.saturating_sub(present.active_ms()) / 1000).to_string();
    let since = (present.signed_on_ms / 1000).to_string();
    let text = "seconds idle, signon time";
    session.reply_text(out, Numeric::WhoisIdle, &[nick, &idle, &since], text);
}

/// Shows that there is nobody of this nick.
pub fn missing(session: &Session, out: &mut Outbox, nick: &str) {
    session.reply(out, Numeric::NoSuchNick, &[nick]);
}

/// Shows the end.
pub fn end(session: &Session, out: &mut Outbox, nick: &str) {
    session.reply(out, Numeric::EndOfWhois, &[nick]);
}
