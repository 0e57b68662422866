//! `chat.bans`: who is kept out of a room or silenced there, for those who keep order in it.

use parlor_chat::Ban;
use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ListBans {
    k: TopicKey,
}

#[derive(Serialize)]
pub(crate) struct Bans {
    bans: Vec<BanView>,
}

#[derive(Serialize)]
struct BanView {
    mask: String,
    mute: bool,
    person: Option<u64>,
    nick: Option<String>,
    by: String,
    reason: String,
    at: u64,
    expires: Option<u64>,
}

impl From<Ban> for BanView {
    fn from(ban: Ban) -> Self {
        let (person, nick) = ban.aimed.map(|(person, nick)| (person.0, nick)).unzip();
        Self {
            mask: ban.mask.to_string(),
            mute: ban.mute,
            person,
            nick,
            by: ban.by,
            reason: ban.reason,
            at: ban.at_ms,
            expires: ban.expires_ms,
        }
    }
}

pub(super) async fn run(seat: &Seat, params: ListBans) -> Result<Bans, Problem> {
    let bans = seat.app.chat.bans(seat.who(), params.k.into()).await;
    let bans = bans.map_err(failure::command)?;
    Ok(Bans { bans: bans.into_iter().map(Into::into).collect() })
}
