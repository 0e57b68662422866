//! What is said to `*playback`: looking back as clients of a bouncer do (`znc.in/playback`).
//!
//! Why: many clients know this and not CHATHISTORY. They keep the time of the last line they saw and
//! ask, on connecting, for what came after it. Times are seconds with a fraction.

use parlor_chat::Message;

use crate::capability::Capability;
use crate::encode::{self, Class};
use crate::links;
use crate::mask;
use crate::outbox::{Line, Outbox};
use crate::playback;
use crate::session::{Next, Request, Session, Turn};

/// Whom one speaks to.
pub const NICK: &str = "*playback";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Rooms and nicks, or masks of them.
    names: Vec<String>,
    /// Only what was said after this time.
    pub after_ms: u64,
    /// Only what was said before this one.
    pub before_ms: u64,
    /// Only where something was said, and when last.
    pub lists: bool,
}

impl Query {
    /// Reads `PLAY <names> [from] [to]` and `LIST [names]`.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let command = words.next()?;
        let lists = command.eq_ignore_ascii_case("LIST");
        if !lists && !command.eq_ignore_ascii_case("PLAY") {
            return None;
        }
        let names = words.next().or(lists.then_some("*"))?;
        let names = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let after_ms = words.next().map_or(Some(0), milliseconds)?;
        // Zero means no end, as it means the very beginning.
        let before_ms = words.next().map_or(Some(0), milliseconds)?;
        let before_ms = if before_ms == 0 { u64::MAX } else { before_ms };
        Some(Self { names, after_ms, before_ms, lists })
    }

    /// True when a room or a person of this name is meant.
    pub fn means(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| mask::fits(wanted, name))
    }
}

/// `1414676187.25` in milliseconds.
fn milliseconds(seconds: &str) -> Option<u64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let thousandths = digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(thousandths)
}

/// True when a line is for `*playback`, which is nobody to a client that does not know it.
pub fn is_meant(session: &Session, targets: &[String]) -> bool {
    let known = session.caps.has(Capability::ZncPlayback);
    known && matches!(targets, [target] if target.eq_ignore_ascii_case(NICK))
}

/// Takes what was said to `*playback`.
pub fn handle(turn: &mut Turn<'_>, text: &str) -> Next {
    match Query::read(text) {
        Some(query) => Next::Ask(Request::Replay(query)),
        None => {
            let help = "PLAY <buffers> [from] [to] and LIST [buffers] are understood here; nothing \
                        is cleared";
            says(turn.session, turn.out).text(help);
            Next::Done
        }
    }
}

/// Shows what was said in one place, oldest first.
pub fn played(session: &mut Session, out: &mut Outbox, name: &str, messages: &[Message]) {
    let server = session.server.clone();
    let page = server.page.get().map(String::as_str);
    let batch = playback::begin_batch(session, out, &["znc.in/playback", name]);
    for message in messages {
        let message = links::shown(message, page);
        let message = message.as_ref();
        let class = Class::of_text(session.caps, message);
        let target = message.to.as_ref().map_or(name, |to| to.nick.as_str());
        encode::posted(out, message, target, class, batch.as_deref());
    }
    playback::end_batch(session, out, batch.as_deref());
}

/// Shows that something was said in a place, and when last.
pub fn listed(session: &Session, out: &mut Outbox, name: &str, last_ms: u64) {
    let last = format!("{}.{:03}", last_ms / 1000, last_ms % 1000);
    says(session, out).text(&format!("{name} 0 {last}"));
}

fn says<'a>(session: &Session, out: &'a mut Outbox) -> Line<'a> {
    let line = out.line().person(NICK, "playback", &session.server.name);
    line.command("PRIVMSG").word(session.face())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_a_fraction() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("1414676187", Some(1_414_676_187_000)),
            ("1414676187.25", Some(1_414_676_187_250)),
            ("1414676187.0019", Some(1_414_676_187_001)),
            ("1414676187.", Some(1_414_676_187_000)),
            ("", None),
            ("-1", None),
            ("1.x", None),
            ("1.2.3", None),
            ("18446744073709551615", None),
        ] {
            assert_eq!(milliseconds(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn questions_are_play_and_list() {
        let read = |text| Query::read(text);
        let all = read("PLAY *").unwrap();
        assert_eq!((all.after_ms, all.before_ms, all.lists), (0, u64::MAX, false));
        assert!(all.means("#tea") && all.means("bob"));
        let some = read("play #te?,bob 1.5 3").unwrap();
        assert_eq!((some.after_ms, some.before_ms), (1500, 3000));
        assert!(some.means("#TEA") && some.means("Bob") && !some.means("#coffee"));
        assert!(read("LIST").unwrap().lists && read("list #tea").unwrap().means("#tea"));
        for wrong in ["", "PLAY", "PLAY * yesterday", "CLEAR *", "PLAY * 1 x"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
