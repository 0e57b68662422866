//! What one side writes the other reads, and nonsense is no message.

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use super::{End, Hello, How, MESSAGE_BYTES_MAX, ToParent, ToWorker};
use crate::address::{Address, Peer};
use crate::admission::Outcome;
use crate::limits::ENDS_PER_MESSAGE;

fn socket_address() -> impl Strategy<Value = std::net::SocketAddr> {
    let v6 = (any::<std::net::Ipv6Addr>(), any::<u16>(), any::<u32>(), any::<u32>());
    prop_oneof![
        any::<std::net::SocketAddrV4>().prop_map(Into::into),
        v6.prop_map(|(ip, port, flow, scope)| {
            std::net::SocketAddrV6::new(ip, port, flow, scope).into()
        }),
    ]
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![Just(Peer::Unix), socket_address().prop_map(Peer::Tcp)]
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        socket_address().prop_map(Address::Tcp),
        any::<String>().prop_map(|path| Address::Unix(path.into())),
    ]
}

fn end() -> impl Strategy<Value = End> {
    let how = prop_oneof![
        Just(How::Handled(Outcome::Served)),
        Just(How::Handled(Outcome::Panicked)),
        Just(How::Handled(Outcome::Refused)),
        Just(How::Handled(Outcome::Dropped)),
        Just(How::Lost),
    ];
    (any::<u64>(), how).prop_map(|(connection, how)| End { connection, how })
}

proptest! {
    #[test]
    fn a_hello_is_read_as_written(
        number in any::<u32>(),
        workers in any::<u32>(),
        listeners in proptest::collection::vec((any::<String>(), address()), 0..5),
    ) {
        let hello = Hello { number, workers, listeners };
        prop_assert_eq!(Hello::decode(&hello.encode()), Some(hello));
    }

    #[test]
    fn messages_to_workers_are_read_as_written(
        connection in any::<u64>(), door in any::<u32>(), peer in peer(), within_ms in any::<u64>(),
    ) {
        for message in [ToWorker::Serve { connection, door, peer }, ToWorker::Drain { within_ms }] {
            let bytes = message.encode();
            assert!(bytes.len() <= MESSAGE_BYTES_MAX);
            prop_assert_eq!(ToWorker::decode(&bytes), Some(message));
        }
    }

    #[test]
    fn messages_to_the_parent_are_read_as_written(
        capacity in any::<u64>(),
        others_wait in any::<bool>(),
        ends in proptest::collection::vec(end(), 0..=ENDS_PER_MESSAGE),
    ) {
        for message in [ToParent::Ready { capacity, others_wait }, ToParent::Ended(ends)] {
            let bytes = message.encode();
            assert!(bytes.len() <= MESSAGE_BYTES_MAX);
            prop_assert_eq!(ToParent::decode(&bytes), Some(message));
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // If it is one, it is written the same.
        if let Some(message) = ToWorker::decode(&bytes) {
            prop_assert_eq!(message.encode(), bytes.clone());
        }
        if let Some(ToParent::Ended(ends)) = ToParent::decode(&bytes) {
            prop_assert_eq!(ToParent::Ended(ends).encode(), bytes.clone());
        }
        if let Some(hello) = Hello::decode(&bytes) {
            prop_assert_eq!(hello.encode(), bytes);
        }
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_no_message(
        connection in any::<u64>(), door in any::<u32>(), peer in peer(),
    ) {
        let mut bytes = ToWorker::Serve { connection, door, peer }.encode();
        bytes.push(0);
        prop_assert_eq!(ToWorker::decode(&bytes), None);
        prop_assert_eq!(ToWorker::decode(&bytes[..bytes.len() - 2]), None);
    }
}
