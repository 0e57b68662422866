//! Entry points for fuzzers: what reads text from strangers must survive any. The property tests
//! run them too.

use parlor_topics::Position;

use crate::live::Command;
use crate::live::message::Envelope;

/// Reads `text` as one message of a live client.
pub fn live_message(text: &str) {
    if let Ok(envelope) = Envelope::decode(text) {
        let _command = Command::decode(&envelope.t, envelope.params());
    }
}

/// Reads `text` as a position to resume from.
pub fn position(text: &str) {
    let _position: Result<Position, _> = text.parse();
}
