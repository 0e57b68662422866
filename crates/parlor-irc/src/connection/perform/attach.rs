//! Signing in, registering, and what a person finds when it comes back.

use std::time::Duration;

use parlor_chat::{DirectOverview, HistoryPage, Page, RoomName, Scope};
use parlor_engine::time;
use parlor_hub::{Account, ClientInfo, Failure, Identity, NickRefusal, SignedIn};
use parlor_topics::{Position, TopicId, Unavailable};

use super::{metadata, rooms, switch};
use crate::capability::Capability;
use crate::command::{authenticate, away, nick, welcome};
use crate::connection::{Attachment, Connection, Presence, SIGNED_OUT};
use crate::limits;
use crate::marks::Marks;
use crate::playback;
use crate::sasl::Credentials;
use crate::session::Next;

pub(super) async fn sign_in(at: &mut Connection, credentials: Credentials, by_pass: bool) -> Next {
    let from = at.session.reported.or(at.from);
    let answer = at.shared.link.authenticate(&credentials.name, &credentials.password, from).await;
    match answer {
        Ok(SignedIn { account, credential }) => {
            at.session.device = credentials.device;
            switch::signed_in(at, account, credential, by_pass).await
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

pub(super) async fn attach(at: &mut Connection) -> Next {
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
        away: registration.away.clone(),
    };
    let who = match at.shared.link.attach(identity, &nick, client).await {
        Ok(who) => who,
        Err(Failure::Refused(refusal)) => {
            if let Some(registration) = &mut at.session.registration {
                registration.nick = None;
            }
            nick::refused(&at.session, &mut at.out, nick.as_str(), Some(&refusal));
            return Next::Done;
        }
        // Another nick would not help; a client left waiting here would wait for nothing.
        Err(failure) => {
            tracing::warn!(%failure, "somebody could not come in");
            return Next::Close(kept_out(&failure, at.account.is_some()).to_owned());
        }
    };
    let by_hand = !registration_used_cap(at);
    let said = at.session.registration.as_mut().and_then(|registration| registration.away.take());
    let mut is_away = who.away.is_some();
    // A client that nobody looks at says nothing about the others of its person.
    if let Some(text) = said.clone().filter(|text| text != away::NO_REASON) {
        at.shared.link.set_away(who.session, Some(text)).await;
        is_away = true;
    }
    at.shared.chat.arrived(&who).await;
    become_person(at, who, line.realname);
    let online = at.shared.link.online().await;
    welcome::shown(&mut at.session, &mut at.out, &online);
    // What it says of itself it expects before the message of the day has ended.
    metadata::show_own(at).await;
    welcome::completed(&at.session, &mut at.out);
    at.session.me.away = is_away;
    if is_away && said.is_none() {
        // By what it said of itself earlier, or with another device.
        away::done(&at.session, &mut at.out, true);
    }
    at.push_out();
    if let Err(error) = begin(at, Vec::new()).await {
        tracing::warn!(%error, "a client could not be given its inbox");
        return Next::Close("The server cannot read its store".to_owned());
    }
    let waits = at.session.rooms.is_empty() && at.session.server.lobby.is_some();
    let grace = if by_hand { Duration::ZERO } else { at.shared.lobby_grace };
    if let (true, true, Some(lobby)) = (waits, by_hand, &at.session.server.lobby) {
        welcome::first_steps(&at.session, &mut at.out, lobby.as_str());
    }
    if at.clocks.registered(time::now(), waits.then_some(grace)) {
        at.arm();
    }
    Next::Done
}

/// Why nobody comes in now: a guest needs room for an inbox, an account has one.
fn kept_out(failure: &Failure<NickRefusal>, has_account: bool) -> &'static str {
    match failure {
        Failure::Unavailable(Unavailable::DiskFull) if !has_account => {
            "The server's disk is full, so it takes no guests; who has an account can still sign in"
        }
        Failure::Unavailable(Unavailable::ReadOnly) if !has_account => {
            "The server's disk is read-only, so it takes no guests; who has an account can still \
             sign in"
        }
        _ => "The server cannot let you in now; try again in a moment",
    }
}

fn registration_used_cap(at: &Connection) -> bool {
    at.session.registration.as_ref().is_some_and(|registration| registration.used_cap)
}

/// Notes how much of everything a device of an account has, if the client said which it is.
pub(in crate::connection) async fn note_device(at: &Connection) {
    let Some(held) = at.attachment.as_ref().filter(|_| !at.session.device.is_empty()) else {
        return;
    };
    // What was sent later may have been lost on the way.
    let noted = at.shared.chat.note_device(&held.who, &at.session.device, at.heard_ms).await;
    if let Err(failure) = noted {
        tracing::debug!(?failure, "it could not be noted how far a device is");
    }
}

/// When this device was last there; nothing for one that has no name or is new.
async fn last_seen(at: &Connection) -> Option<u64> {
    let held = at.attachment.as_ref().filter(|_| !at.session.device.is_empty())?;
    at.shared.chat.device_seen(&held.who, &at.session.device).await.ok().flatten()
}

pub(super) fn become_person(at: &mut Connection, who: parlor_hub::Attached, realname: String) {
    let me = &mut at.session.me;
    me.person = Some(who.person);
    me.live = who.session.name();
    me.inbox = Some(who.inbox);
    who.nick.as_str().clone_into(&mut me.nick);
    who.user.clone_into(&mut me.user);
    who.host.clone_into(&mut me.host);
    me.account = who.account.as_ref().map(|account| account.name.to_string());
    me.bot = who.bot;
    me.always_on = who.always_on;
    me.realname = realname;
    if let (Some(account), Some(pools)) = (&who.account, &at.shared.pools) {
        at.pool = Some(pools.of_account(account.id, time::now()));
    }
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
    at.attachment = Some(Box::new(Attachment {
        who,
        reader,
        local,
        presence,
        since_ms: None,
        nick_given: false,
        following: Vec::new(),
        renamed: Vec::new(),
        marked: Vec::new(),
        marks: Marks::default(),
        profiles: Vec::new(),
    }));
}

/// A room the client is in already, as far as it knows.
pub(super) struct Kept {
    pub(super) topic: TopicId,
    pub(super) name: RoomName,
    /// Up to where it has been delivered.
    pub(super) position: Position,
}

/// Subscribes to a person's inbox and puts an account where it was.
pub(super) async fn begin(at: &mut Connection, kept: Vec<Kept>) -> Result<(), parlor_hub::Error> {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &mut at.attachment else { return Ok(()) };
    let inbox = attachment.who.inbox;
    if attachment.who.account.is_none() {
        attachment.reader.subscribe(inbox, None).await?;
        return Ok(());
    }
    let overview = chat.overview(&attachment.who).await?;
    let since = last_seen(at).await;
    let Some(attachment) = &mut at.attachment else { return Ok(()) };
    attachment.since_ms = since;
    attachment.reader.subscribe(inbox, Some(overview.inbox)).await?;
    // What it signed in with may have been changed since; from here on the inbox says so.
    if !is_still_good(at).await? {
        at.ending = Some(SIGNED_OUT);
        return Ok(());
    }
    for room in kept {
        at.settled = false;
        rooms::stay(at, room).await;
    }
    for room in overview.rooms.iter().take(limits::ROOMS_MAX) {
        at.settled = false;
        rooms::join_one(at, room.room.name.as_str()).await;
        at.push_out();
    }
    if !playback::asks(&at.session) {
        let missed = |direct: &&DirectOverview| {
            direct.unread > 0 || since.is_some_and(|since| since <= direct.last_at_ms)
        };
        for direct in overview.direct.iter().filter(missed).take(20) {
            unread(at, direct, since).await;
        }
    }
    // A room joined from now on is new to the device, too.
    if let Some(attachment) = &mut at.attachment {
        attachment.since_ms = None;
    }
    note_device(at).await;
    Ok(())
}

/// Whether what the client signed in with still is what it was.
async fn is_still_good(at: &Connection) -> Result<bool, parlor_hub::Error> {
    let account = at.attachment.as_ref().and_then(|held| held.who.account.as_ref());
    let (Some(account), Some(credential)) = (account, at.session.me.credential) else {
        return Ok(true);
    };
    at.shared.link.still_opens(account.id, credential).await
}

/// What was said from a time on (of one millisecond rather twice than not), up to a bound counted
/// from the end, with the position of the end.
pub(super) async fn missed(at: &Connection, scope: Scope, since_ms: u64) -> Option<HistoryPage> {
    let who = &at.attachment.as_ref()?.who;
    let chat = &at.shared.chat;
    let mut missed = chat.history(who, scope, Page::latest(limits::CHATHISTORY_MAX)).await.ok()?;
    for _ in 1..limits::MISSED_PAGES_MAX {
        let Some(first) = missed.messages.first().filter(|first| first.at_ms >= since_ms) else {
            break;
        };
        let before = Page::before(first.offset, limits::CHATHISTORY_MAX);
        let earlier = chat.history(who, scope, before).await.ok()?;
        if earlier.messages.is_empty() {
            break;
        }
        missed.messages.splice(0..0, earlier.messages);
    }
    missed.messages.retain(|message| message.at_ms >= since_ms);
    Some(missed)
}

/// Shows what somebody said directly while its addressee was away, and marks it as read.
async fn unread(at: &mut Connection, direct: &DirectOverview, since: Option<u64>) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let scope = Scope::Direct(direct.person);
    // A device that was there before gets what came since, wherever it was read meanwhile.
    let messages = match since {
        Some(since) => missed(at, scope, since).await.map(|missed| missed.messages),
        None => {
            let page = Page::after(direct.read, limits::PLAYBACK_MESSAGES);
            chat.history(&attachment.who, scope, page).await.ok().map(|page| page.messages)
        }
    };
    let Some(messages) = messages else { return };
    let Some(last) = messages.last().map(|message| message.offset) else { return };
    if playback::wanted(&at.session) {
        playback::shown(&mut at.session, &mut at.out, &direct.nick, &messages);
    } else {
        playback::noted(&at.session, &mut at.out, &messages);
    }
    at.push_out();
    if at.session.caps.has(Capability::ReadMarker) {
        // Such a client says itself what was read.
        return;
    }
    let Some(attachment) = &at.attachment else { return };
    let inbox = attachment.who.inbox;
    if chat.mark_read(&attachment.who, inbox, Some(direct.person), last).await.is_err() {
        tracing::debug!("a read marker could not be kept");
    }
}
