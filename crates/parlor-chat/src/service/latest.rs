//! When something was last said, in rooms and in direct conversations.

use std::collections::HashMap;

use parlor_hub::{Attached, Error, PersonId};
use parlor_topics::TopicId;

use super::{Chat, Latest, history::readable};
use crate::{
    limits::CONVERSATIONS_MAX,
    message::Scope,
    tables::{self, Stretch},
};

impl Chat {
    /// Says when something was last said in each of these rooms that the asker may read, and in
    /// its direct conversations, of which it looks at the latest
    /// [`CONVERSATIONS_MAX`](crate::limits::CONVERSATIONS_MAX). Where nothing was said is left out.
    pub async fn latest(&self, who: &Attached, rooms: Vec<TopicId>) -> Result<Vec<Latest>, Error> {
        let asker = who.clone();
        let read = self.store.read(move |snapshot| {
            let mut found = Vec::with_capacity(rooms.len());
            for topic in rooms {
                if let Ok(stretch) = readable(snapshot, &asker, Scope::Room(topic))?
                    && let Some(last) = tables::last(snapshot, stretch)?
                {
                    let (scope, nick) = (Scope::Room(topic), String::new());
                    found.push(Latest { scope, nick, at_ms: last.at_ms });
                }
            }
            let conversations = tables::conversations(snapshot, asker.inbox, CONVERSATIONS_MAX)?;
            for conversation in conversations {
                let stretch = Stretch { topic: asker.inbox, peer: conversation.peer };
                if let Some(last) = tables::last(snapshot, stretch)? {
                    let (scope, nick) = (Scope::Direct(conversation.peer), conversation.nick);
                    found.push(Latest { scope, nick, at_ms: last.at_ms });
                }
            }
            Ok(found)
        });
        let mut found = read.await?;
        let people: Vec<PersonId> = found.iter().filter_map(|latest| latest.peer()).collect();
        if !people.is_empty() {
            let online = self.link.people(people).await;
            let nicks: HashMap<_, _> =
                online.iter().map(|present| (present.person, &present.nick)).collect();
            for latest in &mut found {
                if let Some(nick) = latest.peer().and_then(|peer| nicks.get(&peer)) {
                    latest.nick = nick.to_string();
                }
            }
        }
        Ok(found)
    }

    /// Finds the person of a direct conversation by the nick it had there last: also one that is
    /// gone.
    pub async fn known_as(&self, who: &Attached, nick: &str) -> Result<Option<PersonId>, Error> {
        let (inbox, nick) = (who.inbox, nick.to_owned());
        let found = self.store.read(move |snapshot| tables::peer_known_as(snapshot, inbox, &nick));
        Ok(found.await?)
    }
}

impl Latest {
    /// The other person, if this is a direct conversation.
    pub fn peer(&self) -> Option<PersonId> {
        match self.scope {
            Scope::Direct(peer) => Some(peer),
            Scope::Room(_) => None,
        }
    }
}
