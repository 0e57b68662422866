//! USER: the user name and the real name, once.

use crate::limits;
use crate::message::cut;
use crate::numeric::Numeric;
use crate::session::{Next, Turn, UserLine};

/// `USER <user> <mode> * <realname>`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let user = user_name(turn.param(0));
    if user.is_empty() {
        turn.reply(Numeric::NeedMoreParams, &["USER"]);
        return Next::Done;
    }
    let realname = real_name(turn.param(3));
    let realname = match cut(&realname, limits::REALNAME_BYTES_MAX) {
        "" => user.clone(),
        realname => realname.to_owned(),
    };
    if let Some(registration) = &mut turn.session.registration {
        if registration.user.is_some() {
            turn.reply(Numeric::AlreadyRegistered, &[]);
            return Next::Done;
        }
        registration.user = Some(UserLine { user, realname });
    }
    turn.session.next_of_registration(turn.out)
}

/// A real name without what nobody sees and what turns the reading direction, which would change how
/// the rest of a line looks. Joiners stay: emoji and some scripts are written with them.
pub fn real_name(given: &str) -> String {
    let is_shown = |c: &char| !parlor_hub::is_hidden(*c) || matches!(c, '\u{200c}' | '\u{200d}');
    given.chars().filter(is_shown).collect()
}

/// What of a user name fits in a prefix.
fn user_name(given: &str) -> String {
    let plain: String = given
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '^' | '|' | '+'))
        .collect();
    cut(&plain, limits::USER_BYTES_MAX).to_owned()
}
