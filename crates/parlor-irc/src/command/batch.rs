//! BATCH from clients: a text of several lines as one message.
//!
//! The lines between `BATCH +name draft/multiline target` and `BATCH -name` are gathered and
//! become one message when the batch is closed. One batch at a time; its size, its lines and the
//! time it may stay open are bounded. Opening and closing it cost together what one message costs,
//! and the lines between them nothing. A batch that breaks a rule is answered with one `FAIL`, and
//! what still comes of it is passed over, so that no half of a message is ever sent.

use parlor_chat::MessageKind;

use super::{FULL, privmsg};
use crate::capability::Capability;
use crate::limits;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

const KIND: &str = "draft/multiline";

/// A batch under way.
#[derive(Debug)]
pub struct Open {
    name: String,
    target: String,
    label: Option<String>,
    reply: Option<String>,
    opened_ms: u64,
    kind: Option<MessageKind>,
    lines: usize,
    text: String,
    /// It broke a rule and was answered; the rest of it is passed over.
    failed: bool,
}

/// Why a batch is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Name,
    Kind,
    Late,
    Bytes,
    Lines,
    Target,
    BlankConcat,
    Blank,
    Mixed,
}

/// `BATCH <+name> draft/multiline <target>`, `BATCH <-name>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    if !turn.session.caps.has(Capability::Multiline) {
        let text = "BATCH needs the capability draft/multiline";
        turn.reply_text(Numeric::UnknownCommand, &["BATCH"], text);
        return Next::Done;
    }
    let word = turn.param(0).to_owned();
    if let Some(name) = word.strip_prefix('-') {
        return close(turn, name);
    }
    let name = word.strip_prefix('+').unwrap_or("").to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = !name.is_empty() && name.len() <= limits::BATCH_NAME_BYTES_MAX;
    let open = Open {
        name: name.clone(),
        target: turn.param(2).to_owned(),
        label: turn.session.label.take(),
        reply: privmsg::reply(turn.message),
        opened_ms: turn.now_ms,
        kind: None,
        lines: 0,
        text: String::new(),
        failed: false,
    };
    let fault = if !fits || !name.bytes().all(plain) {
        Some(Fault::Name)
    } else if !turn.param(1).eq_ignore_ascii_case(KIND) {
        Some(Fault::Kind)
    } else if turn.session.open_batch.is_some() {
        // One at a time: the first one ends here.
        Some(Fault::Mixed)
    } else if open.target.is_empty() {
        Some(Fault::Target)
    } else {
        None
    };
    turn.session.open_batch = Some(Box::new(open));
    if let Some(fault) = fault {
        fail(turn, fault);
    }
    Next::Done
}

/// Takes a line that belongs to the open batch; says what to do and what it costs. Anything else
/// is a line of its own.
pub fn take(turn: &mut Turn<'_>) -> Option<(Next, u32)> {
    let name = turn.message.tags.get("batch")?;
    if !turn.session.caps.has(Capability::Multiline) || !turn.session.is_registered() {
        return None;
    }
    let Some(open) = turn.session.open_batch.as_mut().filter(|open| open.name == name) else {
        // Sent on its own it would be a piece of something that was refused.
        fail_named(turn, Fault::Name, &name, "", "");
        return Some((Next::Done, FULL));
    };
    // A line of a batch that was refused costs what any line costs; the others are paid
    // for by opening and closing the batch.
    if open.failed {
        turn.session.label = None;
        return Some((Next::Done, FULL));
    }
    match gather(turn) {
        Ok(()) => {
            // Nothing is answered before the batch is closed.
            turn.session.label = None;
            Some((Next::Done, 0))
        }
        Err(fault) => {
            fail(turn, fault);
            Some((Next::Done, FULL))
        }
    }
}

fn gather(turn: &mut Turn<'_>) -> Result<(), Fault> {
    let message = turn.message;
    let now_ms = turn.now_ms;
    let Some(open) = turn.session.open_batch.as_mut() else { return Ok(()) };
    let kind = if message.is("PRIVMSG") {
        MessageKind::Text
    } else if message.is("NOTICE") {
        MessageKind::Notice
    } else {
        return Err(Fault::Mixed);
    };
    let (target, text) = (message.params.get(0).unwrap_or(""), message.params.get(1).unwrap_or(""));
    let concat = message.tags.iter().any(|(key, _)| key == "draft/multiline-concat");
    if now_ms.saturating_sub(open.opened_ms) > limits::BATCH_OPEN_MS_MAX {
        return Err(Fault::Late);
    }
    if open.kind.is_some_and(|first| first != kind) || text.starts_with('\u{1}') {
        return Err(Fault::Mixed);
    }
    if !target.eq_ignore_ascii_case(&open.target) {
        return Err(Fault::Target);
    }
    if concat && text.is_empty() {
        return Err(Fault::BlankConcat);
    }
    if open.lines >= limits::MULTILINE_LINES_MAX {
        return Err(Fault::Lines);
    }
    if open.lines > 0 && !concat {
        open.text.push('\n');
    }
    if open.text.len() + text.len() > limits::MULTILINE_BYTES_MAX {
        return Err(Fault::Bytes);
    }
    open.kind = Some(kind);
    open.lines += 1;
    open.text.push_str(text);
    Ok(())
}

fn close(turn: &mut Turn<'_>, name: &str) -> Next {
    let Some(open) = turn.session.open_batch.take_if(|open| open.name == name) else {
        fail_named(turn, Fault::Name, name, "", "");
        return Next::Done;
    };
    if open.failed {
        return Next::Done;
    }
    // The answer to the message is the answer to the line that opened it.
    turn.session.label = open.label.clone().or_else(|| turn.session.label.take());
    let blank = open.text.trim_matches(['\n', ' ']).is_empty();
    match (open.kind, blank) {
        (Some(kind), false) => Next::Ask(Request::Post {
            targets: vec![open.target],
            kind,
            text: open.text,
            reply: open.reply,
        }),
        _ => {
            fail_named(turn, Fault::Blank, name, "", "");
            Next::Done
        }
    }
}

/// Ends the open batch, if there is one: a line that cannot be read may have been one of its lines,
/// and without it the message would be another one.
pub fn give_up(session: &mut Session, out: &mut Outbox) {
    let Some(open) = session.open_batch.as_mut().filter(|open| !open.failed) else { return };
    open.failed = true;
    open.text = String::new();
    session.label = open.label.take().or(session.label.take());
    let text = "Invalid multiline batch: a line of it cannot be read";
    out.standard(&session.server.name, "FAIL", "BATCH", "MULTILINE_INVALID", text);
}

/// Answers a fault of the open batch, once, with the label it was opened with.
fn fail(turn: &mut Turn<'_>, fault: Fault) {
    let given = turn.message.params.get(usize::from(turn.message.is("BATCH"))).unwrap_or("");
    let given = given.to_owned();
    let Some(open) = turn.session.open_batch.as_mut() else { return };
    open.failed = true;
    open.text = String::new();
    let (name, target, label) = (open.name.clone(), open.target.clone(), open.label.take());
    turn.session.label = label;
    fail_named(turn, fault, &name, &target, &given);
}

fn fail_named(turn: &mut Turn<'_>, fault: Fault, name: &str, target: &str, given: &str) {
    let (bytes, lines) =
        (limits::MULTILINE_BYTES_MAX.to_string(), limits::MULTILINE_LINES_MAX.to_string());
    let (code, words, text): (_, &[&str], _) = match fault {
        Fault::Name => {
            ("INVALID_REFTAG", &[name], "There is no such batch, or its name is invalid")
        }
        Fault::Kind => ("UNKNOWN_TYPE", &[name, given], "Only draft/multiline is taken here"),
        Fault::Late => ("TIMEOUT", &[name], "The batch was open for too long"),
        Fault::Bytes => ("MULTILINE_MAX_BYTES", &[&bytes], "Multiline batch max-bytes exceeded"),
        Fault::Lines => ("MULTILINE_MAX_LINES", &[&lines], "Multiline batch max-lines exceeded"),
        Fault::Target => ("MULTILINE_INVALID_TARGET", &[target, given], "Invalid multiline target"),
        Fault::BlankConcat => {
            ("MULTILINE_INVALID", &[], "Invalid multiline batch with concatenated blank line")
        }
        Fault::Blank => ("MULTILINE_INVALID", &[], "Invalid multiline batch with blank lines only"),
        Fault::Mixed => ("MULTILINE_INVALID", &[], "Invalid multiline batch"),
    };
    let line = turn.out.line().source(&turn.session.server.name).command("FAIL");
    line.words(&["BATCH", code]).words(words).text(text);
}
