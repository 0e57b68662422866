//! Where readers rejoin, and what a ring lets go.

use std::sync::Arc;

use bytes::Bytes;

use super::{Entry, Ring};
use crate::frame::{Frame, Order};
use crate::limits::RING_FRAMES_MAX;
use crate::{Event, TopicId};

fn entry(offset: u64, before: u64, pending: u32) -> Entry {
    let event = Event {
        topic: TopicId(1),
        offset,
        at_ms: 0,
        actor: 0,
        kind: "k".into(),
        body: Bytes::new(),
    };
    let order = Order { commit: offset, place: 0 };
    let frame = Some(Arc::new(Frame::ordered(event, offset, order)).into());
    Entry { frame, order, before, ephemerals: 0, pending }
}

/// Events 5, 6 and 7 with an ephemeral one behind 5 and behind 7.
fn ring() -> Ring {
    let mut ring = Ring::starting_at(100);
    for (offset, before) in [(5, 4), (0, 5), (6, 5), (7, 6), (0, 7)] {
        ring.push(entry(offset, before, 1));
    }
    ring
}

#[test]
fn a_reader_rejoins_where_nothing_is_missing() {
    let ring = ring();
    let after: Vec<_> = (3..9).map(|offset| ring.after(offset)).collect();
    assert_eq!(after, [None, Some(100), Some(101), Some(103), Some(104), Some(105)]);
}

#[test]
fn frames_go_when_every_reader_took_them() {
    let mut ring = ring();
    ring.pin(102);
    for index in 100..105 {
        ring.took(index);
    }
    ring.shed();
    assert_eq!((ring.base(), ring.end()), (102, 105));
    ring.release(102, 1);
    ring.shed();
    assert_eq!((ring.base(), ring.end(), ring.bytes()), (105, 105, 0));
}

#[test]
fn it_is_over_by_count() {
    let mut ring = Ring::default();
    for offset in 1..=RING_FRAMES_MAX as u64 {
        ring.push(entry(offset, offset - 1, 1));
        assert!(!ring.is_over());
    }
    ring.push(entry(9_999, 0, 1));
    assert!(ring.is_over());
    ring.clear();
    assert_eq!((ring.bytes(), ring.base()), (0, RING_FRAMES_MAX as u64 + 1));
}

#[test]
fn subscriptions_are_small() {
    use crate::channel::{Session, Sub, SubRef};
    let subscription = size_of::<Sub>() + 2 * size_of::<SubRef>();
    assert!(subscription <= 64, "{subscription} bytes a subscription");
    assert!(size_of::<Session>() + 8 <= 200, "{} bytes a reader", size_of::<Session>());
}
