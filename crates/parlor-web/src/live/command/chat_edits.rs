//! `chat.edits`: the texts that a message has had, for its author and those who keep order.

use parlor_chat::{Chat, Version};
use parlor_http::Problem;
use parlor_hub::Attached;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::failure;

#[derive(Debug, Deserialize)]
pub(crate) struct ReadEdits {
    #[serde(flatten)]
    place: Place,
    msgid: String,
}

/// The texts, the first one first; the last one is that of now.
#[derive(Serialize)]
pub(crate) struct Edits {
    versions: Vec<VersionView>,
}

#[derive(Serialize)]
struct VersionView {
    text: String,
    at: u64,
}

impl From<Version> for VersionView {
    fn from(Version { text, at_ms }: Version) -> Self {
        Self { text, at: at_ms }
    }
}

pub(crate) async fn run(chat: &Chat, who: &Attached, params: ReadEdits) -> Result<Edits, Problem> {
    let read = chat.edits(who, params.place.scope()?, params.msgid).await;
    let versions = read.map_err(failure::command)?;
    Ok(Edits { versions: versions.into_iter().map(Into::into).collect() })
}
