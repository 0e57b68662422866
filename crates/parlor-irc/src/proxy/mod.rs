//! The PROXY protocol: whose connection a proxy hands on, said before the first line.
//!
//! Version 1 is a line of text, version 2 is binary. Only listened to from addresses that the
//! operator trusts; anybody else who sends it speaks no IRC and is answered so. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest header of version 1, with its CR LF.
const TEXT_BYTES_MAX: usize = 107;

/// The longest header of version 2 that is waited for: addresses and a few notes of the proxy.
const BINARY_BYTES_MAX: usize = 16 + 536;

const TEXT: &[u8] = b"PROXY ";
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// No header: the connection is the proxy's own.
    None,
    /// Too little to say.
    Incomplete,
    /// Not a header that can be understood.
    Malformed,
    /// The header takes so many bytes, and says who connected, if it knows.
    Complete {
        /// Its length.
        bytes: usize,
        /// Who connected.
        from: Option<IpAddr>,
    },
}

/// Reads the header at the beginning of a connection.
pub fn read(first: &[u8]) -> Header {
    if first.starts_with(BINARY) {
        return binary(first);
    }
    if first.starts_with(TEXT) {
        return text(first);
    }
    if BINARY.starts_with(first) || TEXT.starts_with(first) {
        return Header::Incomplete;
    }
    Header::None
}

fn text(first: &[u8]) -> Header {
    let window = &first[..first.len().min(TEXT_BYTES_MAX)];
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        let short = first.len() < TEXT_BYTES_MAX;
        return if short { Header::Incomplete } else { Header::Malformed };
    };
    let bytes = end + 2;
    let Ok(line) = std::str::from_utf8(&first[..end]) else { return Header::Malformed };
    let mut words = line.split(' ').skip(1);
    let family = words.next();
    let from = words.next().and_then(|address| address.parse::<IpAddr>().ok());
    match (family, from) {
        (Some("UNKNOWN"), _) => Header::Complete { bytes, from: None },
        (Some("TCP4"), Some(from @ IpAddr::V4(_))) | (Some("TCP6"), Some(from @ IpAddr::V6(_))) => {
            Header::Complete { bytes, from: Some(from.to_canonical()) }
        }
        _ => Header::Malformed,
    }
}

fn binary(first: &[u8]) -> Header {
    let Some((head, rest)) = first.split_at_checked(16) else { return Header::Incomplete };
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    let bytes = 16 + length;
    if head[12] >> 4 != 2 || bytes > BINARY_BYTES_MAX {
        return Header::Malformed;
    }
    let Some(body) = rest.get(..length) else { return Header::Incomplete };
    let from = match (head[12] & 0x0f, head[13] >> 4) {
        // The proxy itself, looking whether we live.
        (0, _) => None,
        (1, 1) => match body.first_chunk::<4>() {
            Some(address) => Some(IpAddr::V4(Ipv4Addr::from(*address))),
            None => return Header::Malformed,
        },
        (1, 2) => match body.first_chunk::<16>() {
            Some(address) => Some(IpAddr::V6(Ipv6Addr::from(*address)).to_canonical()),
            None => return Header::Malformed,
        },
        (1, _) => None,
        _ => return Header::Malformed,
    };
    Header::Complete { bytes, from }
}

/// Addresses that are trusted: single ones, or networks like `10.0.0.0/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted(Vec<(IpAddr, u8)>);

impl Trusted {
    /// Reads a list; gives back the first entry that is none.
    ///
    /// # Errors
    ///
    /// The entry that is neither an address nor a network.
    pub fn parse(list: &[String]) -> Result<Self, String> {
        let network = |text: &String| {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
                None => (text.as_str(), None),
            };
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.unwrap_or(most);
            (prefix <= most).then_some((address, prefix))
        };
        list.iter()
            .map(|text| network(text).ok_or_else(|| text.clone()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// True when an address is one of them.
    pub fn has(&self, ip: IpAddr) -> bool {
        let same =
            |a: u128, b: u128, bits: u8, prefix: u8| prefix == 0 || (a ^ b) >> (bits - prefix) == 0;
        self.0.iter().any(|(network, prefix)| match (network, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                same(network.to_bits().into(), ip.to_bits().into(), 32, *prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                same(network.to_bits(), ip.to_bits(), 128, *prefix)
            }
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests;
