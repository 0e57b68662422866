//! `chat.edit`: gives one's own message another text.

use parlor_chat::{Chat, Edit, Scope};
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::failure;

#[derive(Debug, Deserialize)]
pub(crate) struct EditMessage {
    #[serde(flatten)]
    place: Place,
    msgid: String,
    #[serde(flatten)]
    text: NewText,
}

/// What a message is to say; the key makes sending it again safe.
#[derive(Debug, Deserialize)]
pub(crate) struct NewText {
    text: String,
    key: Option<String>,
}

impl NewText {
    pub(crate) fn of(self, msgid: String) -> Edit {
        Edit { msgid, text: self.text, key: self.key }
    }
}

/// Where the message is.
#[derive(Serialize)]
pub(crate) struct EditAnswer {
    pub(crate) n: u64,
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: EditMessage,
) -> Result<EditAnswer, Problem> {
    let scope: Scope = params.place.scope()?;
    let edited = chat.edit(who, scope, params.text.of(params.msgid)).await;
    Ok(EditAnswer { n: edited.map_err(failure::command)? })
}
