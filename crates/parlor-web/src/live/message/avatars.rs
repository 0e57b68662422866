//! The avatars of the people that an answer speaks of.

use std::collections::BTreeMap;

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::PersonId;
use serde::Serialize;

use super::file::avatar_url;
use crate::failure;

/// Where the avatars of people are; those without one are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Avatars(BTreeMap<u64, String>);

impl Avatars {
    /// Looks them up.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub(crate) async fn of(
        chat: &Chat,
        people: impl IntoIterator<Item = PersonId>,
    ) -> Result<Self, Problem> {
        let found = chat.avatars(people.into_iter().collect()).await.map_err(failure::hub)?;
        Ok(Self(found.into_iter().map(|(person, id)| (person.0, avatar_url(&id))).collect()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, person: PersonId) -> Option<String> {
        self.0.get(&person.0).cloned()
    }
}
