//! `profile.set`: changes what one says of oneself.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::{Attached, ProfileChange};
use serde::{Deserialize, Deserializer};

use super::Nothing;
use crate::failure;

/// What is absent stays; an avatar that is null goes.
#[derive(Debug, Deserialize)]
pub(crate) struct SetProfile {
    display: Option<String>,
    about: Option<String>,
    #[serde(default, deserialize_with = "given")]
    avatar: Option<Option<String>>,
    pronouns: Option<String>,
    status: Option<String>,
    homepage: Option<String>,
    color: Option<String>,
}

/// What is null is given, unlike what is absent.
fn given<'a, D: Deserializer<'a>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: SetProfile,
) -> Result<Nothing, Problem> {
    let SetProfile { display, about, avatar, pronouns, status, homepage, color } = params;
    let change = ProfileChange { display, about, avatar, pronouns, status, homepage, color };
    let set = chat.set_profile(who, change).await;
    set.map_err(failure::command)?;
    Ok(Nothing {})
}
