//! `chat.unreact`: takes a reaction back.

use parlor_http::Problem;

use super::Nothing;
use super::chat_react::Reacting;
use crate::failure;
use crate::live::seat::Seat;

pub(super) async fn run(seat: &Seat, params: Reacting) -> Result<Nothing, Problem> {
    let Reacting { place, msgid, emoji } = params;
    let taken = seat.app.chat.unreact(seat.who(), place.scope()?, msgid, emoji).await;
    taken.map_err(failure::command)?;
    Ok(Nothing {})
}
