//! CHATHISTORY: what was said before, as far back as a client asks.
//!
//! Bounds are exclusive. Whoever asks for more than `limits::CHATHISTORY_MAX` gets that many. What
//! is wrong with a question is said in a `FAIL` with the subcommand, so that a client knows which
//! of its questions it was.

use parlor_chat::Moment;

use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::playback;
use crate::session::{Next, Request, Session, Turn};
use crate::timestamp;

/// A question about one room or direct conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The subcommand, for answers that fail.
    pub subcommand: &'static str,
    /// The room or nick.
    pub target: String,
    /// Which part of it.
    pub range: Range,
    /// How many messages at most.
    pub limit: usize,
}

/// A part of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// The newest messages, if there is a bound only those after it.
    Latest(Option<Moment>),
    /// The messages just before.
    Before(Moment),
    /// The messages just after.
    After(Moment),
    /// The message, or what was said at that time, with those before and after it.
    Around(Moment),
    /// The messages between the two, counted from the first one, which may be the later one.
    Between(Moment, Moment),
}

/// A window of time, whose bounds do not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The end to begin at.
    pub from_ms: u64,
    /// The other end; it may be the earlier one.
    pub to_ms: u64,
    /// How many targets at most.
    pub limit: usize,
}

/// Why a question is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Something is missing.
    Missing,
    /// There is no such subcommand, selector or limit.
    Invalid,
    /// Messages are not named like this.
    Reference,
    /// The client has no history there.
    Target,
    /// There is no message with this id.
    NoMessage,
    /// The store does not answer.
    Store,
}

/// `CHATHISTORY <subcommand> <target> <selector> [<selector>] <limit>`, or
/// `CHATHISTORY TARGETS <time> <time> <limit>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if !turn.session.caps.has(Capability::ChatHistory) {
        let text = "CHATHISTORY needs the capability draft/chathistory";
        turn.reply_text(Numeric::UnknownCommand, &["CHATHISTORY"], text);
        return Next::Done;
    }
    let word = |index| turn.message.params.get(index).unwrap_or("");
    let given = word(0);
    let Some(subcommand) = SUBCOMMANDS.iter().find(|known| known.eq_ignore_ascii_case(given))
    else {
        let fault = if given.is_empty() { Fault::Missing } else { Fault::Invalid };
        failed(turn.session, turn.out, fault, &[given]);
        return Next::Done;
    };
    match request(turn, subcommand) {
        Ok(request) => Next::Ask(request),
        Err(fault) => {
            let target = word(1);
            // Windows have no target, and what is missing may be that.
            let without = fault == Fault::Missing || *subcommand == "TARGETS";
            let context = if without { &[*subcommand][..] } else { &[*subcommand, target] };
            failed(turn.session, turn.out, fault, context);
            Next::Done
        }
    }
}

const SUBCOMMANDS: [&str; 6] = ["LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS"];

fn request(turn: &Turn<'_>, subcommand: &'static str) -> Result<Request, Fault> {
    let word = |index| turn.message.params.filled(index).ok_or(Fault::Missing);
    let at = if subcommand == "BETWEEN" { 4 } else { 3 };
    let limit = word(at).map(limit);
    if subcommand == "TARGETS" {
        let (from, to, limit) = (word(1)?, word(2)?, limit??);
        let time = |text| match moment(text)? {
            Moment::At(at_ms) => Ok(at_ms),
            Moment::Msgid(_) => Err(Fault::Reference),
        };
        let (from_ms, to_ms) = (time(from)?, time(to)?);
        return Ok(Request::HistoryTargets(Window { from_ms, to_ms, limit }));
    }
    let (target, selector, limit) = (word(1)?, word(2)?, limit?);
    let range = match subcommand {
        "LATEST" if selector == "*" => Range::Latest(None),
        "LATEST" => Range::Latest(Some(moment(selector)?)),
        "BEFORE" => Range::Before(moment(selector)?),
        "AFTER" => Range::After(moment(selector)?),
        "AROUND" => Range::Around(moment(selector)?),
        _ => Range::Between(moment(selector)?, moment(word(3)?)?),
    };
    Ok(Request::History(Query { subcommand, target: target.to_owned(), range, limit: limit? }))
}

fn limit(text: &str) -> Result<usize, Fault> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Invalid);
    }
    // Digits that are no number are more than any limit.
    match text.parse().unwrap_or(usize::MAX) {
        0 => Err(Fault::Invalid),
        limit => Ok(limit.min(limits::CHATHISTORY_MAX)),
    }
}

fn moment(selector: &str) -> Result<Moment, Fault> {
    match selector.split_once('=') {
        Some(("timestamp", time)) => {
            timestamp::from_iso(time).map(Moment::At).ok_or(Fault::Invalid)
        }
        Some(("msgid", id)) if !id.is_empty() => Ok(Moment::Msgid(id.to_owned())),
        Some(("msgid", _)) | None => Err(Fault::Invalid),
        Some(_) => Err(Fault::Reference),
    }
}

impl Window {
    /// True when a time lies in it.
    pub fn holds(&self, at_ms: u64) -> bool {
        let (from, to) = (self.from_ms.min(self.to_ms), self.from_ms.max(self.to_ms));
        from < at_ms && at_ms < to
    }

    /// True when it begins at its later end.
    pub fn is_backward(&self) -> bool {
        self.from_ms > self.to_ms
    }
}

/// Says why a question is not answered; the context begins with the subcommand.
pub fn failed(session: &Session, out: &mut Outbox, fault: Fault, context: &[&str]) {
    let (code, text) = match fault {
        Fault::Missing => ("NEED_MORE_PARAMS", "Missing parameters"),
        Fault::Invalid => ("INVALID_PARAMS", "Invalid parameters"),
        Fault::Reference => {
            ("INVALID_MSGREFTYPE", "Messages are named by msgid= and timestamp= here")
        }
        Fault::Target => ("INVALID_TARGET", "There is no history for you there"),
        Fault::NoMessage => ("MESSAGE_ERROR", "There is no message with this id"),
        Fault::Store => ("MESSAGE_ERROR", "Messages could not be retrieved, try again"),
    };
    let line = out.line().source(&session.server.name).command("FAIL").word("CHATHISTORY");
    line.word(code).words(context).text(text);
}

/// Shows messages, oldest first, and what happened besides.
pub fn shown(session: &mut Session, out: &mut Outbox, target: &str, past: &playback::Past<'_>) {
    playback::answered_with(session, out, target, past);
}

/// Shows where something was said, and when last.
pub fn targets(session: &mut Session, out: &mut Outbox, targets: &[(String, u64)]) {
    let server = session.server.clone();
    playback::in_batch(session, out, &["draft/chathistory-targets"], |out, batch| {
        for (name, at_ms) in targets {
            let mut line = out.line();
            if let Some(batch) = batch {
                line = line.tag("batch", batch);
            }
            let line = line.source(&server.name).command("CHATHISTORY");
            line.words(&["TARGETS", name, &timestamp::iso(*at_ms)]).end();
        }
    });
}
