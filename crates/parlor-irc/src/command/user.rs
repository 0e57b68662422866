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
    let realname = match cut(turn.param(3), limits::REALNAME_BYTES_MAX) {
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

/// What of a user name fits in a prefix.
fn user_name(given: &str) -> String {
    let plain: String = given
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '^' | '|' | '+'))
        .collect();
    cut(&plain, limits::USER_BYTES_MAX).to_owned()
}
