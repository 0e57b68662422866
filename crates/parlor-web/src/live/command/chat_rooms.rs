//! `chat.rooms`: all rooms one may know of.

use parlor_chat::RoomSummary;
use parlor_http::Problem;
use serde::Serialize;

use crate::failure;
use crate::live::message::TopicKey;
use crate::live::seat::Seat;

/// A list of rooms.
#[derive(Serialize)]
pub(crate) struct Rooms {
    rooms: Vec<ListedRoom>,
}

#[derive(Serialize)]
struct ListedRoom {
    k: TopicKey,
    name: String,
    subject: String,
    members: usize,
    joined: bool,
    private: bool,
}

impl Rooms {
    pub(crate) fn new(rooms: Vec<RoomSummary>) -> Self {
        let listed = rooms.into_iter().map(|RoomSummary { room, members, joined }| ListedRoom {
            k: room.topic.into(),
            name: room.name.to_string(),
            subject: room.subject,
            members,
            joined,
            private: room.modes.invited_only,
        });
        Self { rooms: listed.collect() }
    }
}

pub(super) async fn run(seat: &Seat) -> Result<Rooms, Problem> {
    let rooms = seat.app.chat.rooms(seat.who()).await.map_err(failure::hub)?;
    Ok(Rooms::new(rooms))
}
