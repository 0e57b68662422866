//! `nick`: takes another nick.

use parlor_http::Problem;
use parlor_hub::{Failure, Nick};
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ChangeNick {
    nick: String,
}

#[derive(Serialize)]
pub(crate) struct NickAnswer {
    nick: String,
}

pub(super) async fn run(seat: &mut Seat, params: ChangeNick) -> Result<NickAnswer, Problem> {
    let wanted = Nick::new(params.nick.trim());
    let wanted = wanted.map_err(|refusal| failure::command(Failure::Refused(refusal)))?;
    let renamed = seat.app.chat.rename(seat.who(), &wanted).await;
    let nick = renamed.map_err(failure::command)?;
    // What is said from now on is said under this nick, and bans are asked about it.
    seat.rename(nick.clone());
    Ok(NickAnswer { nick: nick.to_string() })
}
