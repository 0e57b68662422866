//! `chat.settings`: changes what the keepers of a room decide; those left out stay.

use parlor_chat::{ModeChange, SettingChange};
use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::failure;
use crate::live::message::TopicKey;
use crate::live::message::order::Retention;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetSettings {
    k: TopicKey,
    retention: Option<Retention>,
    slow_s: Option<u32>,
    locked: Option<bool>,
    description: Option<String>,
    invited_only: Option<bool>,
    moderated: Option<bool>,
    subject_locked: Option<bool>,
}

pub(super) async fn run(seat: &Seat, params: SetSettings) -> Result<Nothing, Problem> {
    let SetSettings { k, retention, slow_s, locked, description, .. } = params;
    let chat = &seat.app.chat;
    let keep = retention.map(Into::into);
    let change = SettingChange { keep, slow_s, locked, description };
    let done = chat.set_settings(seat.who(), k.into(), change).await;
    done.map_err(failure::command)?;
    let SetSettings { invited_only, moderated, subject_locked, .. } = params;
    if invited_only.or(moderated).or(subject_locked).is_some() {
        let change = ModeChange { invited_only, moderated, subject_locked };
        let done = chat.set_modes(seat.who(), k.into(), change).await;
        done.map_err(failure::command)?;
    }
    Ok(Nothing {})
}
