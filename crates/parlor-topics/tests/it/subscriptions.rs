//! Subscriptions: no gap, no duplicate, the order of commits; or a `Reset` in words.

use bytes::Bytes;
use parlor_topics::{Announcement, Delivery, Error, Position, ResetReason, TopicId};

use crate::support::{
    append, block_on, body, drain, drive, event, next_bodies, temporary, topic, write,
};

fn announcement(text: &'static str, key: Option<u64>) -> Announcement {
    Announcement {
        kind: "test.typing".into(),
        actor: 1,
        key,
        body: Bytes::from_static(text.as_bytes()),
    }
}

fn said(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Event(frame) => body(&frame.event),
        Delivery::Reset { why, .. } => format!("reset {why:?}"),
        Delivery::Missed { .. } => "missed".to_owned(),
    }
}

fn all_said(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(said).collect()
}

#[test]
fn a_subscriber_gets_what_comes_from_now_on() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["old"]);
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        let head = reader.subscribe(room, None).await.unwrap();
        assert_eq!(head.offset, 1);
        append(&store, room, &["a", "b"]);
        assert_eq!(next_bodies(&mut reader, 2).await, ["a", "b"]);
        assert_eq!(reader.position(room).unwrap(), Position { offset: 3, ..head });
    });
}

#[test]
fn a_subscriber_gets_what_it_missed_and_then_what_comes() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["a", "b", "c"]);
    let head = block_on(store.read(move |snapshot| snapshot.position(room))).unwrap();
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        reader.subscribe(room, Some(Position { offset: 1, ..head })).await.unwrap();
        append(&store, room, &["d"]);
        assert_eq!(next_bodies(&mut reader, 3).await, ["b", "c", "d"]);
    });
}

#[test]
fn it_works_without_a_driver_too() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let mut reader = store.local().reader();
    block_on(async {
        reader.subscribe(room, None).await.unwrap();
        let writer = store.clone();
        let thread = std::thread::spawn(move || append(&writer, room, &["a"]));
        assert_eq!(next_bodies(&mut reader, 1).await, ["a"]);
        thread.join().unwrap();
    });
}

#[test]
fn what_was_answered_is_delivered_after_a_drain() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    for number in 0..100 {
        append(&store, room, &[&number.to_string()]);
        local.drain();
        assert_eq!(all_said(&drain(&mut reader)), [number.to_string()]);
    }
}

#[test]
fn topics_come_in_the_order_of_commits() {
    let (_dir, store) = temporary();
    let topics: Vec<TopicId> = (0..4).map(|number| topic(&store, &number.to_string())).collect();
    let local = store.local();
    let mut live = local.reader();
    let mut late = local.reader();
    let start = Position {
        offset: 0,
        ..block_on(store.read({
            let first = topics[0];
            move |snapshot| snapshot.position(first)
        }))
        .unwrap()
    };
    drive(&local, async {
        let mut epochs = Vec::new();
        for topic in &topics {
            epochs.push(live.subscribe(*topic, None).await.unwrap());
        }
        let mut expected = Vec::new();
        for number in 0..1_000_usize {
            let text = number.to_string();
            append(&store, topics[number * 7 % 4], &[&text]);
            expected.push(text);
        }
        assert_eq!(next_bodies(&mut live, 1_000).await, expected);
        // And one that reads them all from the store, four pages at a time.
        for (topic, head) in topics.iter().zip(epochs) {
            late.subscribe(*topic, Some(Position { offset: 0, ..head })).await.unwrap();
        }
        assert_eq!(next_bodies(&mut late, 1_000).await, expected);
    });
    assert_eq!(start.offset, 0);
}

#[test]
fn announcements_keep_their_place_among_events() {
    let (_dir, store) = temporary();
    let (room, other) = (topic(&store, "room"), topic(&store, "other"));
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    block_on(reader.subscribe(other, None)).unwrap();
    store.announce(&[room], announcement("1", None));
    append(&store, other, &["2"]);
    store.announce(&[room, other], announcement("3", None));
    append(&store, room, &["4"]);
    store.announce(&[other], announcement("5", None));
    let deliveries = drain(&mut reader);
    assert_eq!(all_said(&deliveries), ["1", "2", "3", "3", "4", "5"]);
    let commits: Vec<u64> = deliveries
        .iter()
        .map(|delivery| match delivery {
            Delivery::Event(frame) => frame.commit,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(commits[2], commits[3], "one announcement has one number");
    assert_ne!(commits[0], commits[2]);
}

#[test]
fn announcements_with_a_key_replace_each_other_while_the_worker_is_behind() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let mut reader = store.local().reader();
    block_on(reader.subscribe(room, None)).unwrap();
    store.announce(&[room], announcement("typing 1", Some(1)));
    store.announce(&[room], announcement("typing 2", Some(2)));
    append(&store, room, &["said"]);
    store.announce(&[room], announcement("typing 1 again", Some(1)));
    store.announce(&[room], announcement("joined", None));
    store.announce(&[room], announcement("joined", None));
    assert_eq!(
        all_said(&drain(&mut reader)),
        ["typing 2", "said", "typing 1 again", "joined", "joined"]
    );
    store.announce(&[room], announcement("typing 1 anew", Some(1)));
    assert_eq!(all_said(&drain(&mut reader)), ["typing 1 anew"]);
}

/// Five events of which the first two are trimmed; then `live` is written.
fn after(position: impl Fn(u64) -> Position) -> Vec<String> {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["1", "2", "3", "4", "5"]);
    write(&store, move |tx| tx.trim(room, 3));
    let head = block_on(store.read(move |snapshot| snapshot.position(room))).unwrap();
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        reader.subscribe(room, Some(position(head.epoch))).await.unwrap();
        let mut got = Vec::new();
        // A reset comes first, so that "live" is after it.
        if position(head.epoch).epoch != head.epoch || !(2..=5).contains(&position(0).offset) {
            got.push(said(&reader.next().await.unwrap()));
        }
        append(&store, room, &["live"]);
        while got.last().map(String::as_str) != Some("live") {
            got.push(said(&reader.next().await.unwrap()));
        }
        got
    })
}

#[test]
fn the_matrix_of_positions() {
    let at = |offset| move |epoch| Position { epoch, offset };
    assert_eq!(after(at(0)), ["reset Trimmed", "live"]);
    assert_eq!(after(at(1)), ["reset Trimmed", "live"]);
    assert_eq!(after(at(2)), ["3", "4", "5", "live"]);
    assert_eq!(after(at(4)), ["5", "live"]);
    assert_eq!(after(at(5)), ["live"]);
    assert_eq!(after(at(6)), ["reset Future", "live"]);
    assert_eq!(after(at(u64::MAX)), ["reset Future", "live"]);
    let elsewhere = |offset| move |epoch| Position { epoch: epoch ^ 1, offset };
    assert_eq!(after(elsewhere(5)), ["reset Epoch", "live"]);
    assert_eq!(after(elsewhere(0)), ["reset Epoch", "live"]);
    assert_eq!(after(elsewhere(99)), ["reset Epoch", "live"]);
}

#[test]
fn a_new_epoch_resets_subscribers_and_old_positions() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["a"]);
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        let before = reader.subscribe(room, None).await.unwrap();
        let epoch = write(&store, move |tx| tx.renew_epoch(room));
        assert_ne!(epoch, before.epoch);
        let Delivery::Reset { position, why, .. } = reader.next().await.unwrap() else { panic!() };
        assert_eq!((why, position), (ResetReason::Epoch, Position { epoch, offset: 1 }));
        append(&store, room, &["b"]);
        assert_eq!(next_bodies(&mut reader, 1).await, ["b"]);
        let mut late = local.reader();
        late.subscribe(room, Some(before)).await.unwrap();
        assert_eq!(said(&late.next().await.unwrap()), "reset Epoch");
    });
}

#[test]
fn a_deleted_topic_ends_its_subscriptions_and_never_comes_back() {
    let (_dir, store) = temporary();
    let (room, other) = (topic(&store, "room"), topic(&store, "other"));
    let local = store.local();
    let mut reader = local.reader();
    drive(&local, async {
        reader.subscribe(room, None).await.unwrap();
        reader.subscribe(other, None).await.unwrap();
        write(&store, move |tx| tx.delete_topic(room));
        assert_eq!(said(&reader.next().await.unwrap()), "reset Deleted");
        assert_eq!(reader.position(room), None);
        append(&store, other, &["still here"]);
        assert_eq!(next_bodies(&mut reader, 1).await, ["still here"]);
        assert_eq!(reader.subscribe(room, None).await, Err(Error::NoSuchTopic(room)));
        assert_ne!(topic(&store, "room"), room, "an id is never used again");
    });
}

#[test]
fn an_unknown_topic_is_an_error() {
    let (_dir, store) = temporary();
    let local = store.local();
    let mut reader = local.reader();
    let missing = TopicId(99);
    assert_eq!(drive(&local, reader.subscribe(missing, None)), Err(Error::NoSuchTopic(missing)));
    assert_eq!(store.stats().topics_subscribed, 0);
}

#[test]
fn a_redaction_is_seen_by_whoever_comes_later() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    append(&store, room, &["a", "secret", "c"]);
    let local = store.local();
    let (mut first, mut second) = (local.reader(), local.reader());
    drive(&local, async {
        let head = first.subscribe(room, None).await.unwrap();
        let start = Position { offset: 0, ..head };
        first.subscribe(room, Some(start)).await.unwrap();
        assert_eq!(next_bodies(&mut first, 3).await, ["a", "secret", "c"]);
        write(&store, move |tx| {
            tx.redact(room, 2, b"")?;
            tx.append(room, event("redacted 2"))
        });
        second.subscribe(room, Some(start)).await.unwrap();
        assert_eq!(next_bodies(&mut second, 4).await, ["a", "", "c", "redacted 2"]);
        assert_eq!(next_bodies(&mut first, 1).await, ["redacted 2"]);
    });
    let missing = block_on(crate::support::try_write(&store, move |tx| tx.redact(room, 9, b"")));
    assert!(missing.is_err());
}

#[test]
fn dropping_and_unsubscribing_leave_nothing_behind() {
    let (_dir, store) = temporary();
    let rooms: Vec<TopicId> = (0..20).map(|number| topic(&store, &number.to_string())).collect();
    let local = store.local();
    for round in 0..10 {
        let mut readers: Vec<_> = (0..5).map(|_| local.reader()).collect();
        for reader in &mut readers {
            for room in &rooms {
                block_on(reader.subscribe(*room, None)).unwrap();
            }
        }
        assert_eq!(store.stats().topics_subscribed, 20);
        for room in &rooms {
            append(&store, *room, &["x"]);
        }
        for room in &rooms[round..] {
            readers[0].unsubscribe(*room);
            assert_eq!(readers[0].position(*room), None);
        }
        assert_eq!(drain(&mut readers[0]).len(), round);
        assert_eq!(drain(&mut readers[4]).len(), 20);
        drop(readers);
        assert_eq!(store.stats().topics_subscribed, 0);
    }
    assert_eq!(store.stats().workers, 1);
    drop(local);
    assert_eq!(store.stats().workers, 0);
}

#[test]
fn a_thread_that_ends_leaves_nothing_behind() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let inner = store.clone();
    std::thread::spawn(move || {
        let local = inner.local();
        let mut reader = local.reader();
        block_on(reader.subscribe(room, None)).unwrap();
        assert_eq!(inner.stats().workers, 1);
        assert_eq!(inner.stats().topics_subscribed, 1);
    })
    .join()
    .unwrap();
    assert_eq!((store.stats().workers, store.stats().topics_subscribed), (0, 0));
}

#[test]
fn the_driver_is_taken_once_and_can_be_taken_again() {
    let (_dir, store) = temporary();
    let local = store.local();
    let driver = local.driver();
    assert!(driver.is_some());
    assert!(store.local().driver().is_none());
    drop(driver);
    assert!(local.driver().is_some());
}

#[test]
fn closing_the_store_ends_its_readers() {
    let (_dir, store) = temporary();
    let room = topic(&store, "room");
    let local = store.local();
    let mut reader = local.reader();
    block_on(reader.subscribe(room, None)).unwrap();
    append(&store, room, &["last words"]);
    store.close();
    assert_eq!(block_on(next_bodies(&mut reader, 1)), ["last words"]);
    assert_eq!(block_on(reader.next()).unwrap_err(), Error::Closed);
    assert_eq!(block_on(local.reader().subscribe(room, None)), Err(Error::Closed));
}
