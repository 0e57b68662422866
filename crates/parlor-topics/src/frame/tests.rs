//! What is encoded once is encoded once.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::{ENCODINGS, Encoding, Frame};

use crate::{Event, TopicId};

/// The last encoding that there may be.
const LAST: u8 = 127;

fn frame() -> Frame {
    let kind = "k".into();
    let body = Bytes::from_static(b"body");
    Frame::new(Event { topic: TopicId(1), offset: 1, at_ms: 2, actor: 3, kind, body }, 9)
}

#[test]
fn each_encoding_is_made_once_and_none_is_another() {
    let frame = frame();
    let made = Cell::new(0);
    for _ in 0..3 {
        for number in 0..=LAST {
            let bytes = frame.encoded(Encoding(number), |_| {
                made.set(made.get() + 1);
                Bytes::from(vec![number])
            });
            assert_eq!(bytes[..], [number]);
        }
    }
    assert_eq!(made.get(), ENCODINGS);
}

#[test]
fn threads_that_want_the_same_encoding_meet() {
    let frame = frame();
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..=LAST {
                    frame.encoded(Encoding(number), |event| {
                        made.fetch_add(1, Ordering::Relaxed);
                        event.body.clone()
                    });
                }
            });
        }
    });
    assert_eq!(made.into_inner(), ENCODINGS);
}

#[test]
fn every_type_is_decoded_once() {
    let frame = frame();
    assert_eq!(*frame.typed(|event| event.at_ms), 2_u64);
    assert_eq!(*frame.typed(|_| "text"), "text");
    assert_eq!(*frame.typed::<u64>(|_| panic!("it is there already")), 2);
}

#[test]
#[should_panic(expected = "there is no encoding 128")]
fn an_encoding_that_does_not_exist_is_a_mistake() {
    frame().encoded(Encoding(LAST + 1), |_| Bytes::new());
}
