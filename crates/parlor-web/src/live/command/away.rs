//! `away`: says that one is away and why, or back again.

use parlor_http::Problem;
use serde::Deserialize;

use super::Nothing;
use crate::live::seat::Seat;

#[derive(Debug, Deserialize)]
pub(crate) struct SetAway {
    text: Option<String>,
}

pub(super) async fn run(seat: &Seat, params: SetAway) -> Result<Nothing, Problem> {
    let text = params.text.filter(|text| !text.is_empty());
    seat.app.link.set_away(seat.who().session, text).await;
    Ok(Nothing {})
}
