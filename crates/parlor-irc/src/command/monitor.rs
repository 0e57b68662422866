//! MONITOR: watching for nicks that come and go.

use parlor_hub::{Nick, Present};

use crate::command::metadata;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `MONITOR <+|-> <nick>{,<nick>}`, `MONITOR <C|L|S>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    match turn.param(0).to_ascii_uppercase().as_str() {
        "+" => add(turn),
        "-" => {
            let nicks: Vec<String> = listed(turn).map(str::to_owned).collect();
            turn.session
                .monitored
                .retain(|watched| !nicks.iter().any(|nick| nick.eq_ignore_ascii_case(watched)));
            Next::Ask(Request::Unwatch(nicks))
        }
        "C" => Next::Ask(Request::Unwatch(std::mem::take(&mut turn.session.monitored))),
        "L" => {
            let nicks: Vec<&str> = turn.session.monitored.iter().map(String::as_str).collect();
            in_lines(turn.session, turn.out, Numeric::MonList, &nicks);
            turn.reply(Numeric::EndOfMonList, &[]);
            Next::Done
        }
        "S" => Next::Ask(Request::Watched),
        _ => {
            turn.reply_text(
                Numeric::UnknownError,
                &["MONITOR"],
                "MONITOR has the subcommands + - C L S",
            );
            Next::Done
        }
    }
}

fn add(turn: &mut Turn<'_>) -> Next {
    // What can be nobody's nick is never here.
    let wanted: Vec<String> = listed(turn).map(str::to_owned).collect();
    let (wanted, never): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|nick| Nick::new(nick).is_ok());
    let mut added = Vec::new();
    let mut rest = wanted.into_iter();
    for nick in rest.by_ref() {
        if turn.session.watches(&nick) {
            continue;
        }
        if turn.session.monitored.len() >= limits::MONITOR_MAX {
            let refused: Vec<String> = std::iter::once(nick).chain(rest).collect();
            let most = limits::MONITOR_MAX.to_string();
            let refused = refused.join(",");
            turn.reply_text(Numeric::MonListFull, &[&most, &refused], "Monitor list is full");
            break;
        }
        turn.session.monitored.push(nick.clone());
        added.push(nick);
    }
    let never: Vec<&str> = never.iter().map(String::as_str).collect();
    in_lines(turn.session, turn.out, Numeric::MonOffline, &never);
    Next::Ask(Request::Watch(added))
}

fn listed<'a>(turn: &'a Turn<'_>) -> impl Iterator<Item = &'a str> {
    let fits = |nick: &&str| !nick.is_empty() && nick.len() <= limits::NICK_BYTES_MAX;
    turn.param(1).split(',').filter(fits)
}

/// Shows which of these nicks are here; `found` are those that are.
pub fn shown(session: &Session, out: &mut Outbox, nicks: &[String], found: &[impl AsRef<Present>]) {
    let here = |nick: &str| {
        found.iter().map(AsRef::as_ref).find(|present: &&Present| present.nick.same(nick))
    };
    let mut online = Vec::new();
    let mut offline = Vec::new();
    for nick in nicks {
        match here(nick) {
            Some(present) => {
                online.push(format!("{}!{}@{}", present.nick, present.user, present.host));
            }
            None => offline.push(nick.as_str()),
        }
    }
    let online: Vec<&str> = online.iter().map(String::as_str).collect();
    in_lines(session, out, Numeric::MonOnline, &online);
    in_lines(session, out, Numeric::MonOffline, &offline);
    let nicks: Vec<&str> = found.iter().map(|present| present.as_ref().nick.as_str()).collect();
    metadata::later_of(session, out, &nicks);
}

/// Shows that somebody has come or gone.
pub fn sighted(session: &Session, out: &mut Outbox, who: &parlor_hub::event::Sighting, here: bool) {
    if here {
        let mask = format!("{}!{}@{}", who.nick, who.user, who.host);
        session.reply_text(out, Numeric::MonOnline, &[], &mask);
        metadata::later_of(session, out, &[&who.nick]);
    } else {
        session.reply_text(out, Numeric::MonOffline, &[], &who.nick);
    }
}

/// Writes a comma-separated list, in as many lines as it takes.
fn in_lines(session: &Session, out: &mut Outbox, numeric: Numeric, words: &[&str]) {
    let before = session.server.name.len() + session.face().len() + 12;
    let most = limits::LINE_BYTES_MAX.saturating_sub(before);
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.len() + 1 + word.len() > most {
            session.reply_text(out, numeric, &[], &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        session.reply_text(out, numeric, &[], &line);
    }
}
