//! QUIT: the client leaves.

use crate::limits;
use crate::session::{Next, Turn};

/// `QUIT [reason]`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let reason = turn.text(0, limits::REASON_BYTES_MAX);
    Next::Close(if reason.is_empty() { "Quit".to_owned() } else { format!("Quit: {reason}") })
}
