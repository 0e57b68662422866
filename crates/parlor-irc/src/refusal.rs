//! What chat refuses, in the words of IRC.

use parlor_chat::Refusal;
use parlor_hub::{Denied, Failure};

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::Session;

/// What was tried, for the numeric that names it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The command.
    pub command: &'static str,
    /// The room, or the target of a message.
    pub target: &'a str,
    /// The other person.
    pub nick: &'a str,
}

/// Answers a command that was refused or failed.
pub fn shown(
    session: &Session,
    out: &mut Outbox,
    attempt: Attempt<'_>,
    failure: &Failure<Refusal>,
) {
    match failure {
        Failure::Refused(refusal) => refused(session, out, attempt, refusal),
        Failure::Unavailable(_) => {
            failed(session, out, attempt.command, "Not possible now; nothing was done, try again");
        }
        Failure::Unknown | Failure::Fatal => {
            failed(session, out, attempt.command, "The server could not confirm that it was done");
        }
    }
}

/// Answers a command that failed for no fault of the client.
pub fn failed(session: &Session, out: &mut Outbox, command: &str, text: &str) {
    if session.caps.has(crate::capability::Capability::StandardReplies) {
        out.standard(&session.server.name, "FAIL", command, "TEMPORARILY_UNAVAILABLE", text);
    } else {
        session.reply_text(out, Numeric::UnknownError, &[command], text);
    }
}

fn refused(session: &Session, out: &mut Outbox, attempt: Attempt<'_>, refusal: &Refusal) {
    let Attempt { command, target, nick } = attempt;
    let says = matches!(command, "PRIVMSG" | "NOTICE" | "TAGMSG");
    let text = refusal.to_string();
    match refusal {
        Refusal::NoSuchRoom | Refusal::Denied(Denied::Closed) => {
            session.reply(out, Numeric::NoSuchChannel, &[target]);
        }
        Refusal::NotAMember | Refusal::Denied(Denied::NotPresent) if says => {
            session.reply(out, Numeric::CannotSendToChan, &[target]);
        }
        Refusal::NotAMember | Refusal::Denied(Denied::NotPresent) => {
            session.reply(out, Numeric::NotOnChannel, &[target]);
        }
        Refusal::NoSuchPerson => {
            session.reply(out, Numeric::NoSuchNick, &[if nick.is_empty() { target } else { nick }]);
        }
        Refusal::NotInRoom => session.reply(out, Numeric::UserNotInChannel, &[nick, target]),
        Refusal::AlreadyInRoom => session.reply(out, Numeric::UserOnChannel, &[nick, target]),
        Refusal::InvitedOnly | Refusal::Denied(Denied::InvitedOnly) => {
            session.reply(out, Numeric::InviteOnlyChan, &[target]);
        }
        Refusal::Denied(Denied::Moderated) => {
            let text = "Cannot send to channel (+m): only those with a voice may speak";
            session.reply_text(out, Numeric::CannotSendToChan, &[target], text);
        }
        Refusal::Denied(Denied::Banned) if !says => {
            session.reply(out, Numeric::BannedFromChan, &[target]);
        }
        Refusal::Denied(Denied::Banned | Denied::Muted | Denied::Locked)
        | Refusal::SlowMode { .. } => {
            let text = format!("Cannot send to channel: {text}");
            session.reply_text(out, Numeric::CannotSendToChan, &[target], &text);
        }
        Refusal::TooManyBans => session.reply_text(out, Numeric::BanListFull, &[target], &text),
        Refusal::Denied(Denied::Needs { .. }) => {
            session.reply(out, Numeric::ChanOpPrivsNeeded, &[target]);
        }
        Refusal::Empty => session.reply(out, Numeric::NoTextToSend, &[]),
        Refusal::TooLong { .. } => session.reply_text(out, Numeric::InputTooLong, &[], &text),
        Refusal::TooManyRooms => session.reply(out, Numeric::TooManyChannels, &[target]),
        Refusal::Malformed
        | Refusal::NoSuchBan
        | Refusal::Mask(_)
        | Refusal::Profile(_)
        | Refusal::Setting(_)
        | Refusal::NoSuchMessage
        | Refusal::AlreadyReported
        | Refusal::TooManyReports
        | Refusal::HiddenLetters
        | Refusal::NameLooksTaken
        | Refusal::NameTaken
        | Refusal::LobbyKeepsName
        | Refusal::RenamedJustNow { .. }
        | Refusal::NotAnImage
        | Refusal::TooManyPixels
        | Refusal::FileTooLong { .. }
        | Refusal::NoRoomForFiles { .. }
        | Refusal::NoSuchFile
        | Refusal::TooManyFiles { .. }
        | Refusal::NeedsAccount
        | Refusal::Invitation(_)
        | Refusal::NotTheAuthor
        | Refusal::NotAReaction
        | Refusal::NotAQuestion { .. }
        | Refusal::NoSearch
        | Refusal::TooMany { .. }
        | Refusal::Gone => {
            session.reply_text(out, Numeric::UnknownError, &[command, target], &text);
        }
    }
}
