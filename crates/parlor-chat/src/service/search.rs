//! Finding what was said, by everybody who may read it and nobody else.
//!
//! The index says where to look; permission, and what the message says now, are asked of the
//! store in one snapshot, for every hit.

use parlor_hub::{Attached, Failure, Verb};
use parlor_topics::{Error, Snapshot, TextHit, TextIndex, TextQuery, TopicId};

use super::{Chat, SearchHit, SearchPage, current::current, history::readable, rights_of};
use crate::{
    labels,
    limits::{SEARCH_PAGE_MAX, SEARCH_ROUNDS_MAX},
    message::Scope,
    query::Query,
    refusal::Refusal,
    room::RoomName,
    rules,
    tables::{self, NOBODY, Stretch},
};

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The words and operators, as somebody typed them.
    pub query: String,
    /// Only there; else in all rooms of the asker and in its conversations.
    pub scope: Option<Scope>,
    /// Further back than the page that ended with this.
    pub before: Option<u64>,
    /// How many at most; never more than [`crate::limits::SEARCH_PAGE_MAX`].
    pub limit: usize,
}

impl Chat {
    /// Finds messages, the newest first: in all rooms on the asker's list and its conversations,
    /// or in one place that it may read.
    pub async fn search(
        &self,
        who: &Attached,
        search: Search,
    ) -> Result<SearchPage, Failure<Refusal>> {
        let query = Query::parse(&search.query).map_err(Failure::Refused)?;
        let Some(index) = self.shared.options.index.clone() else {
            return Err(Failure::Refused(Refusal::NoSearch));
        };
        let present = match who.account {
            Some(_) => Vec::new(),
            None => self.link.whereabouts(who.person).await,
        };
        let asker = who.clone();
        let found = self.store.read(move |snapshot| {
            let places = match places(snapshot, &asker, &search, &query, present)? {
                Ok(places) => places,
                Err(why) => return Ok(Err(why)),
            };
            let limit = search.limit.clamp(1, SEARCH_PAGE_MAX);
            let mut question = question(&asker, &query, places);
            question.before = search.before;
            question.limit = limit;
            find(snapshot, &asker, &index, question).map(Ok)
        });
        found.await?.map_err(Failure::Refused)
    }

    /// Says how far the index is behind what is committed; nothing without an index. It looks at
    /// every topic of chat.
    pub async fn search_lag(&self) -> Result<Option<SearchLag>, parlor_hub::Error> {
        let Some(index) = self.shared.options.index.clone() else { return Ok(None) };
        let lag = self.store.read(move |snapshot| {
            let mut lag = SearchLag::default();
            for topic in tables::all_topics(snapshot)? {
                let now = match snapshot.position(topic) {
                    Ok(now) => now,
                    // Conversations outlast the inboxes of guests for a while.
                    Err(Error::NoSuchTopic(_)) => continue,
                    Err(error) => return Err(error),
                };
                let behind = now.offset - index.indexed(topic, now)?;
                lag.topics += u64::from(behind > 0);
                lag.events += behind;
            }
            Ok(lag)
        });
        Ok(Some(lag.await?))
    }
}

/// How far the index is behind what is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchLag {
    /// Topics with something that is not indexed.
    pub topics: u64,
    /// Events that are not.
    pub events: u64,
}

/// Where to look: the topics, and the label of a conversation.
struct Places {
    topics: Vec<TopicId>,
    label: Option<String>,
}

fn places(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    search: &Search,
    query: &Query,
    present: Vec<TopicId>,
) -> Result<Result<Places, Refusal>, Error> {
    let mut scope = search.scope;
    if let Some(name) = &query.room {
        let Ok(name) = RoomName::new(name) else { return Ok(Err(Refusal::NoSuchRoom)) };
        let Some(sight) = tables::by_name(snapshot, &who.actor(), &name.folded())? else {
            return Ok(Err(Refusal::NoSuchRoom));
        };
        let named = Scope::Room(sight.room.topic);
        if *scope.get_or_insert(named) != named {
            return Ok(Ok(Places { topics: Vec::new(), label: None }));
        }
    }
    if let Some(scope) = scope {
        return Ok(readable(snapshot, who, scope)?.map(|stretch| Places {
            topics: vec![stretch.topic],
            label: (stretch.peer != NOBODY).then(|| labels::with(stretch.peer)),
        }));
    }
    let mut topics = vec![who.inbox];
    let rooms = match who.account {
        Some(_) => tables::listed(snapshot, who.person)?,
        None => present,
    };
    for room in rooms {
        let rights = rights_of(snapshot, who, room)?;
        if rules::permit(&who.actor(), Verb::Read, &rights).is_ok() {
            topics.push(room);
        }
    }
    Ok(Ok(Places { topics, label: None }))
}

fn question(who: &Attached, query: &Query, places: Places) -> TextQuery {
    let mut wanted: Vec<String> = places.label.into_iter().collect();
    wanted.extend(query.from.as_deref().map(labels::from));
    wanted.extend(query.has.iter().map(|what| labels::has(*what).to_owned()));
    if query.mention {
        wanted.push(labels::names(who.person));
    }
    TextQuery {
        places: places.topics,
        labels: wanted,
        phrases: query.phrases.clone(),
        without: query.without.clone(),
        since_ms: query.since_ms,
        until_ms: query.until_ms,
        ..TextQuery::default()
    }
}

/// Reads what the index points at. What was taken back or removed meanwhile is left out, so that
/// a page may need another look, of which there are not many.
fn find(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    index: &TextIndex,
    mut question: TextQuery,
) -> Result<SearchPage, Error> {
    let limit = question.limit;
    let mut page = SearchPage { hits: Vec::new(), next: None };
    for _ in 0..SEARCH_ROUNDS_MAX {
        question.limit = limit - page.hits.len();
        let found = index.search(&question)?;
        for hit in &found.hits {
            page.hits.extend(shown(snapshot, who, hit)?);
        }
        page.next = found.next;
        question.before = found.next;
        if page.next.is_none() || page.hits.len() >= limit {
            break;
        }
    }
    Ok(page)
}

fn shown(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    hit: &TextHit,
) -> Result<Option<SearchHit>, Error> {
    let peer = parlor_hub::PersonId(hit.tag);
    let stretch = Stretch { topic: hit.topic, peer };
    let found = tables::at(snapshot, stretch, hit.offset)?.filter(|found| found.redacted == 0);
    let Some(found) = found else { return Ok(None) };
    let Some(message) = current(snapshot, stretch, &[found], who.person)?.pop() else {
        return Ok(None);
    };
    let room = match peer {
        NOBODY => tables::name_of(snapshot, hit.topic)?,
        _ => None,
    };
    Ok(Some(SearchHit { message, room }))
}
