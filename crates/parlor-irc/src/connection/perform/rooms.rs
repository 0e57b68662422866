//! Entering and leaving rooms, and what is shown of them.

use std::borrow::Cow;

use parlor_chat::{Joined, Member, Page, Room, RoomName, Scope};
use parlor_engine::time;
use parlor_hub::Role;
use parlor_hub::credit::COMMAND;
use parlor_hub::limits::QUIET_MEMBERS;
use parlor_topics::TopicId;

use super::attach::{Kept, missed};
use super::marks;
use super::{charge_for, known_room, members_of, own_room, refuse, visible_room};
use crate::capability::Capability;
use crate::command::{join, list, markread, metadata, names, part, topic};
use crate::connection::Connection;
use crate::limits;
use crate::numeric::Numeric;
use crate::playback;
use crate::quiet;
use crate::refusal;
use crate::session::JoinedRoom;

pub(super) async fn join_all(at: &mut Connection, rooms: Vec<String>) {
    at.clocks.needs_no_lobby();
    at.charge_answer(more_lines(rooms.len()));
    for room in &rooms {
        join_one(at, room).await;
    }
}

/// What a line with so many rooms costs beside what any line costs: as much as the lines it could
/// have been.
fn more_lines(rooms: usize) -> u32 {
    let lines = rooms.div_ceil(limits::ROOM_TARGETS_MAX).saturating_sub(1);
    u32::try_from(lines).unwrap_or(u32::MAX).saturating_mul(COMMAND / 2)
}

pub(super) async fn join_one(at: &mut Connection, room: &str) {
    if at.session.room(room).is_some() {
        return;
    }
    let Ok(name) = RoomName::new(room) else {
        at.session.reply(&mut at.out, Numeric::NoSuchChannel, &[room]);
        return;
    };
    if at.session.rooms.len() >= limits::ROOMS_MAX {
        at.session.reply(&mut at.out, Numeric::TooManyChannels, &[room]);
        return;
    }
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.join(&attachment.who, &name).await {
        Ok(joined) => {
            if joined.created {
                at.charge_answer(limits::ROOM_MADE_COST);
            }
            enter(at, &joined).await;
        }
        Err(failure) => refuse(at, "JOIN", room, "", &failure),
    }
}

/// Stays in a room as another person, which the client need not be told.
pub(super) async fn stay(at: &mut Connection, room: Kept) {
    let Some(attachment) = &mut at.attachment else { return };
    let Kept { topic, name, position } = room;
    match attachment.reader.subscribe(topic, Some(position)).await {
        Ok(_) => at.session.rooms.push(JoinedRoom { topic, name }),
        Err(error) => {
            tracing::warn!(%error, topic = topic.0, "a room could not be subscribed to");
            leave(at, topic, "").await;
        }
    }
}

/// Goes into a room that the account has joined with another device.
pub(in crate::connection) async fn follow(at: &mut Connection, room: TopicId) {
    if at.session.room_of(room).is_some() || at.session.rooms.len() >= limits::ROOMS_MAX {
        return;
    }
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.follow(&attachment.who, room).await {
        Ok(joined) => {
            at.clocks.needs_no_lobby();
            enter(at, &joined).await;
        }
        Err(failure) => tracing::debug!(?failure, topic = room.0, "a room was not followed into"),
    }
}

/// Shows a room that was joined: JOIN, subject, names, history; then what happens in it.
async fn enter(at: &mut Connection, joined: &Joined) {
    let chat = at.shared.chat.clone();
    let topic = joined.room.topic;
    let mut room = joined.room.clone();
    let Some(attachment) = &at.attachment else { return };
    let mut history = Vec::new();
    let mut position = joined.position;
    if playback::wanted(&at.session) && !joined.created {
        let page = match attachment.since_ms {
            Some(since) => missed(at, Scope::Room(topic), since).await,
            None => {
                let page = Page::latest(limits::PLAYBACK_MESSAGES);
                chat.history(&attachment.who, Scope::Room(topic), page).await.ok()
            }
        };
        if let Some(page) = page {
            history = page.messages;
            position = page.position;
        }
        // What happened before this position is not delivered; the room may have another name.
        if position != joined.position
            && let Ok(Some(now)) = chat.room(&attachment.who, topic).await
        {
            room = now;
        }
    }
    let marks = at.session.caps.has(Capability::ReadMarker);
    let mark = if marks { marks::known(at, Scope::Room(topic)).await.ok().flatten() } else { None };
    // From here to the queued answer nothing is delivered, or it would come before the JOIN.
    at.settle().await;
    let Some(attachment) = &mut at.attachment else { return };
    if let Err(error) = attachment.reader.subscribe(topic, Some(position)).await {
        tracing::warn!(%error, topic = topic.0, "a room could not be subscribed to");
        refusal::failed(&at.session, &mut at.out, "JOIN", "Not possible now; try again");
        leave(at, topic, "").await;
        return;
    }
    let now_ms = at.shared.store.now_ms();
    let name = room.name.as_str();
    join::joined(&mut at.session, &mut at.out, &room, now_ms);
    if marks {
        markread::shown(&at.session, &mut at.out, name, mark);
    }
    if !at.session.caps.has(Capability::NoImplicitNames) {
        implicit_names(at, &room, joined.entered.quiet, Some(joined.role)).await;
    }
    if metadata::is_spoken(&at.session) && !at.session.subscribed.is_empty() {
        metadata::later(&at.session, &mut at.out, name, 0);
    }
    playback::shown(&mut at.session, &mut at.out, name, &history);
}

/// Shows what a room is like that has another name, to a client that was told to have joined it.
pub(in crate::connection) async fn show_renamed(at: &mut Connection, topic: TopicId) {
    let (chat, link) = (at.shared.chat.clone(), at.shared.link.clone());
    let Some(attachment) = &at.attachment else { return };
    let Ok(Some(mut room)) = chat.room(&attachment.who, topic).await else { return };
    let marks = at.session.caps.has(Capability::ReadMarker);
    let mark = if marks { marks::known(at, Scope::Room(topic)).await.ok().flatten() } else { None };
    let quiet = link.counts(vec![topic]).await.first().is_some_and(|here| *here > QUIET_MEMBERS);
    at.settle().await;
    let Some(known) = at.session.room_of(topic) else { return };
    // The client knows the room by the name it was told last.
    room.name = known.name.clone();
    if !room.subject.is_empty() {
        topic::shown(&at.session, &mut at.out, &room);
    }
    if marks {
        markread::shown(&at.session, &mut at.out, room.name.as_str(), mark);
    }
    if !at.session.caps.has(Capability::NoImplicitNames) {
        implicit_names(at, &room, quiet, None).await;
    }
}

/// Shows who is in a room; the client's own role is looked for where it is not known.
async fn implicit_names(at: &mut Connection, room: &Room, quiet: bool, role: Option<Role>) {
    let chat = at.shared.chat.clone();
    let (room, topic) = (room.name.as_str(), room.topic);
    let Some(attachment) = &at.attachment else { return };
    if !quiet {
        let members = chat.members(&attachment.who, topic).await.unwrap_or_default();
        list_names(at, room, &members);
        names::end(&at.session, &mut at.out, room);
        return;
    }
    let now = time::now();
    let shortlist = match quiet::kept(topic, now) {
        Some(shortlist) => shortlist,
        None => {
            let members = chat.members(&attachment.who, topic).await.unwrap_or_default();
            quiet::keep(topic, &members, now)
        }
    };
    let me = attachment.who.person;
    let listed = || shortlist.iter().find(|member| member.present.person == me);
    let role = role.or_else(|| listed().map(|member| member.role));
    let own = own_name(at, role.unwrap_or_default());
    let others = shortlist.iter().filter(|member| member.present.person != me);
    let others: Vec<String> =
        others.map(|m| names::name(&at.session, &m.present, m.role)).collect();
    let all = std::iter::once(own).chain(others).map(Cow::Owned);
    names::shown(&at.session, &mut at.out, room, all);
    names::end(&at.session, &mut at.out, room);
}

fn own_name(at: &Connection, role: Role) -> String {
    let (me, prefix) = (&at.session.me, names::prefix(role));
    if at.session.caps.has(Capability::UserhostInNames) {
        return format!("{prefix}{}!{}@{}", me.nick, me.user, me.host);
    }
    format!("{prefix}{}", me.nick)
}

fn list_names(at: &mut Connection, room: &str, members: &[Member]) {
    let session = &at.session;
    let all = members.iter().map(|m| Cow::Owned(names::name(session, &m.present, m.role)));
    names::shown(session, &mut at.out, room, all);
}

pub(super) async fn part_all(at: &mut Connection, rooms: Vec<String>, reason: &str) {
    for room in &rooms {
        let Some(joined) = at.session.room(room).cloned() else {
            let known = known_room(at, room).await;
            if known.is_some() {
                at.session.reply(&mut at.out, Numeric::NotOnChannel, &[room]);
            }
            continue;
        };
        at.parting = Some(joined.topic);
        leave(at, joined.topic, reason).await;
        // What happened in the room before comes before the end of it.
        at.settled = false;
        at.settle().await;
        at.parting = None;
        let now_ms = at.shared.store.now_ms();
        let name = joined.name.as_str();
        part::parted(&at.session, &mut at.out, name, reason, now_ms);
        at.forget(joined.topic);
    }
}

async fn leave(at: &Connection, topic: TopicId, reason: &str) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    if let Err(failure) = chat.part(&attachment.who, topic, reason).await {
        tracing::debug!(?failure, topic = topic.0, "a room was left that could not be left");
    }
}

pub(super) async fn subject(at: &mut Connection, room: &str) {
    if let Some(room) = known_room(at, room).await {
        topic::shown(&at.session, &mut at.out, &room);
    }
}

pub(super) async fn set_subject(at: &mut Connection, name: &str, subject: String) {
    let Some(room) = own_room(at, name).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let answer = chat.set_subject(&attachment.who, room, subject).await;
    if let Err(failure) = answer {
        refuse(at, "TOPIC", name, "", &failure);
    }
}

pub(super) async fn show_names(at: &mut Connection, room: &str) {
    let members = match visible_room(at, room).await {
        Some(found) => members_of(at, found.topic).await,
        None => Vec::new(),
    };
    at.settle().await;
    charge_for(at, members.len());
    for some in members.chunks(limits::NAMES_AT_ONCE) {
        list_names(at, room, some);
        if !at.portion().await {
            return;
        }
    }
    names::end(&at.session, &mut at.out, room);
}

pub(super) async fn show_rooms(at: &mut Connection, filter: &list::Filter) {
    let Some(attachment) = &at.attachment else { return };
    match at.shared.chat.rooms(&attachment.who).await {
        Ok(rooms) => {
            charge_for(at, rooms.len());
            for room in &rooms {
                list::shown(&at.session, &mut at.out, filter, room);
                if !at.portion().await {
                    return;
                }
            }
            list::end(&at.session, &mut at.out);
        }
        Err(_) => {
            refusal::failed(&at.session, &mut at.out, "LIST", "The rooms cannot be read now");
        }
    }
}
