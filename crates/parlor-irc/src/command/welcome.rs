//! The welcome: what a client is told when its registration is complete, in the order clients
//! expect.

use parlor_hub::Online;

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::Session;

/// Shows 001 to 005 and the counts.
pub fn shown(session: &mut Session, out: &mut Outbox, online: &Online) {
    let server = session.server.clone();
    let me = &session.me;
    let hello = format!("Welcome to {}, {}!{}@{}", server.network, me.nick, me.user, me.host);
    session.reply_text(out, Numeric::Welcome, &[], &hello);
    let host = format!("Your host is {}, running version {}", server.name, server.version);
    session.reply_text(out, Numeric::YourHost, &[], &host);
    let created = format!("This server was started {}", server.created);
    session.reply_text(out, Numeric::Created, &[], &created);
    let version = server.version.as_str();
    session.reply_bare(out, Numeric::MyInfo, &[&server.name, version, "ABio", "LWbimnotv", "Wbov"]);
    super::isupport::shown(session, out);
    super::lusers::shown(session, out, online);
}

/// Shows the message of the day and the user's modes: with this the welcome is complete.
pub fn completed(session: &Session, out: &mut Outbox) {
    super::motd::shown(session, out);
    super::mode::own_modes(session, out);
}

/// Tells somebody who types by hand how to go on.
pub fn first_steps(session: &Session, out: &mut Outbox, lobby: &str) {
    for text in [
        format!("You are being put into {lobby}. Say something with:  PRIVMSG {lobby} :hello"),
        format!("Who is here:  NAMES {lobby}   Other rooms:  LIST   More:  HELP   Leave:  QUIT"),
    ] {
        let line = out.line().source(&session.server.name).command("NOTICE");
        line.word(session.face()).text(&text);
    }
}
