//! Looking back: pages of history, and where something was said.
//!
//! Work for one question is bounded: at most four searches by halving and two pages; what is played
//! back of many places leaves one place after the other.

use std::collections::HashSet;

use parlor_chat::{Chat, ChatEvent, Latest, Message, Moment, Page, Refusal, Scope, Search};
use parlor_hub::{Attached, Failure};

use super::attach::missed;
use crate::capability::Capability;
use crate::command::chathistory::{self, Fault, Query, Range, Window};
use crate::command::{search, znc};
use crate::connection::Connection;
use crate::limits;
use crate::message::fold;
use crate::playback::{self, Past as Shown};

pub(super) async fn show(at: &mut Connection, query: &Query) {
    let found = match scope(at, &query.target).await {
        Ok(scope) => messages(at, scope, query).await.map(|found| (scope, found)),
        Err(fault) => Err(fault),
    };
    match found {
        Ok((scope, found)) => {
            let events = events(at, scope, query, &found.messages).await;
            let past = Shown { messages: &found.messages, events: &events, end: found.end };
            chathistory::shown(&mut at.session, &mut at.out, &query.target, &past);
            charge(at);
        }
        Err(fault) => {
            let context = [query.subcommand, &query.target];
            chathistory::failed(&at.session, &mut at.out, fault, &context);
        }
    }
}

pub(super) async fn show_targets(at: &mut Connection, window: Window) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let rooms = at.session.rooms.iter().map(|room| room.topic).collect();
    let Ok(mut latest) = chat.latest(&attachment.who, rooms).await else {
        chathistory::failed(&at.session, &mut at.out, Fault::Store, &["TARGETS"]);
        return;
    };
    latest.retain(|latest| window.holds(latest.at_ms));
    latest.sort_by_key(|latest| latest.at_ms);
    if window.is_backward() {
        latest.reverse();
    }
    let mut seen = HashSet::new();
    let mut targets: Vec<(String, u64)> = latest
        .into_iter()
        .filter_map(|latest| {
            let name = match latest.scope {
                Scope::Room(topic) => at.session.room_of(topic)?.name.to_string(),
                Scope::Direct(_) => latest.nick,
            };
            // A guest may have had the nick of another before it.
            seen.insert(fold(&name)).then_some((name, latest.at_ms))
        })
        .collect();
    targets.truncate(window.limit);
    chathistory::targets(&mut at.session, &mut at.out, &targets);
    charge(at);
}

/// Shows what was said in every place that is meant, as far back as one page after the other goes for
/// a device that was away, or only when it was said last.
pub(super) async fn replay(at: &mut Connection, query: &znc::Query) {
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let rooms = at.session.rooms.iter().map(|room| room.topic).collect();
    let latest = chat.latest(&attachment.who, rooms).await.unwrap_or_default();
    at.settle().await;
    for Latest { scope, nick, at_ms } in latest {
        let room = match scope {
            Scope::Room(topic) => at.session.room_of(topic).map(|room| room.name.to_string()),
            Scope::Direct(_) => None,
        };
        let name = room.unwrap_or(nick);
        if !query.means(&name) || at_ms <= query.after_ms {
            continue;
        }
        if query.lists {
            znc::listed(&at.session, &mut at.out, &name, at_ms);
            continue;
        }
        let Some(page) = missed(at, scope, query.after_ms.saturating_add(1)).await else {
            continue;
        };
        let mut messages = page.messages;
        messages.retain(|message| message.at_ms < query.before_ms);
        if messages.is_empty() {
            continue;
        }
        znc::played(&mut at.session, &mut at.out, &name, &messages);
        charge(at);
        // Each place leaves before the next one is read: of a labelled question only the end is.
        at.push_out();
        if at.wire.queued() >= limits::DELIVERY_QUEUE_BYTES_MAX && !at.make_room().await {
            return;
        }
    }
}

pub(super) async fn search(at: &mut Connection, query: search::Query) {
    let place = match &query.place {
        None => None,
        Some(name) => match scope(at, name).await {
            Ok(scope) => Some(scope),
            Err(_) => {
                let text = "There is no history for you there";
                search::failed(&at.session, &mut at.out, "INVALID_TARGET", text);
                return;
            }
        },
    };
    let chat = at.shared.chat.clone();
    let Some(attachment) = &at.attachment else { return };
    let wanted = Search { query: query.text, scope: place, before: None, limit: query.limit };
    match chat.search(&attachment.who, wanted).await {
        Ok(page) => {
            search::shown(&mut at.session, &mut at.out, &page.hits);
            charge(at);
        }
        Err(Failure::Refused(refusal)) => {
            let text = refusal.to_string();
            search::failed(&at.session, &mut at.out, "INVALID_PARAMS", &text);
        }
        Err(_) => {
            let text = "Messages could not be searched, try again";
            search::failed(&at.session, &mut at.out, "TEMPORARILY_UNAVAILABLE", text);
        }
    }
}

/// Finds what a client means by a target: a room it is in, or a person.
pub(super) async fn scope(at: &Connection, target: &str) -> Result<Scope, Fault> {
    if target.starts_with('#') {
        return at.session.room(target).map(|room| Scope::Room(room.topic)).ok_or(Fault::Target);
    }
    let Some(attachment) = &at.attachment else { return Err(Fault::Target) };
    if let Some(found) = at.shared.link.addressee(target).await.map_err(|_| Fault::Store)? {
        return Ok(Scope::Direct(found.person));
    }
    let known = at.shared.chat.known_as(&attachment.who, target).await;
    known.map_err(|_| Fault::Store)?.map(Scope::Direct).ok_or(Fault::Target)
}

/// What happened in a room between the messages that are shown, for clients that want it. The
/// messages were shown, so the client may read there.
async fn events(
    at: &Connection,
    scope: Scope,
    query: &Query,
    messages: &[Message],
) -> Vec<(u64, u64, ChatEvent)> {
    let wanted = at.session.caps.has(Capability::EventPlayback);
    let (Scope::Room(topic), true) = (scope, wanted) else { return Vec::new() };
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Vec::new() };
    let latest = matches!(query.range, Range::Latest(_));
    let (first, last) = (first.offset, if latest { u64::MAX } else { last.offset });
    let read = at.shared.store.read(move |snapshot| {
        let events = snapshot.events(topic, first, limits::PLAYBACK_EVENTS_MAX)?;
        Ok(events.into_iter().filter(|event| event.offset < last).collect::<Vec<_>>())
    });
    let events = read.await.unwrap_or_default();
    events
        .iter()
        .filter_map(|event| Some((event.offset, event.at_ms, ChatEvent::decode(event)?)))
        .filter(|(_, _, event)| playback::is_past(event))
        .collect()
}

async fn messages(at: &Connection, scope: Scope, query: &Query) -> Result<Found, Fault> {
    let Some(attachment) = &at.attachment else { return Err(Fault::Target) };
    let past = Past { chat: &at.shared.chat, who: &attachment.who, scope };
    past.range(&query.range, query.limit).await
}

/// An answer.
struct Found {
    messages: Vec<Message>,
    /// There is no more in this direction.
    end: bool,
}

/// One conversation, as its reader finds things in it.
struct Past<'a> {
    chat: &'a Chat,
    who: &'a Attached,
    scope: Scope,
}

/// Where a moment lies between messages: those before it have smaller offsets than `before`, those
/// after it greater ones than `after`. Messages of that moment itself are neither.
#[derive(Clone, Copy)]
struct Bounds {
    before: u64,
    after: u64,
}

impl Past<'_> {
    async fn range(&self, range: &Range, limit: usize) -> Result<Found, Fault> {
        match range {
            Range::Latest(None) => self.page(Page::latest(limit)).await,
            Range::Latest(Some(moment)) => {
                let after = self.bounds(moment).await?.after;
                let found = self.page(Page::latest(limit)).await?;
                Ok(found.kept(|message| message.offset > after))
            }
            Range::Before(moment) => {
                self.page(Page::before(self.bounds(moment).await?.before, limit)).await
            }
            Range::After(moment) => {
                self.page(Page::after(self.bounds(moment).await?.after, limit)).await
            }
            Range::Around(moment) => self.around(moment, limit).await,
            Range::Between(first, second) => {
                let (first, second) = (self.bounds(first).await?, self.bounds(second).await?);
                if first.before <= second.before {
                    let found = self.page(Page::after(first.after, limit)).await?;
                    return Ok(found.kept(|message| message.offset < second.before));
                }
                let found = self.page(Page::before(first.before, limit)).await?;
                Ok(found.kept(|message| message.offset > second.after))
            }
        }
    }

    /// As many before as from the moment on, or more where the other side has fewer.
    async fn around(&self, moment: &Moment, limit: usize) -> Result<Found, Fault> {
        let centre = self.bounds(moment).await?.before;
        let mut messages = self.page(Page::before(centre, limit)).await?.messages;
        let later = self.page(Page::after(centre.saturating_sub(1), limit)).await?.messages;
        let earlier = messages.len().min((limit / 2).max(limit.saturating_sub(later.len())));
        messages.drain(..messages.len() - earlier);
        messages.extend(later.into_iter().take(limit - earlier));
        Ok(Found { messages, end: false })
    }

    async fn bounds(&self, moment: &Moment) -> Result<Bounds, Fault> {
        match moment {
            Moment::Msgid(_) => {
                let offset = self.locate(moment.clone()).await?.ok_or(Fault::NoMessage)?;
                Ok(Bounds { before: offset, after: offset })
            }
            Moment::At(at_ms) => {
                let first = self.locate(moment.clone()).await?;
                let next = self.locate(Moment::At(at_ms.saturating_add(1))).await?;
                Ok(Bounds {
                    before: first.unwrap_or(u64::MAX),
                    after: next.map_or(u64::MAX, |next| next.saturating_sub(1)),
                })
            }
        }
    }

    async fn locate(&self, moment: Moment) -> Result<Option<u64>, Fault> {
        self.chat.locate(self.who, self.scope, moment).await.map_err(fault)
    }

    async fn page(&self, page: Page) -> Result<Found, Fault> {
        let page = self.chat.history(self.who, self.scope, page).await.map_err(fault)?;
        Ok(Found { messages: page.messages, end: !page.more })
    }
}

impl Found {
    /// Only those messages; where one is left out, the bound of the question was reached.
    fn kept(mut self, keep: impl Fn(&Message) -> bool) -> Self {
        let before = self.messages.len();
        self.messages.retain(keep);
        self.end |= self.messages.len() < before;
        self
    }
}

fn fault(failure: Failure<Refusal>) -> Fault {
    match failure {
        Failure::Refused(_) => Fault::Target,
        Failure::Unavailable(_) | Failure::Unknown | Failure::Fatal => Fault::Store,
    }
}

/// History costs what it weighs, beside the line that asked for it.
fn charge(at: &mut Connection) {
    let cost = at.out.len() / limits::HISTORY_BYTES_PER_CREDIT;
    at.charge_answer(u32::try_from(cost).unwrap_or(u32::MAX));
}
