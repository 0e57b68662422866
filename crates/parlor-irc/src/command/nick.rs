//! NICK: the name a client wants, or another one.

use parlor_hub::{Nick, NickRefusal};

use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::session::{Next, Request, Session, Turn};

/// `NICK <nick>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let Some(wanted) = turn.message.params.filled(0) else {
        turn.reply(Numeric::NoNicknameGiven, &[]);
        return Next::Done;
    };
    let nick = match Nick::new(wanted) {
        Ok(nick) => nick,
        Err(refusal) => {
            refused(turn.session, turn.out, wanted, Some(&refusal));
            return Next::Done;
        }
    };
    match &mut turn.session.registration {
        Some(registration) => {
            registration.nick = Some(nick);
            turn.session.next_of_registration(turn.out)
        }
        None if turn.session.me.nick == wanted => Next::Done,
        None => Next::Ask(Request::Rename(nick)),
    }
}

/// Answers a nick that cannot be had.
pub fn refused(session: &Session, out: &mut Outbox, wanted: &str, refusal: Option<&NickRefusal>) {
    let shown = if wanted.contains([' ', ':']) || wanted.is_empty() { "*" } else { wanted };
    match refusal {
        Some(NickRefusal::InUse) => session.reply(out, Numeric::NicknameInUse, &[shown]),
        Some(NickRefusal::Reserved) => {
            session.reply_text(
                out,
                Numeric::NicknameInUse,
                &[shown],
                "Nickname belongs to an account; sign in to use it",
            );
        }
        Some(NickRefusal::Empty) => session.reply(out, Numeric::NoNicknameGiven, &[]),
        Some(refusal) => {
            let text = format!("Erroneous nickname: {refusal}");
            session.reply_text(out, Numeric::ErroneousNickname, &[shown], &text);
        }
        None => session.reply_text(
            out,
            Numeric::UnknownError,
            &["NICK"],
            "The server cannot do this now; try again",
        ),
    }
}

/// Shows a client its own new nick.
pub fn renamed(session: &mut Session, out: &mut Outbox, nick: &str, now_ms: u64) {
    if session.me.nick != nick {
        session.own_line(out, now_ms).command("NICK").text(nick);
        nick.clone_into(&mut session.me.nick);
    }
}
