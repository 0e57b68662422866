//! Headers whole, in pieces and broken, and which addresses are trusted.

use proptest::prelude::*;

use super::*;

fn complete(bytes: usize, from: &str) -> Header {
    Header::Complete { bytes, from: from.parse().ok() }
}

#[test]
fn text_headers_are_read() {
    let cases: &[(&[u8], Header)] = &[
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 4000 6667\r\nNICK ann\r\n", complete(41, "192.0.2.7")),
        (b"PROXY TCP6 2001:db8::7 ::1 4000 6667\r\n", complete(38, "2001:db8::7")),
        (b"PROXY UNKNOWN\r\n", complete(15, "")),
        (b"PROXY TCP4 nonsense 10.0.0.1 4000 6667\r\n", Header::Malformed),
        (b"PROXY TCP4 2001:db8::7 ::1 4000 6667\r\n", Header::Malformed),
        (b"PROXY SCTP\r\n", Header::Malformed),
        (b"NICK ann\r\n", Header::None),
        (b"", Header::Incomplete),
    ];
    for (first, wanted) in cases {
        assert_eq!(read(first), *wanted, "{}", String::from_utf8_lossy(first));
    }
    assert_eq!(read(&[b"PROXY ".as_slice(), &[b'x'; 200]].concat()), Header::Malformed);
}

fn binary_header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("short").to_be_bytes();
    [BINARY, &[0x20 | command, family << 4 | 1], &length, body].concat()
}

#[test]
fn binary_headers_are_read() {
    let four = binary_header(1, 1, &[192, 0, 2, 7, 10, 0, 0, 1, 0, 9, 0, 9]);
    assert_eq!(read(&four), complete(28, "192.0.2.7"));
    let six = binary_header(1, 2, &[[0x20; 16], [1; 16]].concat());
    assert_eq!(read(&six), complete(48, "2020:2020:2020:2020:2020:2020:2020:2020"));
    assert_eq!(read(&binary_header(0, 1, &[])), complete(16, ""));
    assert_eq!(read(&binary_header(1, 1, &[1])), Header::Malformed);
    assert_eq!(read(&binary_header(1, 1, &[0; 600])), Header::Malformed);
    assert_eq!(read(&binary_header(5, 1, &[])), Header::Malformed);
}

#[test]
fn networks_are_trusted_by_their_prefix() {
    let list = ["127.0.0.1".to_owned(), "10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()];
    let trusted = Trusted::parse(&list).expect("all are networks");
    let cases = [
        ("127.0.0.1", true),
        ("127.0.0.2", false),
        ("10.255.0.1", true),
        ("11.0.0.1", false),
        ("2001:db8:1::1", true),
        ("2001:db9::1", false),
    ];
    for (address, wanted) in cases {
        assert_eq!(trusted.has(address.parse().expect("an address")), wanted, "{address}");
    }
    for nonsense in ["host", "10.0.0.0/33", "10.0.0.0/", "::/129"] {
        assert_eq!(Trusted::parse(&[nonsense.to_owned()]), Err(nonsense.to_owned()));
    }
    let all = Trusted::parse(&["0.0.0.0/0".to_owned()]).expect("a network");
    assert!(all.has("203.0.113.1".parse().expect("an address")));
}

proptest! {
    #[test]
    fn no_bytes_upset_it_and_pieces_are_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0_usize..48) {
        read(&bytes);
        read(&[BINARY, &bytes].concat());
        read(&[TEXT, &bytes].concat());
        let whole = binary_header(1, 2, &[7; 36]);
        prop_assert_eq!(read(&whole[..cut]), Header::Incomplete);
    }
}
