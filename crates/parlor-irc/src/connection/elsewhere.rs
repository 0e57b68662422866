//! What a delivery means beyond its lines: rooms joined, left and read with another device, another
//! name of a room, another nick, the end of the session.

use parlor_topics::TopicId;

use super::{Connection, SIGNED_OUT, perform};
use crate::command::part;
use crate::delivery::Effect;
use crate::limits;
use crate::outbox::Outbox;

impl Connection {
    pub(super) fn take_effect(&mut self, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::Gone(topic) => self.forget(topic),
            Effect::Renamed(nick) => {
                if let (Some(attachment), Ok(nick)) = (&mut self.attachment, nick.parse()) {
                    attachment.who.nick = nick;
                    attachment.nick_given = true;
                }
            }
            Effect::Joined(room) => {
                let Some(attachment) = &mut self.attachment else { return };
                let following = &mut attachment.following;
                if following.len() < limits::ROOMS_MAX && !following.contains(&room) {
                    following.push(room);
                }
            }
            Effect::Moved(room) => {
                let Some(attachment) = &mut self.attachment else { return };
                if !attachment.renamed.contains(&room) {
                    attachment.renamed.push(room);
                }
            }
            Effect::Read(scope) => {
                let Some(attachment) = &mut self.attachment else { return };
                let marked = &mut attachment.marked;
                if marked.len() < limits::MARKS_MAX && !marked.contains(&scope) {
                    marked.push(scope);
                }
            }
            Effect::Bot(bot) => {
                if let Some(attachment) = &mut self.attachment {
                    attachment.who.bot = bot;
                }
            }
            Effect::Profile(person, parts) => {
                let Some(attachment) = &mut self.attachment else { return };
                let profiles = &mut attachment.profiles;
                let full = profiles.len() >= limits::PROFILES_WAITING;
                match profiles.iter_mut().find(|(waiting, _)| *waiting == person) {
                    Some((_, waiting)) => {
                        waiting.retain(|part| !parts.contains(part));
                        waiting.extend(parts);
                    }
                    None if full => {}
                    None => profiles.push((person, parts)),
                }
            }
            Effect::Parted(room, reason) => self.parted_elsewhere(room, &reason),
            Effect::Ended => self.ending = Some(SIGNED_OUT),
        }
    }

    /// Shows a client that the account has left a room with another device. What this one leaves
    /// is answered by its own command.
    fn parted_elsewhere(&mut self, room: TopicId, reason: &str) {
        let back = self.attachment.as_ref().is_some_and(|held| held.who.stay(room).is_some());
        let Some(joined) = self.session.room_of(room).filter(|_| !back) else { return };
        if self.parting == Some(room) {
            return;
        }
        let mut out = Outbox::new();
        let now_ms = self.shared.store.now_ms();
        part::parted(&self.session, &mut out, joined.name.as_str(), reason, now_ms);
        self.push_lines(out.take());
        self.forget(room);
    }

    /// Goes into the rooms that the account has joined with another device.
    pub(super) async fn follow_account(&mut self) {
        loop {
            let Some(held) = &mut self.attachment else { return };
            if held.following.is_empty() {
                return;
            }
            let room = held.following.remove(0);
            self.settled = false;
            Box::pin(perform::follow(self, room)).await;
            self.answer().await;
        }
    }

    /// Shows a client what rooms are like that it was told to have joined under another name.
    pub(super) async fn show_renamed(&mut self) {
        let Some(held) = &mut self.attachment else { return };
        for room in std::mem::take(&mut held.renamed) {
            self.settled = false;
            Box::pin(perform::show_renamed(self, room)).await;
            self.answer().await;
        }
    }

    /// Leaves rooms that keep out whoever has the nick that the person has been given.
    pub(super) async fn leave_where_banned(&mut self) {
        let Some(held) = &mut self.attachment else { return };
        if std::mem::take(&mut held.nick_given) {
            self.shared.chat.renamed(held.who.person).await;
        }
    }

    /// Tells a client where its person has read further with another device.
    pub(super) async fn tell_marks(&mut self) {
        let Some(held) = &mut self.attachment else { return };
        for scope in std::mem::take(&mut held.marked) {
            self.settled = false;
            Box::pin(perform::tell(self, scope)).await;
            self.answer().await;
        }
    }

    /// Tells a client what people say of themselves now.
    pub(super) async fn tell_profiles(&mut self) {
        let Some(held) = &mut self.attachment else { return };
        let changed = std::mem::take(&mut held.profiles);
        if !changed.is_empty() {
            self.settled = false;
            Box::pin(perform::tell_profiles(self, changed)).await;
            self.answer().await;
        }
    }

    /// Forgets a room that this client is not in any more.
    pub(super) fn forget(&mut self, topic: TopicId) {
        self.session.forget(topic);
        self.memory.forget(topic);
        if let Some(attachment) = &mut self.attachment {
            attachment.reader.unsubscribe(topic);
            attachment.who.forget(topic);
        }
    }
}
