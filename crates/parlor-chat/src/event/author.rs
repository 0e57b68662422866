//! How it is written who did something, and to whom.

use parlor_hub::PersonId;
use serde::{Deserialize, Serialize};

use crate::message::{Author, Recipient};

#[derive(Serialize, Deserialize)]
pub(super) struct AuthorBody {
    pub(super) person: u64,
    pub(super) nick: String,
    pub(super) account: Option<String>,
    pub(super) user: String,
    pub(super) host: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) bot: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RecipientBody {
    pub(super) person: u64,
    pub(super) nick: String,
}

impl From<AuthorBody> for Author {
    fn from(AuthorBody { person, nick, account, user, host, bot }: AuthorBody) -> Self {
        Self { person: PersonId(person), nick, account, user, host, bot }
    }
}

impl From<Author> for AuthorBody {
    fn from(Author { person, nick, account, user, host, bot }: Author) -> Self {
        Self { person: person.0, nick, account, user, host, bot }
    }
}

impl From<RecipientBody> for Recipient {
    fn from(RecipientBody { person, nick }: RecipientBody) -> Self {
        Self { person: PersonId(person), nick }
    }
}

impl From<Recipient> for RecipientBody {
    fn from(Recipient { person, nick }: Recipient) -> Self {
        Self { person: person.0, nick }
    }
}
