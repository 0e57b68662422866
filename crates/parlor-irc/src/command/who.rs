//! WHO and WHOX: people by room or by mask.

use parlor_hub::{Present, Role};

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// A room, a nick or a mask.
    pub mask: String,
    /// Fields of WHOX with its token; absent in a plain WHO.
    pub fields: Option<Fields>,
    /// Only those who keep order on the whole server.
    pub operators: bool,
}

/// What WHOX wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    letters: String,
    token: String,
}

/// Somebody to be shown, and where.
#[derive(Debug)]
pub struct Person<'a> {
    /// The room, `*` without one.
    pub room: &'a str,
    /// Its role there.
    pub role: Role,
    /// Who.
    pub present: &'a Present,
    /// For how long it has been silent.
    pub idle_s: u64,
}

/// `WHO <mask> [o][%fields[,token]]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let mask = match turn.param(0) {
        "" | "0" => "*".to_owned(),
        mask => mask.to_owned(),
    };
    let (flags, fields) = match turn.param(1).split_once('%') {
        None => (turn.param(1), None),
        Some((flags, fields)) => {
            let (letters, token) = fields.split_once(',').unwrap_or((fields, ""));
            let token = token.chars().take(3).collect();
            (flags, Some(Fields { letters: letters.to_owned(), token }))
        }
    };
    let operators = flags.contains('o');
    Next::Ask(Request::Who(Query { mask, fields, operators }))
}

/// Shows one person.
pub fn shown(session: &Session, out: &mut Outbox, query: &Query, person: &Person<'_>) {
    let here = if person.present.away.is_some() { "G" } else { "H" };
    let operator = if person.present.operator { "*" } else { "" };
    let bot = if person.present.bot { "B" } else { "" };
    let flags = format!("{here}{operator}{}{bot}", super::names::prefix(person.role));
    let server = session.server.name.as_str();
    let present = person.present;
    match &query.fields {
        None => {
            let nick = present.nick.as_str();
            let words = [person.room, &present.user, &present.host, server, nick, &flags];
            let text = format!("0 {}", present.realname);
            session.reply_text(out, Numeric::WhoReply, &words, &text);
        }
        Some(fields) => extended(session, out, fields, person, &flags),
    }
}

/// Shows the end of the list.
pub fn end(session: &Session, out: &mut Outbox, query: &Query) {
    session.reply(out, Numeric::EndOfWho, &[&query.mask]);
}

fn extended(
    session: &Session,
    out: &mut Outbox,
    fields: &Fields,
    person: &Person<'_>,
    flags: &str,
) {
    let present = person.present;
    let idle = person.idle_s.to_string();
    let account = present.account.as_ref().map_or("0", |account| account.as_str());
    let mut words: Vec<&str> = Vec::new();
    // The protocol fixes this order, whatever the order asked for.
    for letter in "tcuihsnfdlao".chars().filter(|letter| fields.letters.contains(*letter)) {
        words.push(match letter {
            't' if fields.token.is_empty() => "0",
            't' => &fields.token,
            'c' => person.room,
            'u' => &present.user,
            'i' => "255.255.255.255",
            'h' => &present.host,
            's' => &session.server.name,
            'n' => present.nick.as_str(),
            'f' => flags,
            'd' => "0",
            'l' => &idle,
            'a' => account,
            _ => "n/a",
        });
    }
    if fields.letters.contains('r') {
        session.reply_text(out, Numeric::WhoxReply, &words, &present.realname);
    } else {
        session.reply_bare(out, Numeric::WhoxReply, &words);
    }
}
