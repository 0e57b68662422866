//! `chat.unreact`: takes a reaction back.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;

use super::Nothing;
use super::chat_react::Reacting;
use crate::failure;

pub(crate) async fn run(chat: &Chat, who: &Attached, params: Reacting) -> Result<Nothing, Problem> {
    let Reacting { place, msgid, emoji } = params;
    let taken = chat.unreact(who, place.scope()?, msgid, emoji).await;
    taken.map_err(failure::command)?;
    Ok(Nothing {})
}
