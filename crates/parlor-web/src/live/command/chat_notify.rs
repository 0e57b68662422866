//! `chat.notify`: what one wants to be told of in a room or a conversation.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::message::own::LevelName;

#[derive(Debug, Deserialize)]
pub(crate) struct SetNotify {
    #[serde(flatten)]
    place: Place,
    level: LevelName,
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: SetNotify,
) -> Result<Nothing, Problem> {
    let (scope, level) = (params.place.scope()?, params.level.into());
    let set = chat.set_notify(who, scope, level).await;
    set.map_err(failure::command)?;
    Ok(Nothing {})
}
