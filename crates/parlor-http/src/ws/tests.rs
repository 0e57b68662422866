//! The wire format against its specification, against tungstenite, and against noise.

use std::io::{self, Cursor, Read, Write};

use bytes::Bytes;
use parlor_engine::{Conn, block_on};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tungstenite::protocol::{Role, WebSocketConfig};

use super::message::{Closing, Decoder, Frame, Message, MessageLimits, Violation};
use super::{WebSocket, accept_key};
use crate::fuzz;

/// A frame as a client would send it, right or wrong.
fn client_frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

fn text(payload: &str) -> Vec<u8> {
    client_frame(0x81, payload.as_bytes(), [1, 2, 3, 4])
}

/// Decodes everything, fed in the given pieces.
fn decode(pieces: &[&[u8]]) -> (Vec<Message>, Option<Violation>) {
    let mut decoder = Decoder::new(MessageLimits::default());
    let mut messages = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(violation) => return (messages, Some(violation)),
            }
        }
        assert!(input.is_empty(), "a decoder takes all it is fed");
    }
    (messages, None)
}

/// One line for each way a frame can be wrong.
fn check_violation(bytes: &[u8], wanted: Violation) {
    let (messages, violation) = decode(&[bytes]);
    assert_eq!((messages, violation), (vec![], Some(wanted)), "{bytes:02x?}");
}

#[test]
fn the_key_of_the_specification_has_its_answer() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn the_examples_of_the_specification_decode() {
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(decode(&[&masked]), (vec![Message::Text("Hello".to_owned())], None));
    let parts =
        [client_frame(0x01, b"Hel", [0; 4]), client_frame(0x80, b"lo", [9, 9, 9, 9])].concat();
    assert_eq!(decode(&[&parts]), (vec![Message::Text("Hello".to_owned())], None));
    assert_eq!(Frame::text("Hello"), [&[0x81, 0x05][..], b"Hello"].concat());
}

#[test]
fn a_control_frame_may_stand_between_fragments() {
    let bytes = [
        client_frame(0x01, "é".as_bytes().split_at(1).0, [1, 1, 1, 1]),
        client_frame(0x89, b"still there?", [2, 2, 2, 2]),
        client_frame(0x80, "é".as_bytes().split_at(1).1, [3, 3, 3, 3]),
    ]
    .concat();
    let wanted = vec![Message::Ping(b"still there?".to_vec()), Message::Text("é".to_owned())];
    assert_eq!(decode(&[&bytes]), (wanted, None));
}

#[test]
fn what_breaks_the_protocol_is_named() {
    check_violation(&[0x81, 0x05, b'H'], Violation::Unmasked);
    check_violation(&client_frame(0xc1, b"", [0; 4]), Violation::ReservedBit);
    check_violation(&client_frame(0x83, b"", [0; 4]), Violation::UnknownOpcode);
    check_violation(&client_frame(0x8b, b"", [0; 4]), Violation::UnknownOpcode);
    check_violation(&client_frame(0x80, b"x", [0; 4]), Violation::BadFragment);
    check_violation(&client_frame(0x09, b"", [0; 4]), Violation::BadControl);
    check_violation(&client_frame(0x89, &[0; 126], [0; 4]), Violation::BadControl);
    check_violation(&client_frame(0x81, &[0xff], [0; 4]), Violation::NotUtf8);
    check_violation(&client_frame(0x88, &[3], [0; 4]), Violation::BadClose);
    check_violation(&client_frame(0x88, &1005_u16.to_be_bytes(), [0; 4]), Violation::BadClose);
    check_violation(&client_frame(0x88, &[3, 0xe8, 0xff], [0; 4]), Violation::NotUtf8);
    check_violation(&[0x82, 0xfe, 0x00, 0x7d, 0, 0, 0, 0], Violation::BadLength);
    check_violation(&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0], Violation::BadLength);
    check_violation(&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Violation::BadLength);
    check_violation(&[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], Violation::TooLong);
    let twice = [client_frame(0x01, b"a", [0; 4]), client_frame(0x81, b"b", [0; 4])].concat();
    check_violation(&twice, Violation::BadFragment);
}

#[test]
fn fragments_cannot_add_up_to_more_than_a_message_may_have() {
    let frame = vec![b'x'; MessageLimits::default().frame_bytes_max];
    let mut bytes = client_frame(0x01, &frame, [0; 4]);
    for _ in 0..4 {
        bytes.extend(client_frame(0x00, &frame, [0; 4]));
    }
    assert_eq!(decode(&[&bytes]), (vec![], Some(Violation::TooLong)));
}

#[test]
fn nothing_follows_a_close_frame() {
    let bytes = [client_frame(0x88, &[0x03, 0xe8, b'o', b'k'], [7; 4]), text("late")].concat();
    let closing = Closing { code: 1000, reason: "ok".to_owned() };
    assert_eq!(decode(&[&bytes]), (vec![Message::Close(Some(closing))], None));
}

#[test]
fn a_reason_is_cut_between_characters() {
    let frame = Frame::close(4003, &"é".repeat(100));
    assert_eq!(frame.len(), 2 + 2 + 122);
    assert!(std::str::from_utf8(&frame[4..]).is_ok());
}

/// tungstenite's reading of the same bytes.
fn tungstenite(bytes: &[u8], step: usize) -> (Vec<Message>, bool) {
    let limits = MessageLimits::default();
    let config = WebSocketConfig::default()
        .max_frame_size(Some(limits.frame_bytes_max))
        .max_message_size(Some(limits.message_bytes_max));
    let stream = Pieces { input: Cursor::new(bytes.to_vec()), step };
    let mut socket = tungstenite::WebSocket::from_raw_socket(stream, Role::Server, Some(config));
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(tungstenite::Message::Text(text)) => {
                messages.push(Message::Text(text.as_str().to_owned()));
            }
            Ok(tungstenite::Message::Binary(bytes)) => {
                messages.push(Message::Binary(bytes.to_vec()));
            }
            Ok(tungstenite::Message::Ping(bytes)) => messages.push(Message::Ping(bytes.to_vec())),
            Ok(tungstenite::Message::Pong(bytes)) => messages.push(Message::Pong(bytes.to_vec())),
            // Its way of saying that a close code may not be sent.
            Ok(tungstenite::Message::Close(Some(frame)))
                if frame.reason.as_str() == "Protocol violation" =>
            {
                return (messages, true);
            }
            Ok(tungstenite::Message::Close(frame)) => {
                messages.push(Message::Close(frame.map(|frame| Closing {
                    code: frame.code.into(),
                    reason: frame.reason.as_str().to_owned(),
                })));
                return (messages, false);
            }
            Ok(tungstenite::Message::Frame(_)) => unreachable!("raw frames are never read"),
            Err(
                tungstenite::Error::Io(_)
                | tungstenite::Error::ConnectionClosed
                | tungstenite::Error::Protocol(
                    tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
                ),
            ) => return (messages, false),
            Err(_) => return (messages, true),
        }
    }
}

/// Gives its bytes a few at a time, as a network does; swallows what is written.
struct Pieces {
    input: Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.step);
        Read::read(&mut self.input, &mut buffer[..length])
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A conversation of whole messages, some in fragments, with control frames in between and at
/// times one wrong frame.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        4 => "[a-zé中🎈]{0,40}".prop_map(String::into_bytes),
        1 => (120_usize..135).prop_map(|length| vec![b'm'; length]),
        1 => (65_530_usize..65_537).prop_map(|length| vec![b'l'; length]),
    ];
    let mask = any::<[u8; 4]>();
    let whole = (payload.clone(), mask, prop_oneof![Just(0x81_u8), Just(0x82)])
        .prop_map(|(payload, mask, first)| client_frame(first, &payload, mask));
    let control = ("[a-z]{0,20}", mask, prop_oneof![Just(0x89_u8), Just(0x8a)])
        .prop_map(|(payload, mask, first)| client_frame(first, payload.as_bytes(), mask));
    let fragments =
        (vec(payload, 2..4), mask, control.clone()).prop_map(|(parts, mask, between)| {
            let last = parts.len() - 1;
            let mut out = Vec::new();
            for (i, part) in parts.iter().enumerate() {
                let first = if i == 0 { 0x01 } else { 0x00 } | if i == last { 0x80 } else { 0 };
                out.extend(client_frame(first, part, mask));
                if i != last {
                    out.extend_from_slice(&between);
                }
            }
            out
        });
    let close =
        (prop_oneof![Just(1000_u16), Just(1001), Just(3000), Just(4999), any::<u16>()], mask)
            .prop_map(|(code, mask)| client_frame(0x88, &code.to_be_bytes(), mask));
    let wrong = (any::<u8>(), "[a-z]{0,5}", mask)
        .prop_map(|(first, payload, mask)| client_frame(first, payload.as_bytes(), mask));
    let step = prop_oneof![8 => whole, 4 => control, 4 => fragments, 1 => close, 1 => wrong];
    vec(step, 0..8).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn tungstenite_reads_the_same_messages(bytes in conversation(), step in 1_usize..5000) {
        let (ours, violation) = decode(&[&bytes]);
        let (theirs, broken) = tungstenite(&bytes, step);
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(violation.is_some(), broken, "{:?}", violation);
    }

    #[test]
    fn where_the_network_cuts_makes_no_difference(
        bytes in conversation(),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(&pieces), decode(&[&bytes]));
    }

    #[test]
    fn noise_never_panics(bytes in vec(any::<u8>(), 0..600)) {
        fuzz::websocket(&bytes);
    }

    #[test]
    fn frames_are_read_by_tungstenite(text in "\\PC{0,200}", repeat in 1_usize..400) {
        let text = text.repeat(repeat);
        let stream = Pieces { input: Cursor::new(Frame::text(&text).to_vec()), step: 7000 };
        let mut client = tungstenite::WebSocket::from_raw_socket(stream, Role::Client, None);
        let message = client.read().unwrap().into_text().unwrap();
        prop_assert_eq!(message.as_str(), text);
    }
}

#[test]
fn a_socket_answers_pings_and_gives_messages_in_order() {
    block_on(async {
        let (server, mut client) = Conn::pair();
        let mut socket =
            WebSocket::new(server, Bytes::from(text("ahead")), MessageLimits::default());
        let bytes = [client_frame(0x89, b"p", [5; 4]), text("one"), text("two")].concat();
        client.write_all(&bytes).await.unwrap();
        for wanted in ["ahead", "one", "two"] {
            assert_eq!(socket.next().await.unwrap(), Some(Message::Text(wanted.to_owned())));
        }
        let mut pong = [0; 3];
        client.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong[..], Frame::pong(b"p")[..]);
        client.write_all(&client_frame(0x88, &4000_u16.to_be_bytes(), [1; 4])).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), None);
        socket.finish(std::time::Duration::from_secs(5)).await;
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, Frame::close(4000, ""));
    });
}

#[test]
fn a_peer_that_breaks_the_protocol_is_told_why() {
    block_on(async {
        let (server, mut client) = Conn::pair();
        let mut socket = WebSocket::new(server, Bytes::new(), MessageLimits::default());
        client.write_all(&[0x81, 0x00]).await.unwrap();
        assert!(socket.next().await.is_err());
        socket.finish(std::time::Duration::from_secs(5)).await;
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, Frame::close(1002, "the frame is not masked"));
    });
}

#[test]
fn a_client_of_tungstenite_talks_to_the_socket() {
    block_on(async {
        let (server, mut client) = Conn::pair();
        let mut socket = WebSocket::new(server, Bytes::new(), MessageLimits::default());
        let stream = Pieces { input: Cursor::new(Vec::new()), step: 1 };
        let mut theirs = tungstenite::protocol::WebSocketContext::new(Role::Client, None);
        let mut sink = Captured(stream, Vec::new());
        let long = "x".repeat(60_000);
        theirs.write(&mut sink, tungstenite::Message::text(long.clone())).unwrap();
        theirs.flush(&mut sink).unwrap();
        let sent = sink.1;
        let writer = async { client.write_all(&sent).await.unwrap() };
        let (message, ()) = tokio::join!(socket.next(), writer);
        assert_eq!(message.unwrap(), Some(Message::Text(long)));
    });
}

/// Keeps what is written.
struct Captured(Pieces, Vec<u8>);

impl Read for Captured {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut self.0, buffer)
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
