//! `chat.draft`: keeps what one has begun to write for all devices of the account.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;

#[derive(Debug, Deserialize)]
pub(crate) struct KeepDraft {
    #[serde(flatten)]
    place: Place,
    text: String,
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: KeepDraft,
) -> Result<Nothing, Problem> {
    let kept = chat.set_draft(who, params.place.scope()?, params.text).await;
    kept.map_err(failure::command)?;
    Ok(Nothing {})
}
