//! `chat.ban`: keeps somebody out of a room, or silences it there.

use parlor_chat::{BanMask, BanTarget, NewBan, Refusal};
use parlor_http::Problem;
use parlor_hub::{Failure, PersonId};
use serde::Deserialize;

use super::{Nothing, bad_params};
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct BanPerson {
    k: TopicKey,
    person: Option<u64>,
    account: Option<String>,
    mask: Option<String>,
    #[serde(default)]
    reason: String,
    expires_s: Option<u64>,
    #[serde(default)]
    mute: bool,
}

pub(super) async fn run(seat: &Seat, params: BanPerson) -> Result<Nothing, Problem> {
    let target = match (params.person, params.account, params.mask) {
        (Some(person), None, None) => BanTarget::Person(PersonId(person)),
        (None, Some(account), None) => BanTarget::Account(account),
        (None, None, Some(mask)) => BanTarget::Mask(self::mask(&mask)?),
        _ => return Err(bad_params("one of person, account and mask is needed")),
    };
    let ban =
        NewBan { target, mute: params.mute, reason: params.reason, seconds: params.expires_s };
    let done = seat.app.chat.ban(seat.who(), params.k.into(), ban).await;
    done.map_err(failure::command)?;
    Ok(Nothing {})
}

/// Reads a mask; one that is none is refused in words.
pub(super) fn mask(text: &str) -> Result<BanMask, Problem> {
    let refused = |why| failure::command(Failure::Refused(Refusal::Mask(why)));
    BanMask::new(text.trim()).map_err(refused)
}
