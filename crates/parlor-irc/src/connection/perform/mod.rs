//! Performs what a line asked of the hub and chat, and writes the answer.
//!
//! One function for each request. Each waits for the hub or chat first, then settles (everything
//! published until then is queued), then writes with the functions of the command's file.

mod attach;
mod rooms;
pub(super) mod say;
mod people;
mod order;
mod history;
mod marks;
mod amend;
mod switch;
mod metadata;
mod scram;

use parlor_chat::{Member, NewMessage, Refusal, RoomName};
use parlor_hub::Failure;
use parlor_topics::TopicId;

pub(super) use self::attach::note_device;
pub(super) use self::marks::tell;
pub(super) use self::metadata::tell as tell_profiles;
pub(super) use self::rooms::{follow, show_renamed};
use super::Connection;
use crate::command::{lusers, mode, userhost};
use crate::numeric::Numeric;
use crate::refusal::{self, Attempt};
use crate::session::{Next, Request};

/// Performs a request; what follows is mostly nothing.
pub(super) async fn run(at: &mut Connection, request: Request) -> Next {
    match request {
        Request::SignIn { credentials, by_pass } => {
            return attach::sign_in(at, credentials, by_pass).await;
        }
        Request::ScramFirst(text) => return scram::begin(at, &text).await,
        Request::ScramFinal(text) => return scram::prove(at, &text).await,
        Request::ScramDone => return scram::done(at).await,
        Request::Attach => return attach::attach(at).await,
        Request::Register { name, invitation, password } => {
            return switch::register(at, &name, invitation.as_deref(), &password).await;
        }
        Request::Lusers => {
            let online = at.shared.link.online().await;
            lusers::shown(&at.session, &mut at.out, &online);
        }
        request => {
            if let Some(attachment) = &at.attachment {
                // Being idle is to say nothing, whatever a client asks by itself.
                if matches!(request, Request::Post { .. }) {
                    at.shared.link.touch(&attachment.who);
                }
                run_attached(at, request).await;
            }
        }
    }
    Next::Done
}

async fn run_attached(at: &mut Connection, request: Request) {
    match request {
        Request::SignIn { .. } | Request::Register { .. } | Request::Attach | Request::Lusers => {}
        Request::Join(rooms) => rooms::join_all(at, rooms).await,
        Request::PartAll => {
            let rooms = at.session.rooms.iter().map(|room| room.name.to_string()).collect();
            rooms::part_all(at, rooms, "").await;
        }
        Request::Part { rooms, reason } => rooms::part_all(at, rooms, &reason).await,
        Request::Post { targets, kind, text, reply } => {
            for target in &targets {
                let message = NewMessage {
                    kind,
                    text: text.clone(),
                    reply: reply.clone(),
                    ..NewMessage::default()
                };
                say::post(at, target, message).await;
            }
        }
        Request::Typing { targets, state } => {
            for target in &targets {
                say::typing(at, target, state).await;
            }
        }
        Request::Amend { target, msgid, what } => amend::amend(at, &target, msgid, what).await,
        Request::Relay { targets, command, text } => {
            for target in &targets {
                say::relay(at, target, command, &text).await;
            }
        }
        Request::Subject { room } => rooms::subject(at, &room).await,
        Request::SetSubject { room, subject } => rooms::set_subject(at, &room, subject).await,
        Request::Names(rooms) => {
            for room in &rooms {
                rooms::show_names(at, room).await;
            }
        }
        Request::List(filter) => rooms::show_rooms(at, &filter).await,
        Request::Who(query) => people::show_people(at, &query).await,
        Request::Whois(nick) => people::show_person(at, &nick).await,
        Request::RoomModes { room } => {
            if let Some(room) = known_room(at, &room).await {
                mode::shown(&at.session, &mut at.out, &room);
            }
        }
        Request::SetRoomModes { room, changes } => order::set_modes(at, &room, changes).await,
        Request::RenameRoom { room, name, reason } => {
            order::rename_room(at, &room, &name, &reason).await;
        }
        Request::Kick { room, nick, reason } => order::kick(at, &room, &nick, reason).await,
        Request::Invite { nick, room } => order::invite(at, &nick, &room).await,
        Request::UserHost(nicks) => {
            let people = people::find_all(at, &nicks).await;
            userhost::shown(&at.session, &mut at.out, people.iter().map(AsRef::as_ref));
        }
        Request::IsOn(nicks) => {
            let people = people::find_all(at, &nicks).await;
            let here: Vec<String> = people.iter().map(|present| present.nick.to_string()).collect();
            userhost::here(&at.session, &mut at.out, &here);
        }
        Request::Metadata(query) => metadata::perform(at, query).await,
        Request::Search(query) => history::search(at, query).await,
        Request::Replay(query) => history::replay(at, &query).await,
        Request::History(query) => history::show(at, &query).await,
        Request::Mark { target, at_ms } => marks::mark(at, &target, at_ms).await,
        Request::HistoryTargets(window) => history::show_targets(at, window).await,
        request => run_about_people(at, request).await,
    }
}

async fn run_about_people(at: &mut Connection, request: Request) {
    match request {
        Request::Rename(nick) => people::rename(at, nick).await,
        Request::Away(text) => people::set_away(at, text).await,
        Request::SetRealname(realname) => people::set_realname(at, &realname).await,
        Request::SetBadge { badge, on } => people::set_badge(at, badge, on).await,
        Request::SetAlwaysOn(on) => people::set_always_on(at, on).await,
        Request::Watch(nicks) => people::watch(at, nicks).await,
        Request::Unwatch(nicks) => {
            if let Some(attachment) = &at.attachment {
                at.shared.link.unwatch(attachment.who.session, nicks).await;
            }
        }
        Request::Oper => people::become_operator(at).await,
        Request::Kill { nick, reason } => people::kill(at, &nick, &reason).await,
        Request::Wallops(text) => say::tell_operators(at, &text).await,
        Request::Watched => people::watch(at, at.session.monitored.clone()).await,
        _ => {}
    }
}

async fn visible_room(at: &Connection, name: &str) -> Option<parlor_chat::Room> {
    let name = RoomName::new(name).ok()?;
    let who = &at.attachment.as_ref()?.who;
    at.shared.chat.visible(who, &name).await.ok().flatten()
}

/// A room that the client may know of; answers 403 if there is none.
async fn known_room(at: &mut Connection, name: &str) -> Option<parlor_chat::Room> {
    let room = visible_room(at, name).await;
    if room.is_none() {
        at.session.reply(&mut at.out, Numeric::NoSuchChannel, &[name]);
    }
    room
}

/// The topic of a room the client is in; answers 442 or 403 if it is not.
async fn own_room(at: &mut Connection, name: &str) -> Option<TopicId> {
    if let Some(room) = at.session.room(name) {
        return Some(room.topic);
    }
    if known_room(at, name).await.is_some() {
        at.session.reply(&mut at.out, Numeric::NotOnChannel, &[name]);
    }
    None
}

async fn members_of(at: &Connection, topic: TopicId) -> Vec<Member> {
    let Some(attachment) = &at.attachment else { return Vec::new() };
    at.shared.chat.members(&attachment.who, topic).await.unwrap_or_default()
}

/// A long list costs as much as the commands one could have sent meanwhile.
fn charge_for(at: &mut Connection, entries: usize) {
    let cost = u32::try_from(entries / 100).unwrap_or(u32::MAX).saturating_mul(2);
    at.charge_answer(cost);
}

fn refuse(
    at: &mut Connection,
    command: &'static str,
    target: &str,
    nick: &str,
    failure: &Failure<Refusal>,
) {
    let attempt = Attempt { command, target, nick };
    refusal::shown(&at.session, &mut at.out, attempt, failure);
}
