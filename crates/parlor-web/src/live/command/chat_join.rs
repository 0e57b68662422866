//! `chat.join`: joins a room, which is created if there is none.

use parlor_chat::{Joined, RoomName, RoomOverview};
use parlor_http::Problem;
use parlor_hub::Failure;
use parlor_hub::limits::QUIET_MEMBERS;
use parlor_topics::TopicId;
use serde::{Deserialize, Serialize};

use super::bad_params;
use crate::failure;
use crate::live::message::own::OwnView;
use crate::live::message::{RoomView, position};
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct JoinRoom {
    name: String,
}

impl JoinRoom {
    /// The room's name, if it is one.
    pub(crate) fn name(&self) -> Result<RoomName, Problem> {
        RoomName::new(self.name.trim()).map_err(bad_params)
    }
}

#[derive(Serialize)]
pub(crate) struct JoinAnswer {
    room: RoomView,
    created: bool,
}

pub(super) async fn run(seat: &mut Seat, params: JoinRoom) -> Result<JoinAnswer, Problem> {
    let name = params.name()?;
    let joined = seat.app.chat.join(seat.who(), &name).await.map_err(failure::command)?;
    // Joining again must not replay what this connection has been sent.
    if !seat.is_in(joined.room.topic) {
        seat.follow(&joined, joined.position).await?;
    }
    Ok(JoinAnswer { room: fresh_view(seat, &joined).await?, created: joined.created })
}

/// Follows the account into a room that it has joined with another device; nothing if this one is
/// in it, or if the account has left again.
pub(in crate::live) async fn follow(
    seat: &mut Seat,
    room: TopicId,
) -> Result<Option<RoomView>, Problem> {
    if seat.is_in(room) {
        return Ok(None);
    }
    let joined = match seat.app.chat.follow(seat.who(), room).await {
        Ok(joined) => joined,
        Err(Failure::Refused(refusal)) => {
            tracing::debug!(%refusal, topic = room.0, "a room was not followed into");
            return Ok(None);
        }
        Err(failure) => return Err(failure::command(failure)),
    };
    seat.follow(&joined, joined.position).await?;
    fresh_view(seat, &joined).await.map(Some)
}

async fn fresh_view(seat: &Seat, joined: &Joined) -> Result<RoomView, Problem> {
    let overview = seat.app.chat.overview(seat.who()).await.map_err(failure::hub)?;
    let listed = overview.rooms.iter().find(|listed| listed.room.topic == joined.room.topic);
    Ok(view(listed, joined))
}

impl JoinAnswer {
    /// The answer to a program that is not there itself.
    pub(crate) fn of_list(listed: &RoomOverview, created: bool) -> Self {
        Self { room: listed_view(listed), created }
    }
}

/// A room of the list, for whoever is not in it just now.
pub(super) fn listed_view(listed: &RoomOverview) -> RoomView {
    RoomView {
        k: listed.room.topic.into(),
        name: listed.room.name.to_string(),
        subject: listed.room.subject.clone(),
        members: listed.members,
        role: listed.role.into(),
        unread: listed.unread,
        own: listed.into(),
        read: listed.read,
        last: listed.last,
        pos: position(listed.position),
        quiet: listed.members > QUIET_MEMBERS,
        modes: listed.room.modes.into(),
        settings: listed.room.settings.clone().into(),
    }
}

/// A room as the list shows it. What was read is unknown only if it just left the list again.
pub(super) fn view(listed: Option<&RoomOverview>, joined: &Joined) -> RoomView {
    RoomView {
        k: joined.room.topic.into(),
        name: joined.room.name.to_string(),
        subject: joined.room.subject.clone(),
        members: joined.entered.members,
        role: joined.role.into(),
        unread: listed.map_or(0, |listed| listed.unread),
        own: listed.map(OwnView::from).unwrap_or_default(),
        read: listed.map_or(0, |listed| listed.read),
        last: listed.map_or(0, |listed| listed.last),
        pos: position(joined.position),
        quiet: joined.entered.quiet,
        modes: joined.room.modes.into(),
        settings: joined.room.settings.clone().into(),
    }
}
