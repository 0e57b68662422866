//! `ping`: a sign of life the client can ask for, for clients that cannot see WebSocket pings.

use super::Nothing;

pub(super) fn run() -> Nothing {
    Nothing {}
}
