//! SEARCH: finding what was said, in rooms and direct conversations.
//!
//! The attributes are those of `soju.im/search`, written like tags. Days are the finest times that
//! can be searched by.

use parlor_chat::SearchHit;

use crate::capability::Capability;
use crate::encode::{self, Class};
use crate::limits;
use crate::links;
use crate::message::unescape;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::playback;
use crate::session::{Next, Request, Session, Turn};

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The room or nick, if only one place is to be searched.
    pub place: Option<String>,
    /// Words and operators, as chat reads them.
    pub text: String,
    /// How many messages at most.
    pub limit: usize,
}

/// `SEARCH <attribute>{;<attribute>}`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if !turn.session.caps.has(Capability::Search) {
        let text = "SEARCH needs the capability soju.im/search";
        turn.reply_text(Numeric::UnknownCommand, &["SEARCH"], text);
        return Next::Done;
    }
    let mut query = Query { limit: limits::CHATHISTORY_MAX, ..Query::default() };
    let mut words = Vec::new();
    for attribute in turn.param(0).split(';').filter(|attribute| !attribute.is_empty()) {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = unescape(value).into_owned();
        match key {
            "in" => query.place = Some(value),
            "from" => words.push(format!("from:{value}")),
            "before" | "after" => {
                words.push(format!("{key}:{}", value.get(..10).unwrap_or(&value)));
            }
            "text" => words.push(value),
            "limit" => query.limit = value.parse().unwrap_or(query.limit),
            _ => {}
        }
    }
    query.text = words.join(" ");
    Next::Ask(Request::Search(query))
}

/// Shows what was found, oldest first.
pub fn shown(session: &mut Session, out: &mut Outbox, hits: &[SearchHit]) {
    let caps = session.caps;
    let server = session.server.clone();
    let page = server.page.get().map(String::as_str);
    let face = session.face().to_owned();
    playback::in_batch(session, out, &["soju.im/search"], |out, batch| {
        for hit in hits.iter().rev() {
            let message = links::shown(&hit.message, page);
            let to = message.to.as_ref().map(|to| to.nick.as_str());
            let target = hit.room.as_ref().map(|room| room.as_str()).or(to).unwrap_or(&face);
            encode::posted(out, &message, target, Class::of_text(caps, &message), batch);
        }
    });
}

/// Says why nothing is shown.
pub fn failed(session: &Session, out: &mut Outbox, code: &str, text: &str) {
    out.standard(&session.server.name, "FAIL", "SEARCH", code, text);
}
