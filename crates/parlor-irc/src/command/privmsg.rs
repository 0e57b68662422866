//! PRIVMSG, NOTICE and TAGMSG: saying something to rooms and people.
//!
//! Nothing is ever cut: what does not fit into one line with the sender's full prefix is refused
//! with 417.

use parlor_chat::MessageKind;

use crate::limits;
use crate::numeric::Numeric;
use crate::session::{Next, Relayed, Request, Turn};

/// `PRIVMSG <target>{,<target>} <text>`.
pub fn handle_privmsg(turn: &mut Turn<'_>) -> Next {
    say(turn, Relayed::Privmsg)
}

/// `NOTICE <target>{,<target>} <text>`.
pub fn handle_notice(turn: &mut Turn<'_>) -> Next {
    say(turn, Relayed::Notice)
}

/// `TAGMSG <target>{,<target>}`: only `+typing` is passed on, as 005 says.
pub fn handle_tagmsg(turn: &mut Turn<'_>) -> Next {
    let Some(targets) = recipients(turn) else { return Next::Done };
    let tags: Vec<String> = turn
        .message
        .tags
        .iter()
        .filter(|(key, value)| *key == "+typing" && matches!(*value, "active" | "paused" | "done"))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    match tags.last() {
        None => Next::Done,
        Some(tag) => {
            let text = tag.clone();
            Next::Ask(Request::Relay { targets, command: Relayed::Tagmsg, text })
        }
    }
}

fn say(turn: &mut Turn<'_>, command: Relayed) -> Next {
    let Some(targets) = recipients(turn) else { return Next::Done };
    let Some(text) = turn.message.params.filled(1).map(str::to_owned) else {
        turn.reply(Numeric::NoTextToSend, &[]);
        return Next::Done;
    };
    if targets.iter().any(|target| !fits(turn, command, target, &text)) {
        turn.reply_text(
            Numeric::InputTooLong,
            &[],
            "Input line was too long to be passed on whole; nothing was sent",
        );
        return Next::Done;
    }
    match text.strip_prefix('\u{1}') {
        None => Next::Ask(Request::Post { targets, kind: kind_of(command), text }),
        Some(ctcp) => match ctcp.strip_prefix("ACTION ") {
            Some(action) if command == Relayed::Privmsg => {
                let text = action.strip_suffix('\u{1}').unwrap_or(action).to_owned();
                Next::Ask(Request::Post { targets, kind: MessageKind::Action, text })
            }
            _ => Next::Ask(Request::Relay { targets, command, text }),
        },
    }
}

fn kind_of(command: Relayed) -> MessageKind {
    match command {
        Relayed::Notice => MessageKind::Notice,
        Relayed::Privmsg | Relayed::Tagmsg => MessageKind::Text,
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
