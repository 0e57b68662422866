//! `chat.redact`: takes a message back; its text is overwritten on the disk.

use parlor_http::Problem;
use serde::Deserialize;

use super::{Nothing, Place};
use crate::failure;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct RedactMessage {
    #[serde(flatten)]
    place: Place,
    msgid: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn run(seat: &Seat, params: RedactMessage) -> Result<Nothing, Problem> {
    let RedactMessage { place, msgid, reason } = params;
    let redacted = seat.app.chat.redact(seat.who(), place.scope()?, msgid, reason).await;
    redacted.map_err(failure::command)?;
    Ok(Nothing {})
}
