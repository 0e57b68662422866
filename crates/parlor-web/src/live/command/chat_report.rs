//! `chat.report`: tells those who keep order in a room of a message.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ReportMessage {
    k: TopicKey,
    msgid: String,
    reason: String,
}

pub(super) async fn run(seat: &Seat, params: ReportMessage) -> Result<Nothing, Problem> {
    let ReportMessage { k, msgid, reason } = params;
    let done = seat.app.chat.report(seat.who(), k.into(), msgid, reason).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}
