//! What a page shows first, from one snapshot.

use std::collections::HashMap;

use parlor_hub::{Attached, Error, PersonId, Verb};
use parlor_topics::{Snapshot, TopicId};

use super::{Chat, DirectOverview, Overview, RoomOverview, rights_of};
use crate::{
    limits::CONVERSATIONS_MAX,
    rules,
    tables::{self, NOBODY, Stretch, own},
};

impl Chat {
    /// Reads the asker's rooms and conversations with what is unread in them. An account has the
    /// rooms on its list, a guest those it is present in.
    pub async fn overview(&self, who: &Attached) -> Result<Overview, Error> {
        self.prepare().await?;
        let present = match who.account {
            Some(_) => Vec::new(),
            None => self.link.whereabouts(who.person).await,
        };
        let asker = who.clone();
        let read = self.store.read(move |snapshot| {
            let topics = match asker.account {
                Some(_) => tables::listed(snapshot, asker.person)?,
                None => present,
            };
            let mut rooms = Vec::with_capacity(topics.len());
            for topic in topics {
                rooms.extend(room(snapshot, &asker, topic)?);
            }
            rooms.sort_by_cached_key(|overview| overview.room.name.folded());
            let direct = conversations(snapshot, &asker)?;
            let quiet_hours = own::quiet_hours(snapshot, asker.person)?;
            let inbox = snapshot.position(asker.inbox)?;
            Ok(Overview { rooms, direct, quiet_hours, inbox })
        });
        let mut overview = read.await?;
        let topics = overview.rooms.iter().map(|overview| overview.room.topic).collect();
        let counts = self.link.counts(topics).await;
        for (overview, members) in overview.rooms.iter_mut().zip(counts) {
            overview.members = members;
        }
        self.fill_in_presence(&mut overview.direct).await;
        Ok(overview)
    }

    /// Notes who of the others is online, and under which nick.
    async fn fill_in_presence(&self, direct: &mut [DirectOverview]) {
        let people: Vec<PersonId> = direct.iter().map(|overview| overview.person).collect();
        if people.is_empty() {
            return;
        }
        let online = self.link.people(people).await;
        let online: HashMap<_, _> =
            online.iter().map(|present| (present.person, present)).collect();
        for overview in direct {
            if let Some(present) = online.get(&overview.person) {
                overview.online = present.connected;
                overview.nick = present.nick.to_string();
            }
        }
    }
}

fn room(
    snapshot: &Snapshot<'_>,
    who: &Attached,
    topic: TopicId,
) -> Result<Option<RoomOverview>, parlor_topics::Error> {
    let actor = who.actor();
    let rights = rights_of(snapshot, who, topic)?;
    let sight = tables::by_topic(snapshot, &actor, topic)?;
    let Some(sight) = sight.filter(|_| rules::permit(&actor, Verb::Read, &rights).is_ok()) else {
        return Ok(None);
    };
    let stretch = Stretch { topic, peer: NOBODY };
    let read = tables::read_offset(snapshot, who.person, stretch)?;
    let last = tables::last(snapshot, stretch)?;
    let unread = tables::unread(snapshot, stretch, who.person, read)?;
    Ok(Some(RoomOverview {
        room: sight.room,
        role: rights.standing(),
        members: 0,
        unread: unread.count,
        first_unread: unread.first,
        mentions: own::mentions(snapshot, who.person, topic, read)?,
        own: own::own(snapshot, who.person, stretch)?,
        read,
        last: last.map_or(0, |last| last.offset),
        last_at_ms: last.map_or(0, |last| last.at_ms),
        position: snapshot.position(topic)?,
    }))
}

fn conversations(
    snapshot: &Snapshot<'_>,
    who: &Attached,
) -> Result<Vec<DirectOverview>, parlor_topics::Error> {
    let mut direct = Vec::new();
    for conversation in tables::conversations(snapshot, who.inbox, CONVERSATIONS_MAX)? {
        let stretch = Stretch { topic: who.inbox, peer: conversation.peer };
        let read = tables::read_offset(snapshot, who.person, stretch)?;
        let last = tables::last(snapshot, stretch)?;
        let unread = tables::unread(snapshot, stretch, who.person, read)?;
        direct.push(DirectOverview {
            person: conversation.peer,
            nick: conversation.nick,
            online: false,
            unread: unread.count,
            first_unread: unread.first,
            own: own::own(snapshot, who.person, stretch)?,
            read,
            last: last.map_or(0, |last| last.offset),
            last_at_ms: last.map_or(0, |last| last.at_ms),
        });
    }
    Ok(direct)
}
