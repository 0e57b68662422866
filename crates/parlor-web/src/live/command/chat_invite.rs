//! `chat.invite`: asks somebody who is online into a room.

use parlor_chat::Refusal;
use parlor_http::Problem;
use parlor_hub::{Failure, PersonId};
use serde::Deserialize;

use super::{Nothing, bad_params};
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct InvitePerson {
    k: TopicKey,
    nick: Option<String>,
    person: Option<u64>,
}

pub(super) async fn run(seat: &Seat, params: InvitePerson) -> Result<Nothing, Problem> {
    let person = match (params.person, params.nick) {
        (Some(person), _) => PersonId(person),
        (None, Some(nick)) => {
            let found = seat.app.link.find(nick.trim()).await;
            found.ok_or_else(|| failure::command(Failure::Refused(Refusal::NoSuchPerson)))?.person
        }
        (None, None) => return Err(bad_params("either nick or person is needed")),
    };
    let invited = seat.app.chat.invite(seat.who(), params.k.into(), person).await;
    invited.map_err(failure::command)?;
    Ok(Nothing {})
}
