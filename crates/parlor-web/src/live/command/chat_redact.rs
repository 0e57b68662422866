//! `chat.redact`: takes a message back; its text is overwritten on the disk.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;

#[derive(Debug, Deserialize)]
pub(crate) struct RedactMessage {
    #[serde(flatten)]
    place: Place,
    msgid: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: RedactMessage,
) -> Result<Nothing, Problem> {
    let RedactMessage { place, msgid, reason } = params;
    let redacted = chat.redact(who, place.scope()?, msgid, reason).await;
    redacted.map_err(failure::command)?;
    Ok(Nothing {})
}
