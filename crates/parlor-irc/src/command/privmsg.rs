//! PRIVMSG, NOTICE and TAGMSG: saying something to rooms and people.
//!
//! Nothing is ever cut: what does not fit into one line with the sender's full prefix is refused
//! with 417. Of the tags that only clients understand, replies and reactions are kept and typing is
//! passed on, as 005 says; both have a name of a draft besides.

use parlor_chat::{MessageKind, TypingState};

use crate::command::znc;
use crate::limits;
use crate::message::{Message, unescape};
use crate::numeric::Numeric;
use crate::session::{Amendment, Next, Relayed, Request, Turn};

/// `PRIVMSG <target>{,<target>} <text>`.
pub fn handle_privmsg(turn: &mut Turn<'_>) -> Next {
    say(turn, Relayed::Privmsg)
}

/// `NOTICE <target>{,<target>} <text>`.
pub fn handle_notice(turn: &mut Turn<'_>) -> Next {
    say(turn, Relayed::Notice)
}

/// `TAGMSG <target>{,<target>}`.
pub fn handle_tagmsg(turn: &mut Turn<'_>) -> Next {
    let Some(targets) = recipients(turn) else { return Next::Done };
    let message = turn.message;
    if let Some(state) = message.tags.get("+typing") {
        return match &*state {
            "active" => Next::Ask(Request::Typing { targets, state: TypingState::Active }),
            "paused" => Next::Ask(Request::Typing { targets, state: TypingState::Paused }),
            "done" => Next::Ask(Request::Typing { targets, state: TypingState::Done }),
            _ => Next::Done,
        };
    }
    let what = either(message, "+react", "+draft/react").map(Amendment::React);
    let back = || either(message, "+unreact", "+draft/unreact").map(Amendment::Unreact);
    match (what.or_else(back), reply(message)) {
        (Some(what), Some(msgid)) => {
            // A message is in one place, so one target has it.
            let target = targets.into_iter().next().unwrap_or_default();
            Next::Ask(Request::Amend { target, msgid, what })
        }
        _ => Next::Done,
    }
}

/// The id of the message that a line answers.
pub(super) fn reply(message: &Message<'_>) -> Option<String> {
    either(message, "+reply", "+draft/reply")
}

/// The value of a tag that has two names.
fn either(message: &Message<'_>, name: &str, draft: &str) -> Option<String> {
    let values = message.tags.iter().filter(|(key, _)| *key == name || *key == draft);
    let value = unescape(values.last().map(|(_, value)| value)?).into_owned();
    (!value.is_empty()).then_some(value)
}

fn say(turn: &mut Turn<'_>, command: Relayed) -> Next {
    let Some(targets) = recipients(turn) else { return Next::Done };
    let Some(text) = turn.message.params.filled(1).map(str::to_owned) else {
        turn.reply(Numeric::NoTextToSend, &[]);
        return Next::Done;
    };
    if znc::is_meant(turn.session, &targets) {
        return znc::handle(turn, &text);
    }
    if targets.iter().any(|target| !fits(turn, command, target, &text)) {
        turn.reply_text(
            Numeric::InputTooLong,
            &[],
            "Input line was too long to be passed on whole; nothing was sent",
        );
        return Next::Done;
    }
    let reply = reply(turn.message);
    match text.strip_prefix('\u{1}') {
        None => Next::Ask(Request::Post { targets, kind: kind_of(command), text, reply }),
        Some(ctcp) => match ctcp.strip_prefix("ACTION ") {
            Some(action) if command == Relayed::Privmsg => {
                let text = action.strip_suffix('\u{1}').unwrap_or(action).to_owned();
                Next::Ask(Request::Post { targets, kind: MessageKind::Action, text, reply })
            }
            _ => Next::Ask(Request::Relay { targets, command, text }),
        },
    }
}

fn kind_of(command: Relayed) -> MessageKind {
    match command {
        Relayed::Notice => MessageKind::Notice,
        Relayed::Privmsg => MessageKind::Text,
    }
}

fn recipients(turn: &mut Turn<'_>) -> Option<Vec<String>> {
    let targets = turn.targets(0, limits::MESSAGE_TARGETS_MAX)?;
    if targets.is_empty() {
        turn.reply(Numeric::NoRecipient, &[]);
        return None;
    }
    Some(targets)
}

/// True when `:prefix COMMAND target :text` and its line end have room in a line.
fn fits(turn: &Turn<'_>, command: Relayed, target: &str, text: &str) -> bool {
    let words = command.command().len() + 1 + target.len() + 2;
    turn.session.prefix_len() + words + text.len() + 2 <= limits::LINE_BYTES_MAX
}
