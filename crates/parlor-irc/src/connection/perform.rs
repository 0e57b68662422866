//! Performs what a line asked of the hub and chat, and writes the answer.
//!
//! One function for each request. Each waits for the hub or chat first, then settles (everything
//! published until then is queued), then writes with the functions of the command's file.

use std::borrow::Cow;
use std::sync::Arc;

use parlor_chat::{
    Author, ChatEvent, Joined, Member, Message, MessageKind, ModeChange, NewMessage, Page,
    Recipient, Refusal, RoomName, Scope, Target,
};
use parlor_engine::time;
use parlor_hub::{Account, ClientInfo, Failure, Identity, Nick, Present, Role};
use parlor_topics::TopicId;

use super::{Attachment, Connection, Presence};
use crate::capability::Capability;
use crate::command::{
    authenticate, away, invite, join, list, lusers, mode, names, nick, part, topic, userhost,
    welcome, who, whois,
};
use crate::encode::{self, Class};
use crate::limits;
use crate::mask;
use crate::message::fold;
use crate::numeric::Numeric;
use crate::playback;
use crate::quiet;
use crate::refusal::{self, Attempt};
use crate::sasl::Credentials;
use crate::session::{Next, Relayed, Request};

/// Performs a request; what follows is mostly nothing.
pub(super) async fn run(at: &mut Connection, request: Request) -> Next {
    match request {
        Request::SignIn { credentials, by_pass } => return sign_in(at, credentials, by_pass).await,
        Request::Attach => return attach(at).await,
        Request::Lusers => {
            let online = at.shared.link.online().await;
            lusers::shown(&at.session, &mut at.out, &online);
        }
        request => {
            if let Some(attachment) = &at.attachment {
                at.shared.link.touch(&attachment.who);
                run_attached(at, request).await;
            }
        }
    }
    Next::Done
}

async fn run_attached(at: &mut Connection, request: Request) {
    match request {
        Request::SignIn { .. } | Request::Attach | Request::Lusers => {}
        Request::Rename(nick) => rename(at, nick).await,
        Request::Away(text) => set_away(at, text).await,
        Request::Join(rooms) => join_all(at, rooms).await,
        Request::PartAll => {
            let rooms = at.session.rooms.iter().map(|room| room.name.to_string()).collect();
            part_all(at, rooms, "").await;
        }
        Request::Part { rooms, reason } => part_all(at, rooms, &reason).await,
        Request::Post { targets, kind, text } => {
            for target in &targets {
                post(at, target, kind, &text, targets.len() > 1).await;
            }
        }
        Request::Relay { targets, command, text } => {
            for target in &targets {
                relay(at, target, command, &text).await;
            }
        }
        Request::Subject { room } => subject(at, &room).await,
        Request::SetSubject { room, subject } => set_subject(at, &room, subject).await,
        Request::Names(rooms) => {
            for room in &rooms {
                show_names(at, room).await;
            }
        }
        Request::List(filter) => show_rooms(at, &filter).await,
        Request::Who(query) => show_people(at, &query).await,
        Request::Whois(nick) => show_person(at, &nick).await,
        Request::RoomModes { room } => {
            if let Some(room) = known_room(at, &room).await {
                mode::shown(&at.session, &mut at.out, &room);
            }
        }
        Request::SetRoomModes { room, changes } => set_modes(at, &room, changes).await,
        Request::Kick { room, nick, reason } => kick(at, &room, &nick, reason).await,
        Request::Invite { nick, room } => invite(at, &nick, &room).await,
        Request::UserHost(nicks) => {
            let people = find_all(at, &nicks).await;
            userhost::shown(&at.session, &mut at.out, people.iter().map(AsRef::as_ref));
        }
        Request::IsOn(nicks) => {
            let people = find_all(at, &nicks).await;
            let here: Vec<String> = people.iter().map(|present| present.nick.to_string()).collect();
            userhost::here(&at.session, &mut at.out, &here);
        }
    }
}

async fn sign_in(at: &mut Connection, credentials: Credentials, by_pass: bool) -> Next {
    let from = at.conn.peer().ip();
    let answer = at.shared.link.sign_in(&credentials.name, &credentials.password, from).await;
    match answer {
        Ok(account) => {
            let name = account.name.to_string();
            at.account = Some(Box::new(account));
            authenticate::signed_in(&mut at.session, &mut at.out, &name, by_pass)
        }
        Err(failure) => {
            let refusal = match &failure {
                Failure::Refused(refusal) => Some(refusal),
                _ => None,
            };
            tracing::info!(account = credentials.name, "a sign-in was refused");
            authenticate::refused(&mut at.session, &mut at.out, refusal, by_pass)
        }
    }
}

async fn attach(at: &mut Connection) -> Next {
    let Some(registration) = &at.session.registration else { return Next::Done };
    let (Some(nick), Some(line)) = (registration.nick.clone(), registration.user.clone()) else {
        return Next::Done;
    };
    let identity = match &at.account {
        Some(account) => Identity::Account(Account::clone(account)),
        None => Identity::Guest,
    };
    let client = ClientInfo {
        protocol: "irc",
        user: line.user,
        host: at.session.me.host.clone(),
        realname: line.realname.clone(),
    };
    let who = match at.shared.link.attach(identity, &nick, client).await {
        Ok(who) => who,
        Err(failure) => {
            let refusal = match &failure {
                Failure::Refused(refusal) => Some(refusal),
                _ => None,
            };
            nick::refused(&mut at.session, &mut at.out, nick.as_str(), refusal);
            if let Some(registration) = &mut at.session.registration {
                registration.nick = None;
            }
            return Next::Done;
        }
    };
    let by_hand = !registration_used_cap(at);
    become_person(at, who, line.realname);
    if let Err(error) = begin(at).await {
        tracing::warn!(%error, "a client could not be given its inbox");
        return Next::Close("The server cannot read its store".to_owned());
    }
    let now = time::now();
    let grace = if by_hand { std::time::Duration::ZERO } else { at.shared.lobby_grace };
    let due = now + grace;
    if at.session.rooms.is_empty() && at.session.server.lobby.is_some() {
        at.clocks.lobby_at = Some(due);
        at.arm(due);
    }
    at.arm(now + limits::PING_AFTER);
    Next::Done
}

fn registration_used_cap(at: &Connection) -> bool {
    at.session.registration.as_ref().is_some_and(|registration| registration.used_cap)
}

fn become_person(at: &mut Connection, who: parlor_hub::Attached, realname: String) {
    let me = &mut at.session.me;
    me.person = Some(who.person);
    who.nick.as_str().clone_into(&mut me.nick);
    who.user.clone_into(&mut me.user);
    who.host.clone_into(&mut me.host);
    me.account = who.account.as_ref().map(|account| account.name.to_string());
    me.realname = realname;
    at.session.registration = None;
    at.session.label = None;
    at.account = None;
    let presence = Presence {
        link: at.shared.link.clone(),
        session: who.session,
        reason: "Connection lost".to_owned(),
    };
    let local = at.shared.store.local();
    if let Some(driver) = local.driver() {
        parlor_engine::spawn_local(driver);
    }
    let reader = local.reader();
    at.attachment = Some(Box::new(Attachment { who, reader, local, presence }));
}

/// Welcomes a person, subscribes to its inbox and puts an account where it was.
async fn begin(at: &mut Connection) -> Result<(), parlor_hub::Error> {
    let online = at.shared.link.online().await;
    welcome::shown(&at.session, &mut at.out, &online);
    at.push_out();
    let chat = at.shared.chat.clone();
    let Some(attachment) = &mut at.attachment else { return Ok(()) };
    let inbox = attachment.who.inbox;
    if attachment.who.account.is_none() {
        attachment.reader.subscribe(inbox, None).await?;
        return Ok(());
    }
    let overview = chat.overview(&attachment.who).await?;
    attachment.reader.subscribe(inbox, Some(overview.inbox)).await?;
    for room in overview.rooms.iter().take(limits::ROOMS_MAX) {
        at.settled = false;
        join_one(at, room.room.name.as_str()).await;
        at.push_out();
    }
    if playback::wanted(&at.session) {
        for direct in overview.direct.iter().filter(|direct| direct.unread > 0).take(20) {
            unread(at, direct).await;
        }
    }
    Ok(())
}

/// Shows what somebody said directly while its addressee was away, and marks it as read.
async fn unread(at: &mut Connection, direct: &parlor_chat::DirectOverview) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let page = Page::after(direct.read, limits::PLAYBACK_MESSAGES);
    let Ok(page) = chat.history(&attachment.who, Scope::Direct(direct.person), page).await else {
        return;
    };
    let Some(last) = page.messages.last().map(|message| message.offset) else { return };
    playback::shown(&mut at.session, &mut at.out, &direct.nick, &page.messages);
    at.push_out();
    let Some(attachment) = &at.attachment else { return };
    let inbox = attachment.who.inbox;
    if chat.mark_read(&attachment.who, inbox, Some(direct.person), last).await.is_err() {
        tracing::debug!("a read marker could not be kept");
    }
}

async fn rename(at: &mut Connection, nick: Nick) {
    let link = at.shared.link.clone();
    let Some(attachment) = &mut at.attachment else { return };
    match link.rename(attachment.who.session, &nick).await {
        Ok(nick) => {
            attachment.who.nick = nick.clone();
            nick::renamed(&mut at.session, &mut at.out, nick.as_str());
        }
        Err(Failure::Refused(refusal)) => {
            nick::refused(&mut at.session, &mut at.out, nick.as_str(), Some(&refusal));
        }
        Err(_) => nick::refused(&mut at.session, &mut at.out, nick.as_str(), None),
    }
}

async fn set_away(at: &mut Connection, text: Option<String>) {
    let link = at.shared.link.clone();
    let Some(attachment) = &at.attachment else { return };
    let is_away = text.is_some();
    link.set_away(attachment.who.session, text).await;
    away::done(&at.session, &mut at.out, is_away);
}

async fn join_all(at: &mut Connection, rooms: Vec<String>) {
    at.clocks.lobby_at = None;
    for room in &rooms {
        join_one(at, room).await;
    }
}

async fn join_one(at: &mut Connection, room: &str) {
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
        Ok(joined) => enter(at, &joined).await,
        Err(failure) => refuse(at, "JOIN", room, "", &failure),
    }
}

/// Shows a room that was joined: JOIN, subject, names, history; then what happens in it.
async fn enter(at: &mut Connection, joined: &Joined) {
    let chat = at.shared.chat.clone();
    let topic = joined.room.topic;
    let Some(attachment) = &at.attachment else { return };
    let mut history = Vec::new();
    let mut position = joined.position;
    if playback::wanted(&at.session) && !joined.created {
        let page = Page::latest(limits::PLAYBACK_MESSAGES);
        if let Ok(page) = chat.history(&attachment.who, Scope::Room(topic), page).await {
            history = page.messages;
            position = page.position;
        }
    }
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
    join::joined(&mut at.session, &mut at.out, &joined.room, now_ms);
    if !at.session.caps.has(Capability::NoImplicitNames) {
        implicit_names(at, joined).await;
    }
    playback::shown(&mut at.session, &mut at.out, joined.room.name.as_str(), &history);
}

async fn implicit_names(at: &mut Connection, joined: &Joined) {
    let chat = at.shared.chat.clone();
    let (room, topic) = (joined.room.name.as_str(), joined.room.topic);
    let Some(attachment) = &at.attachment else { return };
    if !joined.entered.quiet {
        let members = chat.members(&attachment.who, topic).await.unwrap_or_default();
        list_names(at, room, &members);
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
    let own = own_name(at, joined.role);
    let others = shortlist.iter().filter(|member| member.present.person != me);
    let others: Vec<String> =
        others.map(|m| names::name(&at.session, &m.present, m.role)).collect();
    let all = std::iter::once(own).chain(others).map(Cow::Owned);
    names::shown(&at.session, &mut at.out, room, all);
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

async fn part_all(at: &mut Connection, rooms: Vec<String>, reason: &str) {
    for room in &rooms {
        let Some(joined) = at.session.room(room).cloned() else {
            let known = known_room(at, room).await;
            if known.is_some() {
                at.session.reply(&mut at.out, Numeric::NotOnChannel, &[room]);
            }
            continue;
        };
        leave(at, joined.topic, reason).await;
        // What happened in the room before comes before the end of it.
        at.settled = false;
        at.settle().await;
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

async fn post(at: &mut Connection, to: &str, kind: MessageKind, text: &str, several: bool) {
    let command = if kind == MessageKind::Notice { "NOTICE" } else { "PRIVMSG" };
    let Some((target, peer)) = find_target(at, command, to).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let message = NewMessage { kind, text: text.to_owned(), key: None };
    match chat.post(&attachment.who, target, message).await {
        Ok(posted) => {
            // A labelled echo belongs to the answer; any other comes with the deliveries.
            let echo = at.session.caps.has(Capability::EchoMessage);
            let labelled = echo && at.session.label.is_some();
            at.memory.posted(posted.topic, posted.offset, labelled);
            if labelled {
                at.settled = at.settled && several;
                at.settle().await;
                let message = Message {
                    topic: posted.topic,
                    offset: posted.offset,
                    msgid: posted.msgid,
                    at_ms: posted.at_ms,
                    author: own_author(at),
                    to: None,
                    kind,
                    text: text.to_owned(),
                };
                let class = Class::of_message(at.session.caps);
                encode::posted(&mut at.out, &message, to, class, None);
            }
            if let (Some(peer), "PRIVMSG") = (&peer, command) {
                tell_away(at, peer);
            }
        }
        Err(failure) => refuse(at, command, to, "", &failure),
    }
}

fn own_author(at: &Connection) -> Author {
    let me = &at.session.me;
    Author {
        person: me.person.unwrap_or(parlor_hub::PersonId(0)),
        nick: me.nick.clone(),
        account: me.account.clone(),
        user: me.user.clone(),
        host: me.host.clone(),
    }
}

fn tell_away(at: &mut Connection, peer: &Present) {
    if let Some(text) = &peer.away {
        at.session.reply_text(&mut at.out, Numeric::Away, &[peer.nick.as_str()], text);
    }
}

async fn relay(at: &mut Connection, to: &str, command: Relayed, text: &str) {
    let Some((target, peer)) = find_target(at, command.command(), to).await else { return };
    let recipient =
        peer.as_ref().map(|peer| Recipient { person: peer.person, nick: peer.nick.to_string() });
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let text = format!("{} {text}", command.command());
    match chat.relay(&attachment.who, target, text.clone()).await {
        Ok(_) if at.session.caps.has(Capability::EchoMessage) => {
            let event = ChatEvent::Relayed { by: own_author(at), to: recipient, text };
            let class = Class::of_message(at.session.caps);
            let now_ms = at.shared.store.now_ms();
            at.out.extend(&encode::chat(&event, now_ms, to, class));
        }
        Ok(_) => {}
        Err(failure) => refuse(at, command.command(), to, "", &failure),
    }
}

/// Finds whom a message is for; answers if there is nobody. A NOTICE is never answered so.
async fn find_target(
    at: &mut Connection,
    command: &'static str,
    to: &str,
) -> Option<(Target, Option<Arc<Present>>)> {
    if to.starts_with('#') {
        if let Some(room) = at.session.room(to) {
            return Some((Target::Room(room.topic), None));
        }
        let known = visible_room(at, to).await;
        if command != "NOTICE" {
            let numeric = match known {
                Some(_) => Numeric::CannotSendToChan,
                None => Numeric::NoSuchChannel,
            };
            at.session.reply(&mut at.out, numeric, &[to]);
        }
        return None;
    }
    let found = at.shared.link.find(to).await;
    if found.is_none() && command != "NOTICE" {
        at.session.reply(&mut at.out, Numeric::NoSuchNick, &[to]);
    }
    found.map(|peer| (Target::Person(peer.person, peer.nick.clone()), Some(peer)))
}

async fn visible_room(at: &Connection, name: &str) -> Option<parlor_chat::Room> {
    let name = RoomName::new(name).ok()?;
    let actor = at.attachment.as_ref()?.who.actor();
    at.shared.chat.visible(&actor, &name).await.ok().flatten()
}

/// A room that the client may know of; answers 403 if there is none.
async fn known_room(at: &mut Connection, name: &str) -> Option<parlor_chat::Room> {
    let room = visible_room(at, name).await;
    if room.is_none() {
        at.session.reply(&mut at.out, Numeric::NoSuchChannel, &[name]);
    }
    room
}

async fn subject(at: &mut Connection, room: &str) {
    if let Some(room) = known_room(at, room).await {
        topic::shown(&at.session, &mut at.out, &room);
    }
}

async fn set_subject(at: &mut Connection, name: &str, subject: String) {
    let Some(room) = own_room(at, name).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let answer = chat.set_subject(&attachment.who, room, subject).await;
    if let Err(failure) = answer {
        refuse(at, "TOPIC", name, "", &failure);
    }
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

async fn show_names(at: &mut Connection, room: &str) {
    let members = match visible_room(at, room).await {
        Some(found) => members_of(at, found.topic).await,
        None => Vec::new(),
    };
    at.settle().await;
    charge_for(at, members.len());
    list_names(at, room, &members);
}

async fn members_of(at: &Connection, topic: TopicId) -> Vec<Member> {
    let Some(attachment) = &at.attachment else { return Vec::new() };
    at.shared.chat.members(&attachment.who, topic).await.unwrap_or_default()
}

/// A long list costs as much as the commands one could have sent meanwhile.
fn charge_for(at: &mut Connection, entries: usize) {
    let cost = u32::try_from(entries / 100).unwrap_or(u32::MAX).saturating_mul(2);
    // The verdict is asked for when the line itself is charged.
    let _ = at.flood.charge(cost, time::now());
}

async fn show_rooms(at: &mut Connection, filter: &list::Filter) {
    let Some(attachment) = &at.attachment else { return };
    let actor = attachment.who.actor();
    match at.shared.chat.rooms(&actor).await {
        Ok(rooms) => {
            charge_for(at, rooms.len());
            list::shown(&at.session, &mut at.out, filter, &rooms);
        }
        Err(_) => {
            refusal::failed(&at.session, &mut at.out, "LIST", "The rooms cannot be read now");
        }
    }
}

async fn show_people(at: &mut Connection, query: &who::Query) {
    let now_ms = at.shared.store.now_ms();
    if query.operators {
        who::end(&at.session, &mut at.out, query);
        return;
    }
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
    at.settle().await;
    charge_for(at, people.len());
    for (present, role) in &people {
        let idle_s = now_ms.saturating_sub(present.active_ms()) / 1000;
        let person = who::Person { room: &room_name, role: *role, present, idle_s };
        who::shown(&at.session, &mut at.out, query, &person);
    }
    who::end(&at.session, &mut at.out, query);
}

fn who_fits(wanted: &str, present: &Present) -> bool {
    [present.nick.as_str(), &present.user, &present.host, &present.realname]
        .iter()
        .any(|text| mask::fits(wanted, text))
}

async fn show_person(at: &mut Connection, nick: &str) {
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
    let actor = attachment.who.actor();
    let mut rooms = Vec::new();
    for topic in at.shared.link.whereabouts(present.person).await.into_iter().take(ROOMS_SHOWN) {
        if let Ok(Some(room)) = at.shared.chat.room(&actor, topic).await {
            rooms.push(room.name.to_string());
        }
    }
    rooms
}

async fn set_modes(at: &mut Connection, name: &str, changes: Vec<mode::Change>) {
    let mut switches = ModeChange::default();
    let mut roles = Vec::new();
    let mut asked = false;
    for change in changes {
        match change {
            mode::Change::Switch { letter, on } => match letter {
                'i' => switches.invited_only = Some(on),
                'm' => switches.moderated = Some(on),
                't' => switches.subject_locked = Some(on),
                // `n` is always on: nobody speaks in a room from outside.
                _ => {}
            },
            mode::Change::Role { letter, on, nick } => roles.push((letter, on, nick)),
            mode::Change::ShowList => asked = true,
            mode::Change::Unknown(letter) => mode::unknown(&at.session, &mut at.out, letter),
        }
    }
    if asked && let Some(room) = known_room(at, name).await {
        mode::no_list(&at.session, &mut at.out, room.name.as_str());
    }
    if switches == ModeChange::default() && roles.is_empty() {
        return;
    }
    let Some(room) = own_room(at, name).await else { return };
    let chat = at.shared.chat.clone();
    if switches != ModeChange::default() {
        let Some(attachment) = &at.attachment else { return };
        if let Err(failure) = chat.set_modes(&attachment.who, room, switches).await {
            refuse(at, "MODE", name, "", &failure);
        }
    }
    for (letter, on, nick) in roles {
        set_role(at, name, room, (letter, on), &nick).await;
    }
}

async fn set_role(
    at: &mut Connection,
    name: &str,
    room: TopicId,
    (letter, on): (char, bool),
    nick: &str,
) {
    let Some(member) = member(at, name, room, nick).await else { return };
    let wanted = match (letter, on) {
        ('o', true) => Role::Moderator,
        ('o', false) if member.role >= Role::Moderator => Role::None,
        ('v', true) if member.role < Role::Voice => Role::Voice,
        ('v', false) if member.role == Role::Voice => Role::None,
        _ => return,
    };
    if wanted == member.role || (wanted == Role::Moderator && member.role == Role::Owner) {
        return;
    }
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let person = member.present.person;
    if let Err(failure) = chat.set_role(&attachment.who, room, person, wanted).await {
        refuse(at, "MODE", name, nick, &failure);
    }
}

/// Somebody in a room; answers 401 or 441 if there is nobody of this nick.
async fn member(at: &mut Connection, name: &str, room: TopicId, nick: &str) -> Option<Member> {
    let wanted = fold(nick);
    let members = members_of(at, room).await;
    let found = members.into_iter().find(|member| member.present.nick.folded() == wanted);
    if found.is_none() {
        if at.shared.link.find(nick).await.is_some() {
            at.session.reply(&mut at.out, Numeric::UserNotInChannel, &[nick, name]);
        } else {
            at.session.reply(&mut at.out, Numeric::NoSuchNick, &[nick]);
        }
    }
    found
}

async fn kick(at: &mut Connection, name: &str, nick: &str, reason: String) {
    let Some(room) = own_room(at, name).await else { return };
    let Some(member) = member(at, name, room, nick).await else { return };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let person = member.present.person;
    if let Err(failure) = chat.kick(&attachment.who, room, person, reason).await {
        refuse(at, "KICK", name, nick, &failure);
    }
}

async fn invite(at: &mut Connection, nick: &str, name: &str) {
    let Some(room) = own_room(at, name).await else { return };
    let Some(peer) = at.shared.link.find(nick).await else {
        at.session.reply(&mut at.out, Numeric::NoSuchNick, &[nick]);
        return;
    };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    match chat.invite(&attachment.who, room, peer.person).await {
        Ok(()) => {
            invite::invited(&at.session, &mut at.out, peer.nick.as_str(), name);
            tell_away(at, &peer);
        }
        Err(failure) => refuse(at, "INVITE", name, nick, &failure),
    }
}

async fn find_all(at: &Connection, nicks: &[String]) -> Vec<Arc<Present>> {
    let mut people = Vec::new();
    for nick in nicks {
        people.extend(at.shared.link.find(nick).await);
    }
    people
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
