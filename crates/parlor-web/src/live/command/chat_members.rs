//! `chat.members`: who is in a room, those who keep order first, and who is connected before who is
//! not; a page of them at a time.

use std::cmp::Reverse;

use parlor_chat::Member;
use parlor_http::Problem;
use serde::{Deserialize, Serialize};

use crate::failure;
use crate::limits;
use crate::live::message::file::avatar_url;
use crate::live::message::{RoleName, TopicKey};
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct ListMembers {
    k: TopicKey,
    /// How many of them come before those that are wanted.
    #[serde(default)]
    skip: usize,
}

#[derive(Serialize)]
pub(crate) struct Members {
    members: Vec<MemberView>,
    total: usize,
}

#[derive(Serialize)]
struct MemberView {
    person: u64,
    nick: String,
    account: Option<String>,
    role: RoleName,
    away: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bot: bool,
}

pub(super) async fn run(seat: &Seat, params: ListMembers) -> Result<Members, Problem> {
    let members = seat.app.chat.members(seat.who(), params.k.into()).await;
    let mut members = members.map_err(failure::command)?;
    let total = members.len();
    let rank = |member: &Member| (Reverse(member.role), !member.present.connected);
    members.sort_by_cached_key(|member| (rank(member), member.present.nick.folded()));
    let page = members.into_iter().skip(params.skip).take(limits::PEOPLE_MAX);
    let members = page.map(|member| MemberView {
        person: member.present.person.0,
        nick: member.present.nick.to_string(),
        account: member.present.account.as_ref().map(ToString::to_string),
        role: member.role.into(),
        away: member.present.away.clone(),
        gone: !member.present.connected,
        avatar: member.present.avatar.as_deref().map(avatar_url),
        bot: member.present.bot,
    });
    Ok(Members { members: members.collect(), total })
}
