//! What is asked about people, and what they say of themselves.

use std::sync::Arc;

use parlor_hub::{Badge, Failure, Nick, Present, Role};

use super::{charge_for, members_of, visible_room};
use crate::command::{away, mode, monitor, nick, oper, setname, who, whois};
use crate::connection::Connection;
use crate::limits;
use crate::mask;
use crate::numeric::Numeric;
use crate::refusal;

pub(super) async fn rename(at: &mut Connection, nick: Nick) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &mut at.attachment else { return };
    match chat.rename(&attachment.who, &nick).await {
        Ok(nick) => {
            attachment.who.nick = nick.clone();
            let now_ms = at.shared.store.now_ms();
            nick::renamed(&mut at.session, &mut at.out, nick.as_str(), now_ms);
        }
        Err(Failure::Refused(refusal)) => {
            nick::refused(&at.session, &mut at.out, nick.as_str(), Some(&refusal));
        }
        Err(_) => nick::refused(&at.session, &mut at.out, nick.as_str(), None),
    }
}

pub(super) async fn set_away(at: &mut Connection, text: Option<String>) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    let is_away = text.is_some();
    // This one is answered; the other devices of the person are told.
    at.session.me.away = is_away;
    link.set_away(attachment.who.session, text).await;
    away::done(&at.session, &mut at.out, is_away);
}

pub(super) async fn set_realname(at: &mut Connection, realname: &str) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    link.set_realname(attachment.who.session, realname).await;
    let now_ms = at.shared.store.now_ms();
    setname::done(&mut at.session, &mut at.out, realname, now_ms);
}

pub(super) async fn set_badge(at: &mut Connection, badge: Badge, on: bool) {
    let link = at.shared.link.clone();
    let Some(attachment) = &mut at.attachment else { return };
    if badge == Badge::Bot {
        attachment.who.bot = on;
    }
    link.set_badge(attachment.who.session, badge, on).await;
    let now_ms = at.shared.store.now_ms();
    mode::badged(&mut at.session, &mut at.out, badge, on, now_ms);
}

pub(super) async fn set_always_on(at: &mut Connection, on: bool) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    let Some(account) = &attachment.who.account else {
        let text = "Guests are gone when they leave; REGISTER makes an account";
        refusal::failed(&at.session, &mut at.out, "MODE", text);
        return;
    };
    match link.set_always_on(account.id, on).await {
        Ok(()) => {
            let now_ms = at.shared.store.now_ms();
            mode::stays(&mut at.session, &mut at.out, on, now_ms);
        }
        Err(error) => {
            tracing::warn!(%error, "whether an account stays could not be kept");
            refusal::failed(&at.session, &mut at.out, "MODE", "Not possible now; try again");
        }
    }
}

pub(super) async fn become_operator(at: &mut Connection) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    link.set_badge(attachment.who.session, Badge::Operator, true).await;
    tracing::info!(nick = at.session.me.nick, "somebody became an operator");
    let now_ms = at.shared.store.now_ms();
    oper::done(&mut at.session, &mut at.out, now_ms);
}

pub(super) async fn kill(at: &mut Connection, nick: &str, reason: &str) {
    let Some(present) = at.shared.link.find(nick).await else {
        at.session.reply(&mut at.out, Numeric::NoSuchNick, &[nick]);
        return;
    };
    tracing::warn!(by = at.session.me.nick, nick, reason, "somebody was put out");
    at.shared.link.dismiss(present.person).await;
}

/// Watches for nicks, again or for the first time, and shows which of them are here.
pub(super) async fn watch(at: &mut Connection, nicks: Vec<String>) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    let found = link.watch(attachment.who.session, nicks.clone()).await;
    monitor::shown(&at.session, &mut at.out, &nicks, &found);
}

pub(super) async fn show_people(at: &mut Connection, query: &who::Query) {
    let now_ms = at.shared.store.now_ms();
    let mut people: Vec<(Arc<Present>, Role)> = Vec::new();
    let mut room_name = "*".to_owned();
    if query.mask.starts_with('#') {
        if let Some(room) = visible_room(at, &query.mask).await {
            room_name = room.name.to_string();
            let members = members_of(at, room.topic).await;
            people.extend(members.into_iter().map(|member| (member.present, member.role)));
        }
    } else if query.mask.contains(['*', '?']) {
        let everyone = at.shared.link.everyone(limits::WHO_REPLIES_MAX).await;
        let fitting = everyone.into_iter().filter(|present| who_fits(&query.mask, present));
        people.extend(fitting.map(|present| (present, Role::None)));
    } else {
        let found = at.shared.link.find(&query.mask).await;
        people.extend(found.map(|present| (present, Role::None)));
    }
    people.retain(|(present, _)| present.operator || !query.operators);
    at.settle().await;
    charge_for(at, people.len());
    for (present, role) in &people {
        let idle_s = now_ms.saturating_sub(present.active_ms()) / 1000;
        let person = who::Person { room: &room_name, role: *role, present, idle_s };
        who::shown(&at.session, &mut at.out, query, &person);
        if !at.portion().await {
            return;
        }
    }
    who::end(&at.session, &mut at.out, query);
}

fn who_fits(wanted: &str, present: &Present) -> bool {
    [present.nick.as_str(), &present.user, &present.host, &present.realname]
        .iter()
        .any(|text| mask::fits(wanted, text))
}

pub(super) async fn show_person(at: &mut Connection, nick: &str) {
    let now_ms = at.shared.store.now_ms();
    match at.shared.link.find(nick).await {
        None => whois::missing(&at.session, &mut at.out, nick),
        Some(present) => {
            let rooms = shared_rooms(at, &present).await;
            whois::shown(&at.session, &mut at.out, &present, &rooms, now_ms);
        }
    }
    whois::end(&at.session, &mut at.out, nick);
}

/// The rooms somebody is in, as far as the client may know of them.
async fn shared_rooms(at: &Connection, present: &Present) -> Vec<String> {
    const ROOMS_SHOWN: usize = 20;
    let Some(attachment) = &at.attachment else { return Vec::new() };
    let mut rooms = Vec::new();
    for topic in at.shared.link.whereabouts(present.person).await.into_iter().take(ROOMS_SHOWN) {
        if let Ok(Some(room)) = at.shared.chat.room(&attachment.who, topic).await {
            rooms.push(room.name.to_string());
        }
    }
    rooms
}

pub(super) async fn find_all(at: &Connection, nicks: &[String]) -> Vec<Arc<Present>> {
    let mut people = Vec::new();
    for nick in nicks {
        people.extend(at.shared.link.find(nick).await);
    }
    people
}
