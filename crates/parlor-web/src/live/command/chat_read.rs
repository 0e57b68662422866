//! `chat.read`: has read up to a message, in a room or with a person.

use parlor_http::Problem;
use parlor_hub::PersonId;
use serde::Deserialize;

use super::{Nothing, bad_params};
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct MarkRead {
    k: Option<TopicKey>,
    person: Option<u64>,
    n: u64,
}

pub(super) async fn run(seat: &Seat, params: MarkRead) -> Result<Nothing, Problem> {
    let (topic, direct) = match (params.k, params.person) {
        (Some(k), None) => (k.into(), None),
        (None, Some(person)) => (seat.who().inbox, Some(PersonId(person))),
        _ => return Err(bad_params("either k or person is needed")),
    };
    let marked = seat.app.chat.mark_read(seat.who(), topic, direct, params.n).await;
    marked.map_err(failure::command)?;
    Ok(Nothing {})
}
