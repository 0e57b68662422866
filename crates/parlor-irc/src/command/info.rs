//! VERSION, TIME, INFO, ADMIN, LINKS: the server about itself.

use crate::numeric::Numeric;
use crate::session::{Next, Turn};
use crate::{mask, timestamp};

/// `VERSION [server]`.
pub fn handle_version(turn: &mut Turn<'_>) -> Next {
    if !about_us(turn) {
        return Next::Done;
    }
    let server = turn.session.server.clone();
    turn.reply_text(Numeric::Version, &[&server.version, &server.name], &server.description);
    super::isupport::shown(turn.session, turn.out);
    Next::Done
}

/// `TIME [server]`.
pub fn handle_time(turn: &mut Turn<'_>) -> Next {
    if about_us(turn) {
        let name = turn.session.server.name.clone();
        turn.reply_text(Numeric::Time, &[&name], &timestamp::readable(turn.now_ms));
    }
    Next::Done
}

/// `INFO`.
pub fn handle_info(turn: &mut Turn<'_>) -> Next {
    let server = turn.session.server.clone();
    let version =
        format!("{}, a server for a group of people: chat for IRC and the web", server.version);
    turn.reply_text(Numeric::Info, &[], &version);
    turn.reply_text(Numeric::Info, &[], &format!("Running since {}", server.created));
    turn.reply(Numeric::EndOfInfo, &[]);
    Next::Done
}

/// `ADMIN [server]`.
pub fn handle_admin(turn: &mut Turn<'_>) -> Next {
    if about_us(turn) {
        let server = turn.session.server.clone();
        turn.reply_text(Numeric::AdminMe, &[&server.name], "Administrative info");
        turn.reply_text(Numeric::AdminLoc1, &[], &server.description);
        turn.reply_text(Numeric::AdminLoc2, &[], &server.network);
        turn.reply_text(
            Numeric::AdminEmail,
            &[],
            "Ask somebody in a room; administrators keep them",
        );
    }
    Next::Done
}

/// `LINKS`.
pub fn handle_links(turn: &mut Turn<'_>) -> Next {
    let server = turn.session.server.clone();
    let text = format!("0 {}", server.description);
    turn.reply_text(Numeric::Links, &[&server.name, &server.name], &text);
    turn.reply(Numeric::EndOfLinks, &["*"]);
    Next::Done
}

/// True when the question is for this server; another one does not exist.
fn about_us(turn: &mut Turn<'_>) -> bool {
    match turn.message.params.filled(0) {
        Some(server)
            if !mask::fits(server, &turn.session.server.name) && !turn.session.is_me(server) =>
        {
            turn.reply(Numeric::NoSuchServer, &[server]);
            false
        }
        _ => true,
    }
}
