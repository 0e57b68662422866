//! Who is in the rooms when the server starts: the accounts that stay, where they are members.

use std::collections::HashMap;

use parlor_hub::{Account, Barred, Error, PersonId};
use parlor_topics::{Snapshot, TopicId};

use super::Chat;
use crate::{
    ban::{self, Ban, Face},
    tables::{self, order},
};

impl Chat {
    /// Lets the accounts that stay be in the rooms on their lists, as far as no ban keeps them out.
    /// Once, after a start, before anybody comes.
    pub async fn settle(&self) -> Result<(), Error> {
        self.prepare().await?;
        let mut bans = HashMap::new();
        self.link.settle(move |snapshot, account| places(snapshot, account, &mut bans)).await
    }
}

/// The rooms of one account; the bans of each room are read once for all.
fn places(
    snapshot: &Snapshot<'_>,
    account: &Account,
    bans: &mut HashMap<TopicId, Vec<Ban>>,
) -> Result<Vec<TopicId>, parlor_topics::Error> {
    let (person, name) = (PersonId::from(account.id), account.name.as_str());
    let face = Face { person, nick: name, user: "", host: "", account: Some(name) };
    let mut places = tables::listed(snapshot, person)?;
    for room in &places {
        if !bans.contains_key(room) {
            bans.insert(*room, order::bans(snapshot, *room)?);
        }
    }
    places.retain(|room| {
        bans.get(room).is_none_or(|bans| ban::barred(bans, &face) != Barred::Banned)
    });
    Ok(places)
}
