//! LIST: which rooms there are.

use parlor_chat::RoomSummary;

use crate::mask;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// Which rooms to show; all when empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Names or masks, of which one must fit.
    pub names: Vec<String>,
    /// Masks of which none may fit.
    pub not_names: Vec<String>,
    /// More people than this.
    pub more_than: Option<usize>,
    /// Fewer people than this.
    pub fewer_than: Option<usize>,
}

impl Filter {
    /// Reads a comma-separated list of conditions.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            if let Some(count) = word.strip_prefix('>') {
                filter.more_than = count.parse().ok();
            } else if let Some(count) = word.strip_prefix('<') {
                filter.fewer_than = count.parse().ok();
            } else if let Some(name) = word.strip_prefix('!') {
                filter.not_names.push(name.to_owned());
            } else {
                filter.names.push(word.to_owned());
            }
        }
        filter
    }

    /// True when a room is to be shown.
    pub fn takes(&self, name: &str, members: usize) -> bool {
        (self.names.is_empty() || self.names.iter().any(|wanted| mask::fits(wanted, name)))
            && !self.not_names.iter().any(|unwanted| mask::fits(unwanted, name))
            && self.more_than.is_none_or(|least| members > least)
            && self.fewer_than.is_none_or(|most| members < most)
    }
}

/// `LIST [<condition>{,<condition>}]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    Next::Ask(Request::List(Filter::parse(turn.param(0))))
}

/// Shows a room, if it passes the filter.
pub fn shown(session: &Session, out: &mut Outbox, filter: &Filter, summary: &RoomSummary) {
    let name = summary.room.name.as_str();
    if filter.takes(name, summary.members) {
        let members = summary.members.to_string();
        session.reply_text(out, Numeric::List, &[name, &members], &summary.room.subject);
    }
}

/// Shows the end of the list.
pub fn end(session: &Session, out: &mut Outbox) {
    session.reply(out, Numeric::ListEnd, &[]);
}
