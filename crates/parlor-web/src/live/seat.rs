//! One connection's place in the rooms: who it is, what it follows, and what it may be sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use parlor_chat::event::{BANNED, KICKED, MODES, ROLE};
use parlor_chat::{ChatEvent, Joined};
use parlor_http::Problem;
use parlor_hub::event::{BOT, ENDED, LEFT, PresenceEvent, RENAMED, SessionEnded};
use parlor_hub::{Actor, Attached, Nick, PersonId, Stay};
use parlor_topics::{Delivery, Encoding, Frame, Position, Reader, ResetReason, TopicId};

use crate::failure;
use crate::live::event;
use crate::live::presence::Presence;
use crate::site::App;
use crate::visitor::Visitor;

/// The web's representation of events, shared by all its connections.
const WEB_JSON: Encoding = Encoding(0);

/// A client that has said hello.
pub(crate) struct Seat {
    pub(crate) app: Arc<App>,
    /// The address invitations made here lead to.
    pub(crate) base_url: String,
    pub(crate) reader: Reader,
    presence: Presence,
    /// Who signed in and how, to know when that is over.
    visitor: Visitor,
    /// Looked into for every event; a client is in few.
    rooms: BTreeMap<TopicId, Stay>,
}

/// What a delivery means for the connection.
#[derive(Debug)]
pub(super) enum Delivered<'f> {
    /// To be sent, as to everybody else who follows the topic; empty if there is nothing to send.
    Shared(&'f Bytes),
    /// To be sent to this client alone; empty if there is nothing to send.
    Frame(Bytes),
    /// To be sent; then [`Seat::recheck`] says whether the client may stay in the room.
    Recheck(TopicId, Bytes),
    /// To be sent: the person has another nick. Then rooms that keep out whoever is called so are to
    /// be left.
    Renamed(Bytes),
    /// The account has joined a room with another device: the client is to follow.
    Joined(TopicId),
    /// The browser session was ended.
    SignedOut,
}

impl Seat {
    pub(super) fn new(
        app: Arc<App>,
        base_url: String,
        reader: Reader,
        presence: Presence,
        visitor: Visitor,
    ) -> Self {
        Self { app, base_url, reader, presence, visitor, rooms: BTreeMap::new() }
    }

    pub(crate) fn who(&self) -> &Attached {
        self.presence.who()
    }

    pub(crate) fn actor(&self) -> Actor {
        self.who().actor()
    }

    /// Who signed in, if it may change passwords and end sessions: an app password opens neither.
    pub(crate) fn owner(&self) -> Result<&Visitor, Problem> {
        if self.visitor.by_app {
            let text = "An app password does not open passwords and sessions; sign in.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "needs_password", text));
        }
        Ok(&self.visitor)
    }

    /// Notes that the person has another nick.
    pub(crate) fn rename(&mut self, nick: Nick) {
        self.presence.rename(nick);
    }

    pub(super) fn presence_mut(&mut self) -> &mut Presence {
        &mut self.presence
    }

    /// Whether the client follows a room and is still in it.
    pub(crate) fn is_in(&self, room: TopicId) -> bool {
        self.rooms.get(&room).is_some_and(Stay::is_present)
    }

    /// Follows a topic from a position on.
    pub(crate) async fn subscribe(
        &mut self,
        topic: TopicId,
        after: Position,
    ) -> Result<(), Problem> {
        let subscribed = self.reader.subscribe(topic, Some(after)).await;
        subscribed.map(|_| ()).map_err(|error| failure::hub(error.into()))
    }

    /// Follows a room that was joined.
    pub(crate) async fn follow(&mut self, joined: &Joined, after: Position) -> Result<(), Problem> {
        let topic = joined.room.topic;
        self.subscribe(topic, after).await?;
        self.rooms.insert(topic, joined.entered.stay.clone());
        Ok(())
    }

    /// Gets nothing more of a room.
    pub(crate) fn unfollow(&mut self, room: TopicId) {
        self.rooms.remove(&room);
        self.reader.unsubscribe(room);
    }

    /// Turns a delivery into what is sent. Permission is checked here again, since it may have
    /// been taken away after the subscription began.
    pub(super) fn deliver<'f>(&mut self, delivery: &'f Delivery) -> Delivered<'f> {
        match delivery {
            Delivery::Event(frame) => self.deliver_event(frame),
            &Delivery::Reset { topic, position, why } => {
                if why == ResetReason::Deleted {
                    self.unfollow(topic);
                }
                Delivered::Frame(event::reset(topic, position, why))
            }
            &Delivery::Missed { topic } if self.is_out_of(topic) => {
                Delivered::Frame(self.leave(topic, "left"))
            }
            &Delivery::Missed { topic } => Delivered::Frame(event::missed(topic)),
        }
    }

    fn deliver_event<'f>(&mut self, frame: &'f Frame) -> Delivered<'f> {
        let topic = frame.event.topic;
        if topic == self.who().inbox {
            return self.deliver_own(frame);
        }
        match &*frame.event.kind {
            // The event that takes somebody out is the last of the room they are told.
            KICKED if self.is_kicked_by(frame) => {
                let encoded = self.encoded(frame);
                self.unfollow(topic);
                Delivered::Shared(encoded)
            }
            // A ban is told to whom it is aimed at, even if it has been thrown out by now.
            BANNED if self.is_banned_by(frame) => Delivered::Shared(self.encoded(frame)),
            // The person has left the room by another connection.
            LEFT if self.is_out_of(topic) && self.is_left_by(frame) => {
                Delivered::Frame(self.leave(topic, "left"))
            }
            _ if self.is_out_of(topic) => Delivered::Frame(Bytes::new()),
            MODES | ROLE => Delivered::Recheck(topic, self.encoded(frame).clone()),
            _ => Delivered::Shared(self.encoded(frame)),
        }
    }

    /// Turns an event of the own inbox into what is sent.
    fn deliver_own<'f>(&mut self, frame: &'f Frame) -> Delivered<'f> {
        match frame.typed(ChatEvent::decode) {
            _ if &*frame.event.kind == ENDED && self.is_ended_by(frame) => Delivered::SignedOut,
            _ if &*frame.event.kind == RENAMED => {
                let renamed = PresenceEvent::decode(&frame.event);
                if let Some(PresenceEvent::Renamed(renaming)) = renamed
                    && let Ok(nick) = Nick::new(&renaming.new)
                {
                    self.rename(nick);
                }
                Delivered::Renamed(self.encoded(frame).clone())
            }
            _ if &*frame.event.kind == BOT => {
                // What the person says here is a program's, too.
                if let Some(PresenceEvent::Bot(mode)) = PresenceEvent::decode(&frame.event)
                    && PersonId(mode.person) == self.who().person
                {
                    self.presence.set_bot(mode.bot);
                }
                Delivered::Shared(self.encoded(frame))
            }
            Some(ChatEvent::Joined { room, .. }) => Delivered::Joined(*room),
            // A quiet room does not say who leaves it; the inbox does.
            Some(ChatEvent::Parted { room, .. })
                if self.rooms.contains_key(room) && self.is_out_of(*room) =>
            {
                Delivered::Frame(self.leave(*room, "left"))
            }
            _ => Delivered::Shared(self.encoded(frame)),
        }
    }

    /// Whether the person is not in a room any more, though its events still come.
    fn is_out_of(&self, topic: TopicId) -> bool {
        topic != self.who().inbox && !self.is_in(topic)
    }

    fn leave(&mut self, room: TopicId, why: &'static str) -> Bytes {
        self.unfollow(room);
        event::gone(room, why)
    }

    /// Asks again whether the client may be in a room; if not, it gets nothing more of it.
    pub(super) async fn recheck(&mut self, room: TopicId) -> Result<Option<Bytes>, Problem> {
        let visible = self.app.chat.room(self.who(), room).await.map_err(failure::hub)?;
        if visible.is_some() || !self.rooms.contains_key(&room) {
            return Ok(None);
        }
        Ok(Some(self.leave(room, "not_allowed")))
    }

    fn encoded<'f>(&self, frame: &'f Frame) -> &'f Bytes {
        frame.encoded(WEB_JSON, |raw| {
            // All receivers of a topic are in the same epoch, so its number may be part of the
            // shared frame.
            let epoch = self.reader.position(raw.topic).map_or(0, |position| position.epoch);
            event::encode(raw, epoch)
        })
    }

    fn is_ended_by(&self, frame: &Frame) -> bool {
        SessionEnded::decode(&frame.event).is_some_and(|ended| {
            let live = self.who().session.name();
            ended.ends([&*self.visitor.session, &*live])
        })
    }

    fn is_kicked_by(&self, frame: &Frame) -> bool {
        matches!(
            ChatEvent::decode(&frame.event),
            Some(ChatEvent::Kicked { person, .. }) if person == self.who().person
        )
    }

    fn is_banned_by(&self, frame: &Frame) -> bool {
        let me = self.who().person;
        matches!(
            frame.typed(ChatEvent::decode),
            Some(ChatEvent::Banned(ban)) if ban.aimed.as_ref().is_some_and(|(who, _)| *who == me)
        )
    }

    fn is_left_by(&self, frame: &Frame) -> bool {
        let left = PresenceEvent::decode(&frame.event);
        left.is_some_and(|left| left.person() == self.who().person.0)
    }
}
