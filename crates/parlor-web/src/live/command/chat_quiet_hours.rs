//! `chat.quiet_hours`: when one wants to be told of nothing, every day.

use parlor_http::Problem;

use super::Nothing;
use crate::failure;
use crate::live::message::own::QuietHoursView;
use crate::live::seat::Seat;

/// Both absent or null: never.
pub(crate) type SetQuietHours = QuietHoursView;

pub(super) async fn run(seat: &Seat, params: SetQuietHours) -> Result<Nothing, Problem> {
    let set = seat.app.chat.set_quiet_hours(seat.who(), params.quiet()?).await;
    set.map_err(failure::command)?;
    Ok(Nothing {})
}
