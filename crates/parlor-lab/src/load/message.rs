//! What is sent: bytes that only this connection's this message can have.

use crate::limits::{BROADCAST_BYTES, MESSAGE_BYTES};

/// Where a message says whether it is heavy.
const MARK: usize = 8;

/// The bytes of a connection's message with this number.
pub(crate) fn of(connection: u32, number: u32, heavy: bool) -> [u8; MESSAGE_BYTES] {
    let mut message = [0; MESSAGE_BYTES];
    message[..4].copy_from_slice(&connection.to_le_bytes());
    message[4..8].copy_from_slice(&number.to_le_bytes());
    message[MARK] = u8::from(heavy);
    let seed = connection.wrapping_mul(31).wrapping_add(number.wrapping_mul(7)).to_le_bytes()[0];
    for (byte, at) in message[MARK + 1..].iter_mut().zip(0_u8..) {
        *byte = seed.wrapping_add(at);
    }
    message
}

/// Whether these bytes are a message that asks for much work.
pub(crate) fn is_heavy(bytes: &[u8]) -> bool {
    bytes.get(MARK) == Some(&1)
}

/// Messages of a broadcast after which their bytes repeat: more than are ever on their way at once.
pub(crate) const BROADCAST_PERIOD: usize = 1024;

/// The bytes of so many messages to everybody, one after the other.
pub(crate) fn broadcast() -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).unwrap_or(0).wrapping_mul(0x9E37_79B9);
    let bytes = (0..BROADCAST_PERIOD).flat_map(|number| {
        (0..BROADCAST_BYTES).map(move |at| {
            word(number + 1).rotate_left(u32::try_from(at % 32).unwrap_or(0)).to_le_bytes()[0]
        })
    });
    bytes.collect()
}

/// The byte at this place of an endless stream of one connection.
pub(crate) fn stream_byte(connection: usize, place: u64) -> u8 {
    let mixed = place.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(connection as u64);
    mixed.to_be_bytes()[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_different_connections_and_turns_differ() {
        let all = [of(1, 1, false), of(1, 2, false), of(2, 1, false), of(1, 1, true)];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| one != other));
        }
        assert!(is_heavy(&all[3]) && !is_heavy(&all[0]) && !is_heavy(b"x"));
    }

    #[test]
    fn neighbours_in_a_broadcast_differ() {
        let all = broadcast();
        let messages: Vec<&[u8]> = all.chunks(BROADCAST_BYTES).collect();
        assert_eq!(messages.len(), BROADCAST_PERIOD);
        assert!(messages.windows(2).all(|two| two[0] != two[1]));
    }
}
