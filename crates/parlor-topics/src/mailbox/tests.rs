//! A mailbox is bounded, in order, and honest about what it left out.

use std::sync::Arc;

use bytes::Bytes;

use super::{Arrival, Mailbox};
use crate::frame::{Frame, Order};
use crate::limits::MAILBOX_FRAMES_MAX;
use crate::registry::Head;
use crate::{Event, TopicId};

fn frame(topic: u64, offset: u64, text: &'static str) -> Arc<Frame> {
    let event = Event {
        topic: TopicId(topic),
        offset,
        at_ms: 0,
        actor: 0,
        kind: "k".into(),
        body: Bytes::from_static(text.as_bytes()),
    };
    Arc::new(Frame::ordered(event, 1, Order { commit: 1, place: 0 }))
}

fn deliver(mailbox: &Mailbox, topic: u64, offset: u64) {
    let head = Head { epoch: 1, offset, first: 1 };
    assert!(mailbox.deliver(Arrival::Frame { frame: frame(topic, offset, ""), head }).is_none());
}

#[test]
fn the_latest_of_a_key_stays_and_stands_where_it_came() {
    let mailbox = Mailbox::default();
    for round in 0..5_000 {
        let text = if round == 4_999 { "last" } else { "early" };
        mailbox.announce(&frame(1, 0, text), Some(7));
        if round == 10 {
            deliver(&mailbox, 1, 1);
        }
    }
    let taken = mailbox.take(Vec::new());
    assert!(taken.arrivals.len() < 2_100, "replaced ones do not pile up");
    let left: Vec<_> = taken.arrivals.into_iter().flatten().collect();
    assert!(matches!(&left[0], Arrival::Frame { .. }));
    let Arrival::Announced { frame } = &left[1] else { panic!("{left:?}") };
    assert_eq!((left.len(), &frame.event.body[..]), (2, &b"last"[..]));
}

#[test]
fn when_full_it_says_where_each_topic_stands() {
    let mailbox = Mailbox::default();
    let most = MAILBOX_FRAMES_MAX as u64;
    for offset in 1..=most + 5 {
        deliver(&mailbox, 1, offset);
    }
    mailbox.announce(&frame(2, 0, ""), None);
    mailbox.deliver(Arrival::Deleted {
        topic: TopicId(3),
        head: Head { epoch: 1, offset: 4, first: 1 },
    });
    let taken = mailbox.take(Vec::new());
    assert_eq!(taken.arrivals.len() as u64, most);
    assert_eq!(taken.overflow[&TopicId(1)].head.unwrap().offset, most + 5);
    assert!(taken.overflow[&TopicId(2)].missed && taken.overflow[&TopicId(2)].head.is_none());
    assert!(taken.overflow[&TopicId(3)].deleted);
    // Taken over, there is room again.
    deliver(&mailbox, 1, most + 6);
    let again = mailbox.take(Vec::new());
    assert_eq!((again.arrivals.len(), again.overflow.len()), (1, 0));
    assert!(!mailbox.is_waiting());
}
