//! Ids of messages: 48 bits of time, then 80 random bits, in base 32, so that they sort by time
//! and an index over them grows at its edge. Time and randomness are arguments.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes an id.
pub(crate) fn msgid(now_ms: u64, random: [u8; 10]) -> String {
    let mut bits = u128::from(now_ms & 0xffff_ffff_ffff);
    for byte in random {
        bits = bits << 8 | u128::from(byte);
    }
    (0..26).rev().map(|digit| char::from(ALPHABET[(bits >> (digit * 5) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests;
