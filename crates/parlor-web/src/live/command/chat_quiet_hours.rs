//! `chat.quiet_hours`: when one wants to be told of nothing, every day.

use parlor_chat::Chat;
use parlor_http::Problem;
use parlor_hub::Attached;

use super::Nothing;
use crate::failure;
use crate::live::message::own::QuietHoursView;

/// Both absent or null: never.
pub(crate) type SetQuietHours = QuietHoursView;

pub(crate) async fn run(
    chat: &Chat,
    who: &Attached,
    params: SetQuietHours,
) -> Result<Nothing, Problem> {
    let set = chat.set_quiet_hours(who, params.quiet()?).await;
    set.map_err(failure::command)?;
    Ok(Nothing {})
}
